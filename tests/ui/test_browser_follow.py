"""The Groups page follows a regrouping, newcomers and other people by itself, and takes nothing from a person at work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from db.database import open_database
from db.group_acts import split_photos
from db.naming import name_group
from tests.archive import NOW, store, unknown, with_file
from tests.ui.conftest import Pages, Watched, barriers, free_port, overflow, serve, visit

pytestmark = [pytest.mark.browser, pytest.mark.product]


@pytest.fixture
def ungrouped(home: Home) -> Iterator[tuple[Pages, Engine]]:
    """Eight unknown photos in no group, without a place on the map."""
    database = open_database(f"sqlite:///{home.db}/metersieve.sqlite")
    store(database, *(with_file(unknown(number, received_at=datetime.now(UTC)), home.root, number) for number in range(8)))
    with serve(home, home.root / "models", free_port()) as pages:
        yield pages, database
    database.dispose()


def group(database: Engine, *photo_ids: int) -> int:
    """As a regrouping or another person would."""
    with Session(database) as session, session.begin():
        return split_photos(session, photo_ids, by="ana", now=NOW)


def test_new_groups_appear_without_a_reload_while_nobody_is_at_work(ungrouped: tuple[Pages, Engine], watched: Watched) -> None:
    page, (pages, database) = watched.page, ungrouped
    visit(page, pages, "groups")
    expect(page.get_by_test_id("gallery").locator("img")).to_have_count(8)
    group(database, 1, 2, 3)
    expect(page.locator("#groups [data-group='1']")).to_contain_text("3 photos")
    expect(page.locator("#groups [data-group='none']")).to_contain_text("5 photos")
    expect(page.get_by_test_id("gallery").locator("img")).to_have_count(5)
    expect(page.get_by_test_id("changed")).to_be_hidden()


def test_photos_of_the_gallery_are_not_drawn_anew_where_only_another_group_changed(
    ungrouped: tuple[Pages, Engine], watched: Watched
) -> None:
    page, (pages, database) = watched.page, ungrouped
    group(database, 1, 2, 3)
    visit(page, pages, "groups?group=1")
    page.get_by_test_id("gallery").locator("img").first.evaluate("image => { image.wasHere = true }")
    group(database, 4, 5, 6)
    expect(page.locator("#groups [data-group='2']")).to_contain_text("3 photos")
    assert page.get_by_test_id("gallery").locator("img").first.evaluate("image => image.wasHere") is True


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ticks_and_a_typed_name_stay_and_a_line_offers_what_changed(
    ungrouped: tuple[Pages, Engine], watched: Watched, theme: str
) -> None:
    page, (pages, database) = watched.page, ungrouped
    page.add_init_script(f"localStorage.setItem('metersieve-theme', '{theme}')")
    page.set_viewport_size({"width": 390, "height": 844})
    group(database, 1, 2, 3)
    visit(page, pages, "groups?group=1")
    page.get_by_label("Meter type name").fill("ACME 7")
    page.get_by_role("checkbox", name="photo-0001.jpg").check()
    group(database, 4, 5, 6)
    line = page.get_by_test_id("changed")
    expect(line).to_contain_text("The groups have changed.")
    expect(page.get_by_role("checkbox", name="photo-0001.jpg")).to_be_checked()
    assert (overflow(page), barriers(page)) == (0, [])
    line.get_by_role("button", name="Show them").click()
    expect(page.locator("#groups [data-group='2']")).to_contain_text("3 photos")
    expect(line).to_be_hidden()
    expect(page.get_by_label("Meter type name")).to_have_value("ACME 7")


def test_a_group_that_somebody_else_named_meanwhile_is_shown_with_its_name(
    ungrouped: tuple[Pages, Engine], watched: Watched
) -> None:
    page, (pages, database) = watched.page, ungrouped
    group(database, 1, 2, 3)
    visit(page, pages, "groups?group=1")
    with Session(database) as session, session.begin():
        name_group(session, 1, "ACME 7", seen=3, by="ana", now=NOW)
    expect(page.get_by_role("heading", name="ACME 7")).to_be_visible()
    expect(page.get_by_label("Meter type name")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"group=1$"))


def test_ticked_photos_alone_get_the_name_that_enter_gives(ungrouped: tuple[Pages, Engine], watched: Watched) -> None:
    page, (pages, database) = watched.page, ungrouped
    group(database, 1, 2, 3)
    visit(page, pages, "groups?group=1")
    expect(page.get_by_role("button", name="Name these 3 photos")).to_be_visible()
    page.get_by_role("checkbox", name="photo-0001.jpg").check()
    page.get_by_role("checkbox", name="photo-0002.jpg").check()
    expect(page.get_by_role("button", name="Name the 2 ticked photos")).to_be_visible()
    page.get_by_label("Meter type name").fill("ACME 7")
    page.get_by_label("Meter type name").press("Enter")
    expect(page.get_by_test_id("notice")).to_contain_text("2 photos are now ACME 7")
    expect(page.get_by_role("button", name="Name this photo")).to_be_visible()
    expect(page.get_by_label("Meter type name")).to_have_value("")
    expect(page.get_by_label("Meter type name")).to_be_focused()


@pytest.mark.parametrize("press", ["field", "button"])
def test_who_names_by_keyboard_goes_on_at_the_heading_of_what_has_the_name(
    ungrouped: tuple[Pages, Engine], watched: Watched, press: str
) -> None:
    page, (pages, database) = watched.page, ungrouped
    group(database, 1, 2, 3)
    visit(page, pages, "groups?group=1")
    page.get_by_label("Meter type name").fill("ACME 7")
    if press == "button":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="ACME 7")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Regroup now")).to_be_focused()
