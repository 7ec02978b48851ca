"""The Overview's cards in a real browser: no holes between them however much each has to say, and ways on from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from daemon.home import Home
from db.database import open_database
from db.tables import PhotoTag
from engine.quality import DEFECT_TAGS
from tests.archive import photo, refused, store, unclear, with_file
from tests.ui.conftest import Pages, Watched, barriers, free_port, overflow, serve, visit
from ui import words

pytestmark = [pytest.mark.browser, pytest.mark.product]


@pytest.fixture(scope="module")
def busy_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """An archive of fourteen sites, where every tag occurs and files are refused for every reason."""
    home = Home(tmp_path_factory.mktemp("busy")).make()
    now = datetime.now(UTC)
    engine = open_database(f"sqlite:///{home.db}/metersieve.sqlite")
    spoilt = [unclear(n, tags=[PhotoTag(tag=tag.value)], site=f"site {n}") for n, tag in enumerate(DEFECT_TAGS)]
    fine = [photo(20 + n, site=f"site {n}") for n in range(14)]
    bad = [refused(40 + n, reason) for n, reason in enumerate(words.REASONS)]
    for number, row in enumerate((*spoilt, *fine, *bad)):
        with_file(row, home.root, number).received_at = now - timedelta(days=2)
    fine[0].received_at = now - timedelta(days=20)
    store(engine, *spoilt, *fine, *bad)
    engine.dispose()
    with serve(home, home.root / "models", free_port()) as pages:
        yield pages


@pytest.fixture(scope="module")
def first_day_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Two sites whose first photos came today."""
    home = Home(tmp_path_factory.mktemp("first")).make()
    engine = open_database(f"sqlite:///{home.db}/metersieve.sqlite")
    rows = [photo(n, site="NORTH" if n % 2 else "SOUTH", received_at=datetime.now(UTC)) for n in range(10)]
    store(engine, *(with_file(row, home.root, number) for number, row in enumerate(rows)))
    engine.dispose()
    with serve(home, home.root / "models", free_port()) as pages:
        yield pages


def bottom(page: Page, cards: str) -> float:
    """Where the last of these cards ends, in pixels."""
    box = page.locator(cards).last.bounding_box()
    assert box
    return box["y"] + box["height"]


@pytest.mark.parametrize("archive", ["busy_pages", "pages", "new_pages"])
def test_charts_and_the_cards_beside_them_end_on_one_line(watched: Watched, archive: str, request: pytest.FixtureRequest) -> None:
    page = watched.page
    visit(page, request.getfixturevalue(archive), "")
    expect(page.locator("#tags .card")).to_be_visible()
    expect(page.locator("#services .card")).to_be_visible()
    page.wait_for_function("document.querySelectorAll('.plot > *').length >= 2")
    overflow(page)  # once the layout has settled
    left, right = bottom(page, "#charts .card"), bottom(page, "#tags .card")
    assert left == pytest.approx(right, abs=1)
    for below in ("#sites .card", "#latest .card"):
        box = page.locator(below).bounding_box() if page.locator(below).count() else None
        if box:
            assert box["y"] - left <= 20
            break


@pytest.mark.parametrize(("width", "theme"), [(1440, "dark"), (768, "light"), (390, "dark")])
def test_a_busy_overview_fits_and_can_be_read_by_everyone(busy_pages: Pages, watched: Watched, width: int, theme: str) -> None:
    page = watched.page
    page.add_init_script(f"localStorage.setItem('metersieve-theme', '{theme}')")
    page.set_viewport_size({"width": width, "height": 900})
    visit(page, busy_pages, "")
    expect(page.locator("#tags .card")).to_be_visible()
    assert overflow(page) <= 0
    assert barriers(page) == []


def test_a_sites_only_day_is_a_point_where_a_line_would_be(first_day_pages: Pages, watched: Watched) -> None:
    visit(watched.page, first_day_pages, "")
    expect(watched.page.locator(".plot circle")).to_have_count(3)  # all sites, and each of two


def test_a_tag_and_the_share_of_poor_photos_lead_to_those_photos(busy_pages: Pages, watched: Watched) -> None:
    page = watched.page
    visit(page, busy_pages, "")
    tags = page.locator("#tags")
    expect(tags.get_by_role("listitem").filter(has_text="Poor")).to_contain_text("46%")  # 12 of 26
    tags.get_by_role("link", name="Glare").click()
    expect(page).to_have_url(re.compile(r"/history\?period=30&tag=glare$"))
    expect(page.locator("[data-testid=count] b")).to_have_text("1")
    visit(page, busy_pages, "")
    page.get_by_role("button", name="90 days").click()
    expect(tags.get_by_role("link", name="Poor")).to_have_attribute("href", "/history?period=90&quality=Poor")
    page.get_by_role("button", name="7 days").click()
    tags.get_by_role("link", name="Poor").click()
    expect(page.locator("[data-testid=count] b")).to_have_text("12")
    expect(page.get_by_label("Quality")).to_have_value("Poor")
