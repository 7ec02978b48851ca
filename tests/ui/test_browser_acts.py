"""Correcting groups in a real browser: where the keyboard is can be seen, and the list of changes stays open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, expect

from daemon.home import Home
from db.database import open_database
from tests.archive import store, store_group, unknown, with_file
from tests.ui.conftest import Pages, Watched, free_port, serve, visit

pytestmark = [pytest.mark.browser, pytest.mark.product]


@pytest.fixture
def two_groups(home: Home) -> Iterator[Pages]:
    """Two groups of three photos that wait for a name, and a photo in none."""
    database = open_database(f"sqlite:///{home.db}/metersieve.sqlite")
    now = datetime.now(UTC)
    for first in (1, 11):
        shots = range(first, first + 3)
        store_group(database, *(with_file(unknown(number, received_at=now), home.root, number) for number in shots))
    store(database, with_file(unknown(21, received_at=now), home.root, 21))
    database.dispose()
    with serve(home, home.root / "models", free_port()) as pages:
        yield pages


def outline(element: Locator) -> str:
    """What the browser draws around it."""
    return str(
        element.evaluate(
            "each => { const { outlineStyle, outlineWidth } = getComputedStyle(each); return `${outlineStyle} ${outlineWidth}` }"
        )
    )


def test_the_keyboard_s_place_is_seen_in_the_name_and_on_the_tick_boxes(two_groups: Pages, watched: Watched) -> None:
    page = watched.page
    visit(page, two_groups, "groups?group=1")
    field, box = page.get_by_label("Meter type name"), page.get_by_role("checkbox").first
    assert outline(field) == outline(box) != "solid 2px"
    field.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(field).to_be_focused()
    assert outline(field) == "solid 2px"
    while not box.evaluate("each => each === document.activeElement"):
        page.keyboard.press("Tab")
    assert outline(box) == "solid 2px"


def test_ticks_move_alone_and_the_last_changes_stay_open_while_they_are_taken_back(two_groups: Pages, watched: Watched) -> None:
    page = watched.page
    visit(page, two_groups, "groups?group=1")
    page.get_by_text("Last changes").click()
    page.get_by_text("Correct the groups").click()
    expect(page.get_by_role("button", name="Merge group into it")).to_be_visible()
    for left in (2, 1):
        page.get_by_role("checkbox").first.check()
        page.get_by_label("Other group").select_option("Group 2")
        page.get_by_role("button", name="Move 1 ticked there").click()
        expect(page.get_by_test_id("gallery").locator("img")).to_have_count(left)
    for back in (2, 3):
        page.get_by_role("button", name="Undo: 1 photo moved to group 2").first.click()
        expect(page.get_by_test_id("gallery").locator("img")).to_have_count(back)
    expect(page.get_by_text("undone by pages")).to_have_count(2)
    expect(page.get_by_text("undone by pages").first).to_be_visible()
