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
