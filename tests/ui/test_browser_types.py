"""A design is named once: what looks like it is offered, decided by a person, and taken back, on drawn near twins."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.newcomers import Newcomers
from db.database import open_database
from db.group_acts import split_photos
from db.look_alikes import note_group
from db.naming import name_group
from db.tables import Label, Photo
from engine.recognition.resemblance import Resemblance
from tests.daemon.test_newcomers import ONE_LINE, TWO_LINES, twin
from tests.daemon.test_regroup import NOW, arrive
from tests.ui.conftest import Pages, Watched, barriers, free_port, overflow, serve, visit

pytestmark = [pytest.mark.browser, pytest.mark.product]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two types are named. Four near twins of EM101 are a group, one photo was recognised as it; three of HPL 2 wait alone."""
    home = Home(tmp_path_factory.mktemp("twins")).make()
    database = open_database(f"sqlite:///{home.db}/metersieve.sqlite")
    arrive(home, database, {f"named-{shot}.jpg": twin(shot, ONE_LINE) for shot in range(5)})
    arrive(home, database, {f"twin-{shot}.jpg": twin(shot, TWO_LINES) for shot in range(10, 14)})
    arrive(home, database, {f"other-{shot}.jpg": twin(shot, ONE_LINE, 2) for shot in range(5)})
    arrive(home, database, {f"lone-{shot}.jpg": twin(shot, TWO_LINES, 2) for shot in range(10, 13)})
    arrive(home, database, {"same.jpg": twin(8, ONE_LINE)})
    with Session(database) as session, session.begin():
        ids = {row.name: row.id for row in session.scalars(select(Photo))}
        group = split_photos(session, [ids[f"named-{shot}.jpg"] for shot in range(5)], by="ana", now=NOW)
        split_photos(session, [ids[f"twin-{shot}.jpg"] for shot in range(10, 14)], by="ana", now=NOW)
        other = split_photos(session, [ids[f"other-{shot}.jpg"] for shot in range(5)], by="ana", now=NOW)
        name_group(session, group, "EM101", seen=5, by="ana", now=NOW)
        name_group(session, other, "HPL 2", seen=5, by="ana", now=NOW)
    Newcomers(home, database, lambda: "v1").tick(slice_s=120)
    group_looks_like_em101(database)
    database.dispose()
    return home


def group_looks_like_em101(database: Engine) -> None:
    """As a group of near twins does whose print is not plainly another."""
    with Session(database) as session, session.begin():
        assert note_group(session, 2, Resemblance(name="EM101", details=60, short=3.0))


@pytest.fixture
def named(archive: Home, tmp_path: Path) -> Iterator[tuple[Pages, Engine]]:
    """A copy of the archive, served."""
    home = Home(Path(shutil.copytree(archive.root, tmp_path / "home")))
    database = open_database(f"sqlite:///{home.db}/metersieve.sqlite")
    with serve(home, home.root / "models", free_port()) as pages:
        yield pages, database
    database.dispose()


def types_of(database: Engine) -> dict[str, str | None]:
    with Session(database) as session:
        return {row.name: row.meter_type for row in session.scalars(select(Photo))}


def tick(page: Page, name: str, *, on: bool) -> None:
    page.get_by_role("checkbox", name=name).set_checked(on)


def test_look_alikes_of_a_named_group_are_named_with_one_click_or_said_not_to_be_it_and_taken_back(
    named: tuple[Pages, Engine], watched: Watched
) -> None:
    page, (pages, database) = watched.page, named
    visit(page, pages, "groups?group=3")
    card = page.get_by_test_id("types")
    expect(page.get_by_test_id("more-alike")).to_contain_text("3 more photos look like HPL 2")
    page.get_by_role("button", name="Look at them").click()
    expect(page.get_by_test_id("gallery").locator("img")).to_have_count(3)
    expect(card.locator(".examples img")).to_have_count(4)
    page.get_by_role("button", name="Tick all").click()
    tick(page, "lone-12.jpg", on=False)
    page.get_by_role("button", name="These 2 are HPL 2 too").click()
    expect(page.get_by_test_id("notice")).to_contain_text("2 photos are now HPL 2")
    expect(page.get_by_test_id("gallery").locator("img")).to_have_count(1)
    assert types_of(database)["lone-11.jpg"] == "HPL 2"
    tick(page, "lone-12.jpg", on=True)
    page.get_by_role("button", name="Not HPL 2: 1 photo").click()
    expect(page.get_by_test_id("notice")).to_contain_text("1 photo said not to be HPL 2")
    expect(page.locator("#gallery .empty")).to_contain_text("No waiting photo looks like HPL 2")
    page.get_by_text("Last changes").click()
    page.get_by_role("button", name="Undo: 1 photo said not to be HPL 2").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Taken back: 1 photo said not to be HPL 2")
    page.get_by_role("button", name="Undo: 2 photos moved to HPL 2").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Taken back: 2 photos moved to HPL 2")
    assert types_of(database)["lone-11.jpg"] == "UNKNOWN"


def test_a_group_that_looks_like_a_named_type_says_so_and_can_be_said_not_to_be_it(
    named: tuple[Pages, Engine], watched: Watched
) -> None:
    page, (pages, database) = watched.page, named
    visit(page, pages, "groups?group=2")
    expect(page.locator("#groups [data-group='2']")).to_contain_text("Looks like EM101")
    expect(page.get_by_test_id("types")).to_contain_text("This group looks like EM101")
    expect(page.get_by_test_id("types")).to_contain_text("Its print differs")
    page.get_by_role("button", name="Not EM101").click()
    expect(page.get_by_test_id("notice")).to_contain_text("4 photos said not to be EM101")
    expect(page.get_by_test_id("types")).to_have_count(0)
    page.get_by_text("Last changes").click()
    page.get_by_role("button", name="Undo: 4 photos said not to be EM101").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Taken back")
    group_looks_like_em101(database)
    page.reload()
    page.get_by_role("button", name="These 4 are EM101 too").click()
    expect(page.get_by_test_id("notice")).to_contain_text("4 photos are now EM101")
    assert types_of(database)["twin-10.jpg"] == "EM101"


def test_a_photo_that_labelled_photos_named_wrongly_is_set_right_in_its_group_and_in_its_detail(
    named: tuple[Pages, Engine], watched: Watched
) -> None:
    page, (pages, database) = watched.page, named
    visit(page, pages, "groups?group=1")
    page.get_by_role("button", name="Recognised 1").click()
    tick(page, "same.jpg", on=True)
    page.get_by_role("button", name="Not EM101: 1 photo").click()
    expect(page.locator("#gallery .empty")).to_contain_text("No photo was recognised as EM101 yet")
    assert types_of(database)["same.jpg"] == "UNKNOWN"
    visit(page, pages, "history?period=all&name=same.jpg")
    page.locator("tr[data-id]").first.click()
    typed = page.get_by_test_id("typed")
    typed.get_by_role("button", name="Undo: it is not EM101").click()
    expect(page.get_by_test_id("asked")).to_contain_text("Taken back")
    expect(page.get_by_test_id("rests-on")).to_contain_text("Recognised from 5 labelled photos")
    typed.get_by_label("It is").fill("EM102")
    typed.get_by_role("button", name="Set type").click()
    expect(page.get_by_test_id("rests-on")).to_contain_text("Named by pages")
    expect(page.locator("tr[data-id] .chip.type")).to_have_text("EM102")
    typed.get_by_role("button", name="Not EM102").click()
    expect(page.get_by_test_id("asked")).to_contain_text("1 photo said not to be EM102")
    assert types_of(database)["same.jpg"] == "UNKNOWN"


def test_what_was_recognised_rightly_is_confirmed_with_one_click_and_taken_back(
    named: tuple[Pages, Engine], watched: Watched
) -> None:
    page, (pages, database) = watched.page, named
    visit(page, pages, "groups?group=1")
    page.get_by_role("button", name="Recognised 1").click()
    page.get_by_role("button", name="This one is right").click()
    expect(page.get_by_test_id("notice")).to_contain_text("1 photo confirmed as EM101")
    expect(page.get_by_role("button", name="In this group 6")).to_be_visible()
    with Session(database) as session:
        assert session.scalar(select(Label.value).join(Photo).where(Photo.name == "same.jpg")) == "EM101"
    page.get_by_text("Last changes").click()
    page.get_by_role("button", name="Undo: 1 photo named EM101").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Taken back")
    expect(page.get_by_role("button", name="Recognised 1")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_offered_is_accessible_and_no_wider_than_the_window(
    named: tuple[Pages, Engine], watched: Watched, theme: str
) -> None:
    page, (pages, _) = watched.page, named
    page.add_init_script(f"localStorage.setItem('metersieve-theme', '{theme}')")
    for width in (390, 768, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        for address, ready in (("groups?group=2", "Compare"), ("groups?group=3", "more photos look")):
            visit(page, pages, address)
            expect(page.get_by_test_id("types")).to_contain_text(ready)
            assert overflow(page) <= 0
            assert barriers(page) == []
        page.get_by_role("button", name="Look at them").click()
        expect(page.get_by_test_id("types")).to_have_attribute("data-kind", "alike")
        assert overflow(page) <= 0
        assert barriers(page) == []
    visit(page, pages, "history?period=all&name=same.jpg&photo=18")
    expect(page.get_by_test_id("typed")).to_be_visible()
    assert barriers(page) == []
