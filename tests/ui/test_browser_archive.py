"""History and Groups in a real browser, as people use them."""

from __future__ import annotations

import re
import sqlite3

import pytest
from playwright.sync_api import Page, expect

from tests.archive import HOSTILE
from tests.ui.conftest import Pages, Watched, visit

pytestmark = [pytest.mark.browser, pytest.mark.product]


def first_row(page: Page) -> str | None:
    return page.locator("tr[data-id]").first.get_attribute("data-id")


def test_hostile_names_stay_text(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "history")
    expect(page.locator("#table").get_by_text("<b>TYPE</b>")).to_be_visible()
    page.get_by_role("row").filter(has_text="<b>TYPE</b>").click()
    expect(page.locator("[data-testid=detail] h2")).to_have_text(HOSTILE)
    visit(page, pages, "")
    expect(page.locator("#latest")).to_contain_text("<b>TYPE</b>")
    assert page.locator("img[src=x], b:text-is('TYPE')").count() == 0


def test_older_then_newer_returns_to_the_same_first_row(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "history")
    first = first_row(page)
    expect(page.get_by_role("button", name="Newer")).to_be_disabled()
    page.get_by_role("button", name="Older").click()
    expect(page.locator(f"tr[data-id='{first}']")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"older="))
    second = first_row(page)
    page.reload()  # the place is in the address
    expect(page.locator("tr[data-id]").first).to_have_attribute("data-id", str(second))
    page.get_by_role("button", name="Newer").click()
    expect(page.locator("tr[data-id]").first).to_have_attribute("data-id", str(first))


def test_a_filter_narrows_and_stands_in_the_address(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "history")
    count = page.locator("[data-testid=count] b")
    everything = count.inner_text()
    page.get_by_label("Outcome").select_option("refused")
    expect(count).to_have_text("1")
    expect(page.locator("#table")).to_contain_text("Cut off")
    expect(page).to_have_url(re.compile(r"outcome=refused"))
    page.reload()
    expect(count).to_have_text("1")
    expect(page.get_by_label("Outcome")).to_have_value("refused")
    page.get_by_role("button", name="Reset").click()
    expect(count).to_have_text(everything)
    page.get_by_label("File name contains").fill("photo-0003")
    expect(count).to_have_text("1")
    page.get_by_label("File name contains").fill("no such file")
    expect(page.locator("#table .empty")).to_contain_text("Remove a filter")


def test_several_tags_can_be_asked_for(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "history?period=all")
    count = page.locator("[data-testid=count] b")
    everything = count.inner_text()
    page.locator("details.pick", has=page.locator("input[name=tag]")).locator("summary").click()
    page.get_by_role("checkbox", name="Blurry").check()
    expect(count).to_have_text("40")
    page.get_by_role("checkbox", name="Glare").check()
    expect(page.locator("#table .empty")).to_be_visible()
    page.get_by_role("button", name="Reset").click()
    expect(count).to_have_text(everything)


def test_a_click_and_the_arrow_keys_show_a_photo_in_full(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "history")
    rows = page.locator("tr[data-id]")
    rows.nth(3).click()
    detail = page.locator("[data-testid=detail]")
    expect(detail).to_have_attribute("data-id", str(rows.nth(3).get_attribute("data-id")))
    page.keyboard.press("ArrowDown")
    expect(detail).to_have_attribute("data-id", str(rows.nth(4).get_attribute("data-id")))
    page.keyboard.press("ArrowUp")
    expect(detail).to_have_attribute("data-id", str(rows.nth(3).get_attribute("data-id")))


def test_on_a_phone_the_detail_is_a_sheet_that_closes_and_the_filters_unfold(watched: Watched, pages: Pages) -> None:
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{pages.address}/history")
    page.locator("tr[data-id]").nth(4).click()
    sheet = page.locator("#detail")
    expect(sheet.locator("[data-testid=detail]")).to_be_visible()
    box = sheet.bounding_box()
    assert box
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
    close = page.get_by_role("button", name="Close")
    expect(close).to_be_in_viewport(ratio=1)
    close.click()
    expect(sheet).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_label("Outcome")).to_be_visible()


def test_on_a_phone_a_row_says_its_gravest_tag_and_is_no_higher_for_it(watched: Watched, pages: Pages) -> None:
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{pages.address}/history?name=photo-")
    spoilt, fine = (page.locator("tr[data-id]").filter(has_text=text).first for text in ("Unclear", "✓Clear"))
    expect(spoilt.get_by_text("Blurry").locator("visible=true")).to_have_count(1)
    expect(spoilt.locator(".under")).to_contain_text("80% sure")
    heights = [box["height"] for row in (spoilt, fine) if (box := row.bounding_box())]
    assert len(heights) == 2 and heights[0] == pytest.approx(heights[1], abs=1)  # a border
    page.set_viewport_size({"width": 1440, "height": 844})
    expect(spoilt.get_by_text("Blurry").locator("visible=true")).to_have_count(1)  # in its own column


def test_a_bad_type_name_is_refused_and_a_good_one_survives_a_reload(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "groups")
    expect(page.locator("#groups button[aria-pressed=true]")).to_contain_text("6 photos")
    expect(page.get_by_test_id("gallery").locator("img")).to_have_count(6)
    group = page.locator("#groups button[aria-pressed=true]").get_attribute("data-group")
    page.get_by_label("Meter type name").fill("../evil")
    page.get_by_role("button", name="Name these 6 photos").click()
    expect(page.get_by_role("alert")).to_contain_text("letters (of any script), digits")
    with sqlite3.connect(pages.home.db / "metersieve.sqlite") as database:
        assert database.execute("select count(*) from label").fetchone() == (0,)
    page.get_by_label("Meter type name").fill("ACME 7")
    page.get_by_role("button", name="Name these 6 photos").click()
    expect(page.get_by_test_id("notice")).to_contain_text("6 photos are now ACME 7")
    expect(page.get_by_test_id("notice")).to_contain_text("recognised from these labelled photos")
    page.reload()
    expect(page.locator(f"button[data-group='{group}']")).to_contain_text("ACME 7")
    expect(page.locator(f"button[data-group='{group}']")).to_contain_text("Named")
    with sqlite3.connect(pages.home.db / "metersieve.sqlite") as database:
        assert database.execute("select count(*), min(value) from label").fetchone() == (6, "ACME 7")


def test_the_group_in_the_address_is_shown_and_the_ungrouped_are_named_once_ticked(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "groups?group=none")
    expect(page.get_by_test_id("group-title")).to_contain_text("Ungrouped")
    expect(page.get_by_role("button", name="Name ticked photos")).to_be_disabled()
    expect(page.get_by_test_id("gallery").locator("img")).to_have_count(1)
    page.get_by_role("checkbox", name="photo-0220.jpg").check()
    expect(page.get_by_role("button", name="Name the ticked photo")).to_be_enabled()
    page.get_by_role("checkbox", name="photo-0220.jpg").uncheck()
    page.get_by_test_id("gallery").get_by_role("button").first.click()
    expect(page.locator("dialog img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()


def test_the_last_and_the_next_regrouping_are_told_before_the_page_first_looks_again(watched: Watched, pages: Pages) -> None:
    page = watched.page
    page.add_init_script("window.setInterval = () => 0")  # no timer ticks
    visit(page, pages, "groups")
    expect(page.locator("#regroup-runs")).to_contain_text("no run yet")


def test_a_regroup_is_asked_for_once(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "groups")
    page.get_by_role("button", name="Regroup now").click()
    expect(page.locator("#regroup-button")).to_have_text("Regrouping is asked for.")
    expect(page.locator("#regroup-button")).to_be_disabled()
    with sqlite3.connect(pages.home.db / "metersieve.sqlite") as database:
        assert database.execute("select count(*) from job where kind = 'regroup'").fetchone() == (1,)
