import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.lock import locked
from daemon.moving import Moves
from daemon.retag import Retagged, preview_retag, retag, tell_preview, tell_retag
from db.database import open_database, sqlite_url
from db.jobs import JobKind, open_jobs
from db.retagging import earlier_judgements, tags_of
from db.tables import Photo, PhotoTag
from engine.quality import ADVICE, NO_SITE_CUTS, Rule, SiteCuts, Tag, Thresholds, judge
from engine.quality.versions import DEFAULT_VERSION, adopt, write
from tests.archive import photo, store, unclear, with_file

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DARK = Thresholds(version="dark-1", rules=(Rule.at(Tag.LOW_LIGHT, "brightness", 60.0, -0.5),))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(sqlite_url(tmp_path / "db" / "metersieve.sqlite"))
    with Session(engine) as session, session.begin():
        session.add_all([photo(1), unclear(2), photo(3, measures={"clarity": 1.0})])
    yield engine
    engine.dispose()


def by_any_site(site: str | None) -> Thresholds:
    return DARK


def by_command(root: Path, database: Engine, template: str = "{clarity}/{name}") -> str:
    """As `daemon retag` does it, by the thresholds that judge in `root`'s models."""
    return tell_retag(Home(root).make(), database, root / "models", NO_SITE_CUTS, threading.Event(), template=template)[0]


def run(database: Engine, by: Thresholds = DARK) -> Retagged:
    return retag(database, lambda site: by, now=lambda: NOW, stopped=lambda: False)


def test_a_preview_says_what_would_change_and_changes_nothing(database: Engine) -> None:
    before = _rows(database)
    said = preview_retag(database, by_any_site, "dark-1")[0].lines()
    assert "2 of 3 photos would gain low_light" in said
    assert "1 of 3 photos would lose blurry" in said
    assert "1 of 3 photos lack numbers that dark-1 needs and would stay as they are." in said
    assert _rows(database) == before


def test_photos_are_judged_again_from_stored_numbers_and_the_old_judgement_is_kept(database: Engine) -> None:
    assert run(database).again == 2
    with Session(database) as session:
        again = session.get_one(Photo, 2)
        assert tags_of(again) == ("low_light",) and again.quality == "Poor"
        assert again.stamps == {"thresholds": "dark-1"} and again.scores["low_light"] > 0.9
        (old,) = earlier_judgements(session, 2)
        assert (old.tags, old.quality, old.thresholds, old.replaced_by) == (["blurry"], "Poor", "2026-1", "dark-1")
        assert old.scores == {"blurry": 0.7, "glare": 0.2} and old.replaced_at == NOW


def test_what_the_display_finder_said_of_a_photo_is_no_threshold_s_to_take_away(database: Engine) -> None:
    with Session(database) as session, session.begin():
        row = session.get_one(Photo, 2)
        row.tags.append(PhotoTag(tag="no_display"))
    assert not any("no_display" in line for line in preview_retag(database, by_any_site, "dark-1")[0].lines())
    run(database)
    with Session(database) as session:
        again = session.get_one(Photo, 2)
        assert sorted(tags_of(again)) == ["low_light", "no_display"]
        assert again.suggestions == [ADVICE["no_display"], ADVICE["low_light"]]


def test_no_display_that_an_earlier_retag_took_away_comes_back_where_the_finder_looked_in_vain(
    database: Engine, tmp_path: Path
) -> None:
    with Session(database) as session, session.begin():
        robbed, found, kept = (session.get_one(Photo, number) for number in (1, 2, 3))
        robbed.display_score = 0.1  # looked for and not found
        found.display_score, found.display_box = 0.9, [1, 2, 30, 10]
        kept.display_score = 0.2
        kept.tags.append(PhotoTag(tag="no_display"))
    told = "1 photo gets the tag no_display back"
    assert told in tell_preview(database, tmp_path / "models", NO_SITE_CUTS, None)
    assert told in by_command(tmp_path, database)
    with Session(database) as session:
        assert [list(tags_of(session.get_one(Photo, number))) for number in (1, 2, 3)] == [
            ["no_display"],
            ["blurry"],
            ["no_display"],
        ]
        assert session.get_one(Photo, 1).suggestions == [ADVICE["no_display"]]
    assert told not in by_command(tmp_path, database)


def test_who_stops_a_retag_is_told_that_it_did_not_get_to_the_end(database: Engine, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    told, ended = tell_retag(Home(tmp_path).make(), database, tmp_path / "models", NO_SITE_CUTS, stop, template="{name}")
    assert not ended and told.endswith("Stopped before the last photo. The same command goes on from here.")
    told, ended = tell_retag(
        Home(tmp_path).make(), database, tmp_path / "models", NO_SITE_CUTS, threading.Event(), template="{name}"
    )
    assert ended and "Stopped" not in told


def test_a_photo_without_the_numbers_stays_as_it_is(database: Engine) -> None:
    run(database)
    with Session(database) as session:
        assert session.get_one(Photo, 3).stamps == {"thresholds": "2026-1"}
        assert list(earlier_judgements(session, 3)) == []


def test_the_command_says_how_many_lack_the_numbers(database: Engine, tmp_path: Path) -> None:
    said = by_command(tmp_path, database)
    assert said.startswith(f"0 photos judged again by {DEFAULT_VERSION}: 0 have other tags, 0 another Good or Poor.")
    assert said.endswith("3 stay as they are: they lack numbers that it needs.")


def test_what_changed_is_counted_and_an_earlier_judgement_is_kept_only_where_something_did(database: Engine) -> None:
    done = run(database)
    assert (done.again, done.other_tags, done.other_quality) == (2, 2, 1)
    with Session(database) as session, session.begin():
        judged = judge({"brightness": 50.0}, DARK)
        session.get_one(Photo, 1).quality_score = judged.quality_score + 0.02
        session.get_one(Photo, 2).quality_score = judged.quality_score + 0.0001
    done = run(database, replace(DARK, version="dark-2"))
    assert (done.again, done.other_tags, done.other_quality) == (2, 0, 0)
    with Session(database) as session:
        assert [old.replaced_by for old in earlier_judgements(session, 1)] == ["dark-1", "dark-2"], "its score was another"
        assert [old.replaced_by for old in earlier_judgements(session, 2)] == ["dark-1"]
        assert session.get_one(Photo, 2).stamps == {"thresholds": "dark-2"}


BY_QUALITY = "{quality}/{name}"


@pytest.fixture
def filed(home: Home) -> Iterator[Engine]:
    """A good photo that the adopted thresholds call Poor, and a poor one, where the template has put them."""
    adopt(home.root / "models", write(DARK, home.root / "models" / "thresholds").stem)
    engine = open_database(sqlite_url(home.db / "metersieve.sqlite"))
    store(engine, with_file(photo(1, path="sorted/Good/photo-0001.jpg"), home.root, 1))
    store(engine, with_file(unclear(2, path="sorted/Poor/photo-0002.jpg"), home.root, 2))
    yield engine
    engine.dispose()


def files(home: Home) -> list[str]:
    return sorted(str(path.relative_to(home.sorted)) for path in home.sorted.rglob("*.jpg"))


def test_files_follow_where_the_template_names_their_quality(home: Home, filed: Engine) -> None:
    assert by_command(home.root, filed, BY_QUALITY).startswith(
        "2 photos judged again by dark-1: 2 have other tags, 1 another Good or Poor."
    )
    assert files(home) == ["Poor/photo-0001.jpg", "Poor/photo-0002.jpg"]
    with Session(filed) as session:
        assert session.get_one(Photo, 1).path == "sorted/Poor/photo-0001.jpg" and not open_jobs(session)


def test_a_retag_that_is_killed_before_the_files_followed_leaves_the_moves_to_the_daemon(
    home: Home, filed: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(Moves, "work", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            by_command(home.root, filed, BY_QUALITY)
    with Session(filed) as session:
        ((job_id, payload),) = [(job.id, job.payload) for job in open_jobs(session, JobKind.MOVE_PHOTOS)]
    Moves(home, filed, BY_QUALITY, threading.Event()).work(job_id, payload)
    assert files(home) == ["Poor/photo-0001.jpg", "Poor/photo-0002.jpg"]


def test_while_a_regrouping_moves_files_theirs_wait_and_that_is_said(home: Home, filed: Engine) -> None:
    with locked(home.db / "regroup.lock"):
        assert by_command(home.root, filed, BY_QUALITY).endswith("1 file waits to be moved; the daemon does that when it runs.")
    assert files(home) == ["Good/photo-0001.jpg", "Poor/photo-0002.jpg"]


def test_no_file_is_asked_to_move_where_the_template_says_nothing_of_quality(home: Home, filed: Engine) -> None:
    by_command(home.root, filed, "{clarity}/{name}")
    assert files(home) == ["Good/photo-0001.jpg", "Poor/photo-0002.jpg"]


def test_a_second_run_has_nothing_to_do(database: Engine) -> None:
    run(database)
    after = _rows(database)
    assert run(database).again == 0
    assert _rows(database) == after


def test_a_site_with_its_own_cuts_is_judged_by_them(database: Engine) -> None:
    cuts = SiteCuts.parse({"north": {"low_light": 0.999}})
    retag(database, lambda site: DARK.with_cuts(cuts.of(site)), now=lambda: NOW, stopped=lambda: False)
    with Session(database) as session:
        judged = session.get_one(Photo, 1)
        assert tags_of(judged) == ("well_exposed",)
        assert judged.stamps["thresholds"].startswith("dark-1+")


def test_the_command_previews_a_version_by_its_name(database: Engine, tmp_path: Path) -> None:
    assert "photos lack numbers" in tell_preview(database, tmp_path / "models", NO_SITE_CUTS, "2026-1")


def _rows(database: Engine) -> list[tuple[object, ...]]:
    with Session(database) as session:
        return [(row.id, row.quality, tags_of(row), row.scores, row.stamps) for row in session.query(Photo).order_by(Photo.id)]
