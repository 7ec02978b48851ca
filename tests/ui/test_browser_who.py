"""Whose name stands beside what is done on the pages."""

from __future__ import annotations

import sqlite3

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Pages, Watched, barriers, overflow, visit

pytestmark = [pytest.mark.browser, pytest.mark.product]


def write_name(page: Page, name: str) -> None:
    page.get_by_test_id("who").click()
    page.get_by_role("dialog").get_by_label("Your name").fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_what_a_person_names_bears_the_name_that_she_wrote_and_the_undo_that_of_him_who_undid_it(
    watched: Watched, pages: Pages
) -> None:
    page = watched.page
    visit(page, pages, "groups")
    write_name(page, "  Žofie <b>Nováková</b> ")
    expect(page.get_by_test_id("who")).to_be_focused()
    page.get_by_label("Meter type name").fill("ACME 7")
    page.get_by_role("button", name="Name these 6 photos").click()
    expect(page.get_by_test_id("notice")).to_contain_text("6 photos are now ACME 7")
    page.reload()
    write_name(page, "Ota")
    page.get_by_text("Last changes").click()
    expect(page.locator(".acts-list")).to_contain_text("Žofie <b>Nováková</b>")
    page.locator(".acts-list").get_by_role("button", name="Undo").first.click()
    expect(page.locator(".acts-list")).to_contain_text("undone by Ota")
    with sqlite3.connect(pages.home.db / "metersieve.sqlite") as database:
        assert database.execute("select distinct by from label").fetchall() == [("Žofie <b>Nováková</b>",)]


def test_a_name_is_asked_for_in_a_window_that_can_be_left(watched: Watched, pages: Pages) -> None:
    page = watched.page
    visit(page, pages, "")
    write_name(page, "Ana")
    page.get_by_test_id("who").click()
    assert barriers(page) == []
    page.get_by_role("dialog").get_by_label("Your name").fill("Eva")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_test_id("who").click()
    expect(page.get_by_role("dialog").get_by_label("Your name")).to_have_value("Ana")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert overflow(page) <= 0
