from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import ArgumentError, DataError, ModelError
from engine.quality import DEFECT_TAGS, Rule, SiteCuts, Tag, Thresholds, active, active_version, judge, shipped
from engine.quality.examples import read_labelled
from engine.quality.preview import Tagged, preview
from engine.quality.versions import DEFAULT_VERSION, FOLDER, adopt, check_name, find, next_version, rollback, versions, write

DARK = Thresholds(version="mine-1", parent=DEFAULT_VERSION, rules=(Rule.at(Tag.LOW_LIGHT, "brightness", 40.0, -1.0),))


def keep(models_dir: Path, thresholds: Thresholds = DARK) -> None:
    write(thresholds, models_dir / FOLDER)


def test_without_a_choice_the_shipped_thresholds_judge(tmp_path: Path) -> None:
    assert active(tmp_path) == shipped()
    assert active_version(tmp_path) == DEFAULT_VERSION


def test_every_shipped_version_can_be_read_and_names_every_defect_but_those_it_cannot_tell() -> None:
    for name in versions(Path("nowhere")):
        assert {rule.tag for rule in shipped(name).rules} == set(DEFECT_TAGS) - {Tag.SCREEN_PHOTO}


def test_a_version_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    keep(tmp_path)
    assert find(tmp_path, "mine-1") == DARK


def test_a_version_is_never_overwritten(tmp_path: Path) -> None:
    keep(tmp_path)
    with pytest.raises(ModelError, match="exists already"):
        keep(tmp_path)


def test_an_adopted_version_judges_until_it_is_rolled_back(tmp_path: Path) -> None:
    keep(tmp_path)
    adopt(tmp_path, "mine-1")
    assert active(tmp_path) == DARK
    assert rollback(tmp_path) == DEFAULT_VERSION
    assert active(tmp_path) == shipped()


def test_who_rolled_back_to_what_comes_with_the_product_gets_its_next_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tmp_path)
    adopt(tmp_path, "mine-1")
    rollback(tmp_path)
    keep(tmp_path, replace(DARK, version="2030-1"))
    monkeypatch.setattr("engine.quality.versions.DEFAULT_VERSION", "2030-1")
    assert active_version(tmp_path) == "2030-1"


def test_a_rollback_to_a_version_that_left_with_an_earlier_release_lets_the_one_judge_that_comes_with_this(
    tmp_path: Path,
) -> None:
    keep(tmp_path, replace(DARK, parent="2020-1"))
    adopt(tmp_path, "mine-1")
    assert rollback(tmp_path) == DEFAULT_VERSION
    assert active(tmp_path) == shipped()


def test_a_version_that_is_not_there_is_not_adopted(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no threshold version 'other'.*2026-1"):
        adopt(tmp_path, "other")
    assert active(tmp_path) == shipped()


def test_a_damaged_version_is_named(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "bad.json").write_text('{"version": "bad", "rules": [{"tag": "smelly", "terms": [], "bias": 0}]}')
    with pytest.raises(ModelError, match=r"bad\.json is no threshold set.*rules"):
        find(tmp_path, "bad")


@pytest.mark.parametrize(
    ("name", "edit", "said"),
    [
        ("mine-1", ('"brightness"', '"brigthness"'), "'brigthness', which is no measure"),
        ("mine-1", ("-1.0", "NaN"), "no number"),
        (
            "mine-1",
            ('"weight"', '"contxt": true, "weight"'),
            r"'contxt' at rules\.0\.terms\.0 is no key\. Did you mean 'context'\?$",
        ),
        ("mine-1", ('"tag"', '"fix": true, "tag"'), r"'fix' at rules\.0 is no key\. Did you mean 'fixed'\?$"),
        ("mine-1", ('"parent"', '"mother"'), r"'mother' at its top is no key\. Keys: version, rules, parent"),
        ("copy", ("", ""), r"says that it is version mine-1\. Name it mine-1\.json"),
    ],
)
def test_a_version_that_was_edited_into_nonsense_is_not_adopted(
    tmp_path: Path, name: str, edit: tuple[str, str], said: str
) -> None:
    keep(tmp_path)
    text = (tmp_path / FOLDER / "mine-1.json").read_text()
    (tmp_path / FOLDER / f"{name}.json").write_text(text.replace(*edit))
    with pytest.raises(ModelError, match=said):
        adopt(tmp_path, name)
    assert active(tmp_path) == shipped()


def test_a_version_without_rules_is_not_adopted(tmp_path: Path) -> None:
    keep(tmp_path, Thresholds(version="empty", rules=()))
    with pytest.raises(ModelError, match="no rules"):
        adopt(tmp_path, "empty")


def test_where_the_judging_version_is_gone_its_replacement_is_named(tmp_path: Path) -> None:
    keep(tmp_path)
    adopt(tmp_path, "mine-1")
    (tmp_path / FOLDER / "mine-1.json").unlink()
    with pytest.raises(ModelError, match=rf"no threshold version 'mine-1'.*tune --adopt {DEFAULT_VERSION}"):
        active(tmp_path)


def test_a_name_that_a_release_may_come_with_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="a year and a number"):
        check_name("2026-11", tmp_path)
    check_name("2026-11-north", tmp_path)


def test_new_versions_are_numbered(tmp_path: Path) -> None:
    assert next_version(tmp_path) == "tuned-1"
    keep(tmp_path, Thresholds(version="tuned-1", rules=()))
    assert next_version(tmp_path) == "tuned-2"


def test_a_sites_own_cut_moves_its_tag_and_shows_in_the_version() -> None:
    cuts = SiteCuts.parse({"NORTH": {"low_light": 0.9}})
    north = DARK.with_cuts(cuts.of("NORTH"))
    numbers = {"brightness": 39.0}  # a score of 0.73
    assert judge(numbers, DARK).tags == ("low_light",) and judge(numbers, north).tags == ("well_exposed",)
    assert north.version.startswith("mine-1+") and DARK.with_cuts(cuts.of("SOUTH")) == DARK
    assert SiteCuts.parse({"": {"low_light": 0.9}}).of(None) == {Tag.LOW_LIGHT: 0.9}  # photos in no site's folder
    edge = DARK.rules[0].logit(numbers) - north.rules[0].logit(numbers)
    assert edge == pytest.approx(2.197, abs=1e-3)  # ln(0.9 / 0.1)


@pytest.mark.parametrize(
    ("cuts", "said"),
    [({"smell": 0.4}, "no quality tag"), ({"blury": 0.4}, "Did you mean 'blurry'"), ({"glare": 1.0}, "no score between")],
)
def test_a_setting_that_is_no_cut_is_refused_with_the_site(cuts: dict[str, float], said: str) -> None:
    with pytest.raises(ArgumentError, match=rf"sites\.NORTH\.thresholds.*{said}"):
        SiteCuts.parse({"NORTH": cuts})


def test_a_cut_of_a_tag_that_the_thresholds_never_say_is_refused_with_the_site() -> None:
    cuts = SiteCuts.parse({"NORTH": {"low_light": 0.9}, "SOUTH": {"screen_photo": 0.4}})
    with pytest.raises(ArgumentError, match=rf"sites\.SOUTH\.thresholds: {DEFAULT_VERSION} has no rule for screen_photo"):
        cuts.checked(shipped())
    assert SiteCuts.parse({"NORTH": {"low_light": 0.9}}).checked(DARK).of("NORTH") == {Tag.LOW_LIGHT: 0.9}


def test_a_preview_counts_what_is_gained_and_lost_largest_first() -> None:
    photos = [Tagged(tags=("blurry",), measures={"brightness": 60.0}, thresholds=DARK)] * 3
    photos += [
        Tagged(tags=("well_exposed",), measures={"brightness": 10.0}, thresholds=DARK),
        Tagged(tags=(), measures={}, thresholds=DARK),
    ]
    said = preview(photos, "mine-1")
    assert (said.photos, said.changed, said.unmeasured) == (5, 4, 1)
    assert said.lost == {"blurry": 3, "well_exposed": 1} and said.gained == {"low_light": 1, "well_exposed": 3}
    assert said.lines()[0] == "3 of 5 photos would gain well_exposed"


def test_a_labelled_table_is_read_with_its_tags_groups_and_doubts(tmp_path: Path) -> None:
    table = tmp_path / "labelled.csv"
    table.write_text("file,tags,unsure,group\na.jpg,blurry; low_light,glare,m1\nsub/b.jpg,,,\nc.jpg,none,,m1\n")
    first, second, third = read_labelled(table, print)
    assert first.present == {Tag.BLURRY, Tag.LOW_LIGHT} and first.unsure == {Tag.GLARE} and first.group == "m1"
    assert second.path == tmp_path / "sub" / "b.jpg" and second.group == "sub/b.jpg"
    assert third.present == frozenset()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,label\na,b\n", "no column tags"),
        ("file,tags\na.jpg,smelly\n", "line 2: 'smelly' is no tag"),
        ("file,tags\na.jpg,blurry low light\n", "line 2: 'low light' is no tag. Did you mean 'low_light'"),
        ("file,tags\na.jpg,low-light\n", "line 2: 'low-light' is no tag. Did you mean 'low_light'"),
        ("file,tags,Tags\na.jpg,blurry,\n", "has two columns tags"),
        ("sep=;\nfile;tags\na.jpg;smelly\n", "line 3: 'smelly' is no tag"),
        ("file,tags\n", "no lines"),
        ("", "no column file and tags"),
        ("file,tags\n\n,blurry\n", "line 3: no file"),
        ("file,tags\na.jpg,blurry,glare\n", "line 2 has more cells than the heading"),
        ("file,tags\na.jpg,blurry\nb.jpg,\n./a.jpg,\n", r"lines 2 and 4 do not agree on a\.jpg \(blurry; none\)"),
        ("file,tags,unsure\na.jpg,blurry,\na.jpg,blurry,glare\n", r"lines 2 and 3 .* \(blurry; blurry, perhaps glare\)"),
        ("file,tags,group\na.jpg,blurry,m1\na.jpg,blurry,m2\n", r"lines 2 and 3 .* \(blurry, of m1; blurry, of m2\)"),
        ("file,tags,unsure\na.jpg,blurry,blurry\n", "line 2: blurry is in tags and in unsure"),
        ("file,tags\na\0.jpg,blurry\n", "is no CSV"),
        ("file,tags\n" + "a" * 200_000 + ",blurry\n", "line 2: field larger than"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    table = tmp_path / "labelled.csv"
    table.write_text(text)
    with pytest.raises(DataError, match=said):
        read_labelled(table, print)


def test_two_peoples_tables_joined_count_what_both_labelled_alike_once_and_say_so(tmp_path: Path) -> None:
    table = tmp_path / "labelled.csv"
    table.write_text("file,tags\na.jpg,blurry;glare\nb.jpg,none\n./a.jpg,glare|blurry\nc.jpg,\nb.jpg,\n")
    told: list[str] = []
    assert [photo.path.name for photo in read_labelled(table, told.append)] == ["a.jpg", "b.jpg", "c.jpg"]
    assert told == [f"{table}: 2 lines repeat earlier ones (line 4 says what line 2 says); each photo counts once."]


def test_one_file_counts_once_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).touch()
    (tmp_path / "labelled.csv").write_text(f"file,tags\na.jpg,blurry\n{tmp_path / 'a.jpg'},blurry\nb.jpg,\n")
    monkeypatch.chdir(tmp_path)
    assert [photo.path.name for photo in read_labelled(Path("labelled.csv"), print)] == ["a.jpg", "b.jpg"]


def test_a_tag_that_is_no_word_on_quality_is_passed_over_and_that_is_told_once(tmp_path: Path) -> None:
    table = tmp_path / "labelled.csv"
    table.write_text("file,tags\na.jpg,blurry|no_display\nb.jpg,no_display\n")
    told: list[str] = []
    first, second = read_labelled(table, told.append)
    assert (first.present, second.present) == ({Tag.BLURRY}, frozenset())
    assert told == [f"{table}: no_display is passed over (2 lines): it says that no display was found, not how good a photo is."]


@pytest.mark.parametrize("content", [b"\xff\xd8\xff\xe0 a photo", "file,tags\nküche.jpg,blurry\n".encode("latin-1")])
def test_a_table_in_another_encoding_is_refused_with_how_to_save_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "labelled.csv").write_bytes(content)
    with pytest.raises(DataError, match='Save it as "CSV UTF-8"'):
        read_labelled(tmp_path / "labelled.csv", print)


@pytest.mark.parametrize(
    "text",
    [
        "\ufefffile,tags\r\na b.jpg,blurry\r\nc.jpg,\r\n",
        "File;Tags\na b.jpg;Blurry\nc.jpg;\n",
        "file\ttags\na b.jpg\tblurry\nc.jpg\n",
        "file, tags,,\na b.jpg, blurry,,\nc.jpg,,,\n",
        "sep=,\r\nfile,tags\r\na b.jpg,blurry\r\nc.jpg,\r\n",
        '\ufeff"sep=|"\nfile|tags\na b.jpg|blurry;\nc.jpg|\n',
        "image,quality,tags\na b.jpg,Poor,blurry\nc.jpg,Good,\n",
        "image,file,tags\n7,a b.jpg,blurry\n8,c.jpg,\n",
    ],
)
def test_a_table_is_read_as_any_spreadsheet_writes_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "labelled.csv").write_bytes(text.encode())
    first, second = read_labelled(tmp_path / "labelled.csv", print)
    assert (first.path.name, first.present) == ("a b.jpg", {Tag.BLURRY})
    assert (second.path.name, second.present) == ("c.jpg", frozenset())
