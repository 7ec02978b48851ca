"""REST: judging one photo, health and metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine

from db.tables import Service
from engine.bundle import Card
from engine.errors import ModelError, TooManyBytes, Truncated
from engine.picture import Limits
from engine.verdict import Verdict
from tests.archive import NOW, photo, refused, store
from tests.photos import jpeg, verdict
from ui.api import api_routes


@dataclass
class FakeJudge:
    """Says or raises what it was told to, and remembers what it was shown."""

    answer: Verdict | Exception
    limits: Limits = field(default_factory=Limits)
    shown: list[bytes] = field(default_factory=list)

    def judge(self, data: bytes) -> Verdict:
        self.shown.append(data)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def cards(self) -> dict[str, Card | ModelError | None]:
        return {}


def client(database: Engine, judge: FakeJudge | None = None) -> TestClient:
    app = FastAPI()
    app.include_router(api_routes(database, judge or FakeJudge(verdict()), lambda: NOW))  # type: ignore[arg-type]
    return TestClient(app)


def test_a_photo_is_judged_as_the_command_line_would(database: Engine) -> None:
    judge = FakeJudge(verdict(meter_type="ACME_1"))
    answer = client(database, judge).post("/api/v1/judge", files={"file": ("a.jpg", jpeg(1))})
    assert answer.status_code == 200
    assert answer.json() == {"file": "a.jpg", "ok": True, "error": None, **verdict(meter_type="ACME_1").as_json()}
    assert judge.shown == [jpeg(1)]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Truncated("It ends too early. Send it again."), 422, "truncated"),
        (TooManyBytes("Too many bytes. Send a smaller one."), 413, "too_large"),
        (ModelError("The card is damaged. Restore it."), 503, "model"),
    ],
)
def test_what_cannot_be_judged_is_named(database: Engine, error: Exception, status: int, code: str) -> None:
    answer = client(database, FakeJudge(error)).post("/api/v1/judge", files={"file": ("<b>.jpg", b"x")})
    assert answer.status_code == status
    assert answer.json() == {"file": "<b>.jpg", "ok": False, "error": {"code": code, "message": str(error)}}


def test_nothing_of_a_giant_upload_is_read_and_its_true_size_is_said(database: Engine) -> None:
    judge = FakeJudge(verdict(), limits=Limits(max_bytes=10))
    answer = client(database, judge).post("/api/v1/judge", files={"file": ("a.jpg", b"x" * 1000)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert "1,000 bytes; at most 10 are read" in answer.json()["error"]["message"]
    assert not judge.shown


def test_a_request_without_a_file_is_a_mistake_of_the_sender(database: Engine) -> None:
    assert client(database).post("/api/v1/judge").status_code == 422


@pytest.mark.parametrize(
    ("state", "age_s", "says"),
    [("running", 3, "running"), ("running", 60, "stopped"), ("starting", 60, "starting"), ("starting", 900, "stopped")],
)
def test_health_says_whether_the_watcher_runs(database: Engine, state: str, age_s: int, says: str) -> None:
    store(database, Service(name="watcher", beat_at=NOW - timedelta(seconds=age_s), state=state, detail={}))
    answer = client(database).get("/healthz")
    assert answer.status_code == 200
    assert {key: answer.json()[key] for key in ("ok", "database", "watcher")} == {"ok": True, "database": "ok", "watcher": says}


def test_health_says_how_the_watcher_hears_and_why_it_pauses(database: Engine) -> None:
    detail = {"mode": "polling", "advice": "/inbox: a network share", "paused": "3 MB are free", "canary": {"ok": True, "ms": 9}}
    store(database, Service(name="watcher", beat_at=NOW, state="running", detail=detail))
    answer = client(database).get("/healthz").json()
    assert {key: answer[key] for key in detail} == detail


def test_health_fails_without_a_database(tmp_path: Path) -> None:
    answer = client(create_engine(f"sqlite:///{tmp_path}/missing/x.sqlite")).get("/healthz")
    assert (answer.status_code, answer.json()["ok"]) == (503, False)


def test_metrics_count_outcomes_and_the_queue(database: Engine) -> None:
    store(database, photo(1), photo(2), refused(3))
    store(database, Service(name="watcher", beat_at=NOW, state="running", detail={"waiting": 4}))
    lines = client(database).get("/metrics").text.splitlines()
    assert 'metersieve_photos_total{outcome="filed"} 2' in lines
    assert 'metersieve_photos_total{outcome="refused"} 1' in lines
    assert "metersieve_watcher_up 1" in lines
    assert "metersieve_waiting 4" in lines
