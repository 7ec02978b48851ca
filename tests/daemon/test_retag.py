import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.retag import preview_retag, retag, tell_preview, tell_retag
from db.database import open_database, sqlite_url
from db.retagging import earlier_judgements, tags_of
from db.tables import Photo, PhotoTag
from engine.quality import NO_SITE_CUTS, Rule, SiteCuts, Tag, Thresholds
from tests.archive import photo, unclear

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


def run(database: Engine) -> int:
    return retag(database, by_any_site, now=lambda: NOW, stopped=lambda: False).again


def test_a_preview_says_what_would_change_and_changes_nothing(database: Engine) -> None:
    before = _rows(database)
    said = preview_retag(database, by_any_site, "dark-1")[0].lines()
    assert "2 of 3 photos would gain low_light" in said
    assert "1 of 3 photos would lose blurry" in said
    assert "1 of 3 photos lack numbers that dark-1 needs and would stay as they are." in said
    assert _rows(database) == before


def test_photos_are_judged_again_from_stored_numbers_and_the_old_judgement_is_kept(database: Engine) -> None:
    assert run(database) == 2
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
        assert sorted(tags_of(session.get_one(Photo, 2))) == ["low_light", "no_display"]


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
    assert told in tell_retag(database, tmp_path / "models", NO_SITE_CUTS, threading.Event())
    with Session(database) as session:
        assert [list(tags_of(session.get_one(Photo, number))) for number in (1, 2, 3)] == [
            ["no_display"],
            ["blurry"],
            ["no_display"],
        ]
    assert told not in tell_retag(database, tmp_path / "models", NO_SITE_CUTS, threading.Event())


def test_a_photo_without_the_numbers_stays_as_it_is(database: Engine) -> None:
    run(database)
    with Session(database) as session:
        assert session.get_one(Photo, 3).stamps == {"thresholds": "2026-1"}
        assert list(earlier_judgements(session, 3)) == []


def test_the_command_says_how_many_lack_the_numbers(database: Engine, tmp_path: Path) -> None:
    said = tell_retag(database, tmp_path / "models", NO_SITE_CUTS, threading.Event())
    assert said.startswith("0 photos judged again") and said.endswith("3 stay as they are: they lack numbers that it needs.")


def test_a_second_run_has_nothing_to_do(database: Engine) -> None:
    run(database)
    after = _rows(database)
    assert run(database) == 0
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
