"""Near twins that were grouped together are found by their print, split off, and no longer mixed. Photos are drawn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.home import Home
from db.database import open_database
from db.group_acts import split_photos
from db.tables import Photo
from tests.daemon.test_newcomers import ONE_LINE, TWO_LINES, twin
from tests.daemon.test_regroup import NOW, arrive
from tests.ui.conftest import Pages, Watched, barriers, free_port, overflow, serve, visit

pytestmark = [pytest.mark.browser, pytest.mark.product]


@pytest.fixture
def mixed(home: Home) -> Iterator[tuple[Pages, Engine]]:
    """Six photos of one print and three of a near twin's are one group."""
    database = open_database(f"sqlite:///{home.db}/metersieve.sqlite")
    arrive(home, database, {f"one-{shot}.jpg": twin(shot, ONE_LINE) for shot in range(6)})
    arrive(home, database, {f"two-{shot}.jpg": twin(shot, TWO_LINES) for shot in (7, 8, 9)})
    with Session(database) as session, session.begin():
        split_photos(session, list(session.scalars(select(Photo.id))), by="ana", now=NOW)
    with serve(home, home.root / "models", free_port()) as pages:
        yield pages, database
    database.dispose()


def test_near_twins_in_a_group_are_ticked_by_comparing_prints_and_split_off(
    mixed: tuple[Pages, Engine], watched: Watched
) -> None:
    page, (pages, database) = watched.page, mixed
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, pages, "groups?group=1")
    compare = page.locator("[data-compare]")
    compare.press("Enter")
    expect(compare).to_have_attribute("aria-busy", "true")
    expect(compare).to_be_focused()
    expect(page.get_by_test_id("notice")).to_contain_text("3 of 9 photos show another print than the others")
    expect(compare).to_have_text("Compare prints")
    assert (overflow(page), barriers(page)) == (0, [])
    expect(page.locator("#gallery .against")).to_have_count(3)
    page.get_by_role("button", name="Split 3 ticked off").click()
    expect(page.get_by_test_id("notice")).to_contain_text("3 photos split off as group 2")
    expect(page.locator("#groups [data-group='1']")).to_contain_text("6 photos")
    with Session(database) as session:
        assert set(session.scalars(select(Photo.name).where(Photo.group_id == 2))) == {"two-7.jpg", "two-8.jpg", "two-9.jpg"}
