"""Names as long as they may be leave every page as wide as a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from daemon.home import Home
from db.database import open_database
from db.group_acts import split_photos
from db.model_tables import Promotion, TrainingRun
from db.naming import name_group
from db.tables import Service
from tests.archive import photo, refused, store, unknown, with_file
from tests.ui.conftest import Pages, Watched, free_port, overflow, serve, visit
from tests.ui.models_archive import make_versions

pytestmark = [pytest.mark.browser, pytest.mark.product]

TYPE = "Elektrizitätszählerfabrik_Wien_Modell_MWMWMWMWMWMW_1234567"
BY = "W" * 120  # letters without a space, as a program may call itself
FILE = "W" * 200 + ".jpg"


@pytest.fixture(scope="module")
def long_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """A group of that name, one that waits, a photo recognised so, a file with its site and camera, a training's reasons."""
    home = Home(tmp_path_factory.mktemp("long")).make()
    database = open_database(f"sqlite:///{home.db}/metersieve.sqlite")
    now = datetime.now(UTC)
    named = {"name": FILE, "source": f"{BY}/{FILE}", "site": BY, "camera": BY, "received_at": now}
    rows = [with_file(unknown(number, **named), home.root, number) for number in range(1, 7)]
    sure = photo(7, meter_type=TYPE, top3=[{"label": TYPE, "confidence": 0.9}], recognised_by="network", **named)
    store(database, *rows, with_file(sure, home.root, 7))
    store(database, refused(8, detail=f"{FILE} was cut off.", **named))
    with Session(database) as session, session.begin():
        split_photos(session, [1, 2, 3], by=BY, now=now)
        split_photos(session, [4, 5, 6], by=BY, now=now)
        name_group(session, 1, TYPE, seen=3, by=BY, now=now)
    make_versions(home.root / "models")
    reasons = [f"{TYPE} is recognised less often: 0% instead of 100% of 6 photos of 6 meters."]
    store(
        database,
        Promotion(task="meter_type", version="v2", before="v1", by=BY, at=now, why=reasons[0]),
        TrainingRun(task="meter_type", state="done", by=BY, started_at=now, ended_at=now, progress=1.0, champion="v2",
                    candidate="v3", decision="wait", reasons=reasons, photos={"learned": 4, "kept_aside": 2}),
        Service(name="watcher", beat_at=now, state="running", detail={"waiting": 0}),
    )  # fmt: skip
    database.dispose()
    with serve(home, home.root / "models", free_port()) as pages:
        yield pages


@pytest.mark.parametrize(
    "address",
    ["", "history?period=all&photo=1", "history?period=all&photo=7", "history?period=all&photo=8", "groups?group=1",
     "groups?group=2", "models"],
)  # fmt: skip
def test_long_names_do_not_widen_the_page(long_pages: Pages, watched: Watched, address: str) -> None:
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, long_pages, address)
    if address.startswith("groups"):
        expect(page.get_by_test_id("group-acts")).to_contain_text(BY)
        page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true })")
    assert overflow(page) <= 0
