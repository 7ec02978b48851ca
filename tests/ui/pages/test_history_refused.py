"""Refused files, photos nearly the same and removed ones, as the pages show them."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.home import Home
from db.overview import DayTally
from db.tables import Job
from engine.picture import Limits
from tests.archive import NOW, photo, refused, store
from ui.archive import Archive
from ui.judging import PhotoJudge
from ui.pages.history import read_detail, render_table
from ui.pages.history_query import parse_query
from ui.pages.history_refused import look_again, query_of
from ui.pages.overview import render_kept
from ui.pages.overview_sites import MAX_SITES, tally_sites
from ui.templating import template_environment


@pytest.fixture
def archive(database: Engine, home: Home) -> Archive:
    judge = PhotoJudge(models_dir=home.root / "models", cache=home.root / ".cache", threads=1, limits=Limits())
    return Archive(engine=database, home=home.root, judge=judge, clock=lambda: NOW, zone=ZoneInfo("Asia/Kolkata"))


@pytest.fixture
def templates() -> Environment:
    return template_environment(ZoneInfo("Asia/Kolkata"))


def test_the_refused_view_lists_what_is_kept_by_reason(archive: Archive, templates: Environment) -> None:
    store(archive.engine, refused(1), refused(2), refused(3, reason="<b>odd"), photo(4))
    page = render_table(parse_query("outcome=refused"), archive, templates)
    assert page.index("Cut off") < page.index("&lt;b&gt;odd")
    assert "Look again at all 2" in page
    assert 'data-again="truncated"' in page
    assert 'data-testid="kept"' not in render_table(parse_query(""), archive, templates)


def test_one_reason_can_be_shown(archive: Archive, templates: Environment) -> None:
    store(archive.engine, refused(1, name="cut.jpg"), refused(2, reason="empty", name="none.jpg"))
    page = render_table(parse_query(query_of("empty")), archive, templates)
    assert "none.jpg" in page
    assert "cut.jpg" not in page


def test_a_second_look_is_asked_for_and_said(archive: Archive) -> None:
    store(archive.engine, refused(1), refused(2))
    assert look_again(archive, reason="truncated", photo_id=None) == (
        "Asked for. It happens as soon as the watcher runs: 2 photos.",
    )
    assert look_again(archive, reason=None, photo_id=99) == ("Nothing is kept there any more.",)
    with Session(archive.engine) as session:
        assert [job.payload for job in session.scalars(select(Job))] == [{"reason": "truncated", "by": "pages"}]


def test_a_refused_photo_can_be_looked_at_again_from_its_detail(archive: Archive, templates: Environment) -> None:
    store(archive.engine, refused(1, retry_at=NOW + timedelta(hours=1)))
    detail = read_detail(1, archive, templates)
    assert 'data-again="1"' in detail
    assert "next by itself" in detail


def test_photos_that_show_nearly_the_same_are_linked_on_the_detail(archive: Archive, templates: Environment) -> None:
    first = photo(1)
    store(archive.engine, first)
    store(archive.engine, photo(2, near_of=first.id, name="again.jpg"), photo(3))
    assert 'title="again.jpg"' in read_detail(1, archive, templates)
    assert "Nearly the same picture" not in read_detail(3, archive, templates)


def test_a_file_that_retention_removed_is_said_and_not_asked_for(archive: Archive, templates: Environment) -> None:
    store(archive.engine, photo(1, removed_at=NOW, removed_why="older than 30 days"))
    detail = read_detail(1, archive, templates)
    assert "older than 30 days" in detail
    assert "/media/full/" not in detail


def test_the_overview_counts_refused_files_by_reason(archive: Archive, templates: Environment) -> None:
    assert render_kept(archive, templates).strip() == ""
    store(archive.engine, refused(1), refused(2, removed_at=NOW))
    assert "/history?period=all&amp;outcome=refused&amp;reason=truncated" in render_kept(archive, templates)


def test_sites_are_counted_the_busiest_first_and_the_many_small_ones_together() -> None:
    def day(site: str, photos: int, unclear: int = 0) -> DayTally:
        return DayTally(day=0, site=site, photos=photos, clarity_judged=photos, unclear=unclear)

    few = tally_sites([day("A", 2, 1), day("", 1), day("B", 5), day("A", 2)])
    assert [(site.name, site.photos, site.unclear_share) for site in few] == [
        ("B", 5, 0.0),
        ("A", 4, 0.25),
        ("Inbox itself", 1, 0.0),
    ]
    assert [site.query for site in tally_sites([day("A b", 2), day("", 1)], "30")] == ["period=30&site=A+b", "period=30&site="]
    assert tally_sites([day("", 9)]) == ()
    many = tally_sites([day(f"S{n:02d}", 1) for n in range(MAX_SITES + 5)])
    assert (many[-1].name, many[-1].photos, many[-1].query) == ("Other sites", 5, None)
