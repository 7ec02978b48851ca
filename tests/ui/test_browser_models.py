"""The Models page in a browser: what waits and why, a promotion and its way back, training asked for, progress, cancel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from db.database import open_database
from db.jobs import JobKind, end, open_jobs
from db.model_tables import TrainingState
from db.tables import Service
from db.training import begin_run, end_run, running, tell
from tests.archive import store
from tests.ui.conftest import Pages, Watched, barriers, free_port, overflow, serve, visit
from tests.ui.models_archive import HOSTILE_TYPE, fill_models

pytestmark = [pytest.mark.product, pytest.mark.browser]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    home = Home(tmp_path_factory.mktemp("models")).make()
    engine = open_database(f"sqlite:///{home.db}/metersieve.sqlite")
    now = datetime.now(UTC)
    fill_models(engine, home.root, now)
    store(engine, Service(name="watcher", beat_at=now.replace(year=now.year + 1), state="running", detail={}))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def model_pages(engine: Engine) -> Iterator[Pages]:
    home = Home(Path(str(engine.url.database)).parents[1])
    with serve(home, home.root / "models", free_port()) as pages:
        yield pages


@pytest.mark.parametrize("width", [390, 1440])
def test_what_is_said_below_the_button_that_trains_keeps_its_distance(pages: Pages, watched: Watched, width: int) -> None:
    page = watched.page
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, pages, "models")
    button, line = page.locator("#train").bounding_box(), page.get_by_text("Nothing was trained from labels yet.").bounding_box()
    assert button and line
    assert line["y"] - button["y"] - button["height"] >= 8  # pixels


def test_a_candidate_waits_with_its_reason_is_promoted_and_rolled_back(model_pages: Pages, watched: Watched) -> None:
    page = watched.page
    visit(page, model_pages, "models")
    expect(page.get_by_test_id("current")).to_have_text("v2")
    expect(page.get_by_test_id("run")).to_contain_text("C1 is recognised less often: 0% instead of 100% of 6 photos of 6 meters.")
    expect(page.get_by_test_id("again")).to_contain_text("6 judged again, 6 have another type")
    page.get_by_role("button", name="Let v3 judge").click()
    expect(page.get_by_test_id("current")).to_have_text("v3")
    expect(page.get_by_test_id("notice")).to_contain_text("v3 judges from the next photo on.")
    page.get_by_role("button", name="Roll back to v2").click()
    expect(page.get_by_test_id("current")).to_have_text("v2")
    listed = httpx.get(f"{model_pages.address}/api/v1/models/meter_type/v2/rejudged.csv").text.splitlines()
    assert len(listed) == 7 and "UNKNOWN,C1,0.2,0.9,v1,v2" in listed[1]
    expect(page.get_by_test_id("learning")).to_contain_text("labels of three meters and a second type: C1 (1 label)")
    assert HOSTILE_TYPE not in page.content()


def test_a_training_is_asked_for_watched_and_cancelled(model_pages: Pages, watched: Watched, engine: Engine) -> None:
    page = watched.page
    visit(page, model_pages, "models")
    page.get_by_role("button", name="Train from labels").click()
    expect(page.get_by_role("button", name="Training is asked for")).to_be_disabled()
    with Session(engine) as session, session.begin():
        assert [job.payload for job in open_jobs(session, JobKind.RETRAIN)] == [{"by": "pages"}]
        tell(
            session,
            begin_run(session, "meter_type", by="pages", champion="v2", now=datetime.now(UTC)),
            "reading photo 3 of 9",
            0.25,
        )
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "25")
    expect(page.get_by_test_id("step")).to_contain_text("reading photo 3 of 9")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancelling…")).to_be_disabled()
    with Session(engine) as session, session.begin():
        run = running(session)
        assert run is not None and run.cancel_asked_at is not None
        end_run(session, run.id, TrainingState.CANCELLED, now=datetime.now(UTC))
        for job in open_jobs(session, JobKind.RETRAIN):
            end(session, job, datetime.now(UTC), ok=True, message="done")


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (768, "dark"), (390, "dark")])
def test_the_page_fits_and_can_be_read_by_everyone(model_pages: Pages, watched: Watched, width: int, theme: str) -> None:
    page = watched.page
    page.add_init_script(f"localStorage.setItem('metersieve-theme', '{theme}')")
    page.set_viewport_size({"width": width, "height": 900})
    visit(page, model_pages, "models")
    expect(page.get_by_test_id("again")).to_be_visible()
    assert overflow(page) <= 0
    assert barriers(page) == []


def test_the_interface_for_programs_does_the_same_and_refuses_other_sites(model_pages: Pages) -> None:
    with httpx.Client(base_url=f"{model_pages.address}/api/v1") as client:
        told = client.get("/models/meter_type").json()
        assert told["current"] == "v2" and told["versions"] == ["v1", "v2", "v3"] and told["trainings"][-1]["decision"] == "wait"
        other = {"origin": "https://elsewhere.example"}
        assert client.post("/models/meter_type/promote", json={"version": "v3"}, headers=other).status_code == 403
        assert client.post("/models/meter_type/promote", json={"version": "v9"}).status_code == 409
        assert client.post("/models/meter_type/promote", json={"version": "v3", "by": "ana"}).json() == {
            "current": "v3",
            "before": "v2",
        }
        assert client.post("/models/meter_type/rollback", json={}).json() == {"current": "v2", "before": "v3"}
        assert client.post("/retrain", json={"by": "ana"}).json() == {"asked": True}
        assert client.post("/retrain", json={"by": "ana"}).json() == {"asked": False}
        assert client.delete("/retrain").json() == {"asked": True}, "one that waits is withdrawn"
        assert client.delete("/retrain").status_code == 404
