from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.tables import Job
from tests.archive import NOW, photo, refused, store
from ui.api_refused import refused_routes


@pytest.fixture
def client(database: Engine) -> TestClient:
    store(database, photo(1), refused(2), refused(3), refused(4, reason="empty"), refused(5, removed_at=NOW))
    app = FastAPI()
    app.include_router(refused_routes(database, lambda: NOW))
    return TestClient(app, base_url="http://meters:7860")


def jobs(database: Engine) -> list[dict[str, object]]:
    with Session(database) as session:
        return [job.payload for job in session.scalars(select(Job))]


def test_what_is_refused_and_kept_is_told_by_reason(client: TestClient) -> None:
    told = client.get("/api/v1/refused").json()
    assert [(each["reason"], each["photos"], each["retried"]) for each in told] == [("truncated", 2, 0), ("empty", 1, 0)]


def test_a_second_look_at_one_photo_or_a_reason_is_asked_for(client: TestClient, database: Engine) -> None:
    assert client.post("/api/v1/retry", json={"photo_id": 2}).json() == {"photos": 1}
    answer = client.post("/api/v1/retry", json={"reason": "truncated"})
    assert (answer.status_code, answer.json()) == (202, {"photos": 2})
    assert jobs(database) == [{"photo_ids": [2], "by": "api"}, {"reason": "truncated", "by": "api"}]


@pytest.mark.parametrize("asked", [{"photo_id": 1}, {"photo_id": 5}, {"photo_id": 99}, {"reason": "bomb"}])
def test_what_is_not_refused_or_not_kept_cannot_be_looked_at_again(
    client: TestClient, database: Engine, asked: dict[str, object]
) -> None:
    assert client.post("/api/v1/retry", json=asked).status_code == 404
    assert jobs(database) == []


@pytest.mark.parametrize("asked", [{}, {"photo_id": 2, "reason": "empty"}, {"photo_id": "x"}, {"all": True}])
def test_a_call_that_does_not_say_one_thing_is_an_error(client: TestClient, asked: dict[str, object]) -> None:
    assert client.post("/api/v1/retry", json=asked).status_code == 422


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "null"}],
)
def test_another_site_in_the_browser_cannot_ask(client: TestClient, database: Engine, headers: dict[str, str]) -> None:
    assert client.post("/api/v1/retry", json={"photo_id": 2}, headers=headers).status_code == 403
    assert jobs(database) == []


def test_our_own_pages_can_ask(client: TestClient) -> None:
    headers = {"origin": "http://meters:7860", "sec-fetch-site": "same-origin"}
    assert client.post("/api/v1/retry", json={"photo_id": 2}, headers=headers).status_code == 202
