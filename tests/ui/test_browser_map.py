"""The map of unknown meters in a real browser, as people use it."""

from __future__ import annotations

import re
import sqlite3

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Pages, Watched, barriers, overflow, visit

pytestmark = [pytest.mark.browser, pytest.mark.product]

EDGE = 18  # pixels between the map's edge and its outermost points, as in scripts/groups_map.js
LOWER_RIGHT = [
    (0.45, 0.55),
    (0.6, 0.55),
    (0.9, 0.15),
    (0.9, 0.05),
    (0.65, 0.05),
    (0.42, 0.45),
]  # the three, and the one in no group
UPPER_LEFT = [(0.08, 0.95), (0.17, 0.95), (0.17, 0.85), (0.08, 0.85)]


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where in the window a place on the map is."""
    canvas = page.locator("#map canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    return box["x"] + EDGE + x * (box["width"] - 2 * EDGE), box["y"] + EDGE + (1 - y) * (box["height"] - 2 * EDGE)


def draw_around(page: Page, line: list[tuple[float, float]]) -> None:
    page.mouse.move(*spot(page, *line[0]))
    page.mouse.down()
    for place in line[1:]:
        page.mouse.move(*spot(page, *place), steps=3)


def title(page: Page) -> str:
    return page.get_by_test_id("group-title").locator("h2").inner_text()


def test_pointing_at_a_point_shows_its_photo_and_a_click_opens_its_group(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "groups")
    expect(page.get_by_role("img", name=re.compile("^Map of 10 photos of unknown meters; groups: 2"))).to_be_visible()
    assert title(page) == "Group 1"
    page.mouse.move(*spot(page, 0.75, 0.1))
    expect(page.locator(".peek")).to_contain_text("Group 2")
    expect(page.locator(".peek img")).to_have_js_property("complete", True)
    page.mouse.move(*spot(page, 0.3, 0.3))
    expect(page.locator(".peek")).to_be_hidden()
    page.mouse.click(*spot(page, 0.75, 0.1))
    expect(page.locator("#groups button[aria-pressed=true]")).to_contain_text("Group 2")
    expect(page.get_by_test_id("gallery").locator("img")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"group=2$"))
    page.mouse.click(*spot(page, 0.5, 0.5))
    expect(page.get_by_test_id("group-title")).to_contain_text("Ungrouped")


def test_a_line_around_points_selects_them_and_the_action_says_so(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "groups?group=2")
    draw_around(page, LOWER_RIGHT)
    page.mouse.up()
    expect(page.get_by_role("heading", name="4 photos selected on the map")).to_be_visible()
    expect(page.get_by_test_id("gallery").locator("img")).to_have_count(4)
    expect(page.get_by_role("button", name="Name these 4 photos")).to_be_visible()
    expect(page.locator("#groups button[aria-pressed=true]")).to_have_count(0)
    page.get_by_role("button", name="Clear selection").click()
    expect(page.get_by_role("heading", name="Group 2")).to_be_visible()
    expect(page.get_by_role("button", name="Name these 3 photos")).to_be_visible()


def test_a_line_that_was_given_up_or_holds_nothing_selects_nothing(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "groups")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or "") if "photos" in (request.post_data or "") else None)
    draw_around(page, LOWER_RIGHT)
    page.keyboard.press("Escape")
    page.mouse.up()
    draw_around(page, [(0.2, 0.2), (0.3, 0.2), (0.3, 0.3)])
    page.mouse.up()
    page.mouse.click(*spot(page, 0.75, 0.1))  # answered after whatever the lines would have asked
    expect(page.get_by_role("heading", name="Group 2")).to_be_visible()
    assert asked == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_selection_is_accessible_and_fits_a_phone(watched: Watched, pages: Pages, theme: str) -> None:
    page = watched.page
    page.add_init_script(f"localStorage.setItem('metersieve-theme', '{theme}')")
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, pages, "groups")
    draw_around(page, LOWER_RIGHT)
    page.mouse.up()
    expect(page.get_by_role("button", name="Name these 4 photos")).to_be_in_viewport()
    gallery, chart = page.locator("#gallery").bounding_box(), page.locator("#map").bounding_box()
    assert gallery
    assert chart
    assert chart["y"] >= gallery["y"] + gallery["height"]
    assert overflow(page) <= 0
    assert barriers(page) == []


def test_a_naming_of_a_selection_survives_a_reload(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "groups")
    draw_around(page, UPPER_LEFT)
    page.mouse.up()
    expect(page.get_by_role("heading", name="2 photos selected on the map")).to_be_visible()
    page.get_by_label("Meter type name").fill("../evil")
    page.get_by_role("button", name="Name these 2 photos").click()
    expect(page.get_by_role("alert")).to_contain_text("letters (of any script), digits")
    page.get_by_label("Meter type name").fill("ACME 8")
    page.get_by_role("button", name="Name these 2 photos").click()
    expect(page.get_by_test_id("notice")).to_contain_text("2 photos are now ACME 8")
    expect(page.get_by_role("img", name=re.compile("^Map of 8 photos"))).to_be_visible()
    page.reload()
    expect(page.locator("#groups [data-group='1']")).to_contain_text("4 photos")
    expect(page.get_by_role("img", name=re.compile("^Map of 8 photos"))).to_be_visible()
    with sqlite3.connect(pages.home.db / "metersieve.sqlite") as database:
        assert database.execute("select count(*), min(value) from label").fetchone() == (2, "ACME 8")
        assert database.execute("select kind from job").fetchall() == [("move_photos",)]
