"""The pages in a real browser: what holds for all of them, the Overview and Predict."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from daemon.home import Home
from tests.photos import jpeg
from tests.ui.conftest import READY, Pages, Watched, barriers, free_port, overflow, serve, visit

pytestmark = [pytest.mark.browser, pytest.mark.product]


@pytest.mark.parametrize("name", READY)
def test_every_page_opens_says_where_one_is_and_leaves_the_host_alone(watched: Watched, pages: Pages, name: str) -> None:
    page = watched.page
    visit(page, pages, name)
    here = page.locator("nav [aria-current=page]")
    expect(here).to_have_count(1)
    expect(here).to_have_attribute("href", f"/{name}")
    expect(page).to_have_title(re.compile(" · MeterSieve$"))
    expect(page.locator("#header .watcher")).to_contain_text("Watcher running")


@pytest.mark.parametrize("width", [390, 768, 1440])
@pytest.mark.parametrize("name", READY)
def test_no_page_is_wider_than_its_window(watched: Watched, pages: Pages, name: str, width: int) -> None:
    page = watched.page
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{pages.address}/{name}")
    ready = "tr[data-id]" if name == "history" else READY[name]
    expect(page.locator(ready).first).to_be_attached()
    assert overflow(page) <= 0


def test_the_header_stays_in_sight_when_one_scrolls(watched: Watched, pages: Pages) -> None:
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 500})
    visit(page, pages, "groups")
    page.locator("[data-testid=map]").scroll_into_view_if_needed()
    assert page.evaluate("window.scrollY") > 0
    box = page.locator("#header").bounding_box()
    assert box
    assert box["y"] == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", READY)
def test_every_page_is_accessible_in_both_themes(watched: Watched, pages: Pages, name: str, theme: str) -> None:
    page = watched.page
    page.add_init_script(f"localStorage.setItem('metersieve-theme', '{theme}')")
    visit(page, pages, name)
    assert barriers(page) == []


def test_dark_stays_dark_on_other_pages_and_after_a_reload(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "")
    page.locator("#header .theme").click()
    chosen = page.evaluate("document.body.classList.contains('dark')")
    for name in ("history", "groups"):
        visit(page, pages, name)
        assert page.evaluate("document.body.classList.contains('dark')") is chosen
    page.reload()
    expect(page.locator(READY["groups"])).to_be_attached()
    assert page.evaluate("document.body.classList.contains('dark')") is chosen
    page.locator("#header .theme").click()
    assert page.evaluate("document.body.classList.contains('dark')") is not chosen


def test_the_overview_counts_draws_and_ticks(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "")
    expect(page.locator("[data-testid=tiles]")).to_contain_text("Photos, last 24 h")
    expect(page.locator(".plot svg")).to_have_count(2)
    expect(page.locator("#services")).to_contain_text("2 waiting in the inbox")
    before = page.locator("[data-testid=updated]").inner_text()
    expect(page.locator("[data-testid=updated]")).not_to_have_text(before)
    page.get_by_role("button", name="90 days").click()
    expect(page.get_by_role("button", name="90 days")).to_have_attribute("aria-pressed", "true")


def test_what_has_nothing_to_say_leaves_no_hole_between_cards(watched: Watched, new_pages: Pages, pages: Pages) -> None:
    page = watched.page
    for shown, places in ((pages, {"kept", "sites"}), (new_pages, set())):
        visit(page, shown, "")
        expect(page.locator("#services .card")).to_be_visible()
        assert {name for name in ("kept", "sites") if page.locator(f"#{name}").bounding_box()} == places


def test_dragging_over_a_chart_zooms_and_a_double_click_goes_back(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "")
    plot = page.locator(".plot").first
    drawing = plot.locator("svg")
    whole = str(drawing.get_attribute("aria-label"))
    for start, end in ((0.6, 0.99), (0.1, 0.5)):  # days with photos, days without any
        box = plot.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * start, box["y"] + 80)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * end, box["y"] + 80, steps=4)
        page.mouse.up()
        expect(plot.get_by_role("img", name=whole)).to_have_count(0)
        plot.dblclick(position={"x": 200, "y": 80})
        expect(drawing).to_have_attribute("aria-label", whole)


def test_an_open_overview_goes_on_after_the_pages_were_restarted(browser: Browser, home: Home) -> None:
    port, page = free_port(), browser.new_page()
    updated = page.get_by_test_id("updated")
    with serve(home, home.root / "models", port) as pages:
        visit(page, pages, "")
        before = updated.inner_text()
    expect(page.get_by_text("Connection to the server was lost")).to_be_visible()
    with serve(home, home.root / "models", port):
        expect(updated).not_to_have_text(before)
        expect(page.get_by_text("Connection to the server was lost")).to_have_count(0)
    page.close()


def test_a_new_archive_says_where_photos_go(watched: Watched, new_pages: Pages) -> None:
    page = watched.page
    visit(page, new_pages, "")
    expect(page.locator("[data-testid=welcome]")).to_contain_text(str(new_pages.home.inbox))
    expect(page.locator("[data-testid=welcome]")).to_contain_text("python -m engine sample")
    expect(page.locator("#header .watcher")).to_contain_text("never started")
    page.goto(f"{new_pages.address}/groups")
    expect(page.locator("#gallery .empty")).to_contain_text("No group yet")
    page.goto(f"{new_pages.address}/history")
    expect(page.locator("#table .empty")).to_contain_text("No photo yet")


def test_three_photos_and_a_corrupt_one_give_three_verdicts_and_one_named_error(
    watched: Watched, pages: Pages, tmp_path: Path
) -> None:
    page = watched.page
    files = [tmp_path / f"meter-{number}.jpg" for number in range(3)] + [tmp_path / "broken.jpg"]
    for number, file in enumerate(files):
        file.write_bytes(jpeg(number) if number < 3 else jpeg(number)[:400])
    visit(page, pages, "predict")
    page.locator("#drop input[type=file]").set_input_files(files)
    expect(page.locator("[data-testid=verdict-error]")).to_have_count(1)
    expect(page.locator("[data-testid=verdict]")).to_have_count(3)
    expect(page.locator("[data-testid=verdict-error]")).to_contain_text("broken.jpg")
    expect(page.locator("[data-testid=verdict-error]")).not_to_contain_text("Traceback")
    expect(page.locator("[data-testid=verdict]").first).to_contain_text("meter-0.jpg")
    expect(page.locator("[data-testid=verdict]").first).to_contain_text("Clarity not judged")  # there is no model
    expect(page.locator("#drop input[type=file]")).to_be_attached()  # ready for the next drop
    uploads = pages.home.db / "uploads"
    assert [path.name for path in uploads.rglob("*.jpg")] == []
    with sqlite3.connect(pages.home.db / "metersieve.sqlite") as database:
        assert database.execute("select count(*) from photo where name like 'meter-%'").fetchone() == (0,)


def test_more_photos_than_allowed_are_said_not_swallowed(watched: Watched, pages: Pages, tmp_path: Path) -> None:
    page = watched.page
    files = [tmp_path / f"m{number}.jpg" for number in range(22)]
    for number, file in enumerate(files):
        file.write_bytes(jpeg(number))
    visit(page, pages, "predict")
    page.locator("#drop input[type=file]").set_input_files(files)
    expect(page.get_by_text("22 photos were dropped; the first 20 were judged")).to_be_visible()
    expect(page.locator("[data-testid=verdict]")).to_have_count(20)
