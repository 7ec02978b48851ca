"""Photos over REST: what an export says, bit by bit."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.naming import name_photos
from tests.archive import NOW, photo, store, store_group, unknown
from ui.api_photos import photo_routes


@pytest.fixture
def client(database: Engine) -> TestClient:
    store_group(database, unknown(1), unknown(2, site="south"))
    store(database, photo(3), photo(4, outcome=None))
    app = FastAPI()
    app.include_router(photo_routes(database))
    return TestClient(app)


def ids(client: TestClient, query: str) -> list[int]:
    return [row["id"] for row in client.get(f"/api/v1/photos?{query}").json()]


def test_the_photos_of_a_group_a_site_or_a_type_can_be_asked_for(client: TestClient) -> None:
    assert ids(client, "") == [1, 2, 3]  # the fourth is in hand
    assert ids(client, "group_id=1") == [1, 2]
    assert ids(client, "group_id=1&site=south") == [2]
    assert ids(client, "meter_type=GENUS5&outcome=filed") == [3]
    assert ids(client, "outcome=refused") == []


def test_a_program_that_asks_again_and_again_sees_each_photo_once(client: TestClient) -> None:
    assert ids(client, "most=2") == [1, 2]
    assert ids(client, "most=2&after=2") == [3]
    assert ids(client, "after=3") == []


def test_a_photo_says_who_named_it(client: TestClient, database: Engine) -> None:
    with Session(database) as session:
        name_photos(session, [1], "GENUS 7", by="ana", now=NOW)
        session.commit()
    row = client.get("/api/v1/photos/1").json()
    assert (row["meter_type"], row["named_by"], row["named_at"]) == ("GENUS 7", "ana", NOW.isoformat())
    assert client.get("/api/v1/photos/99").status_code == 404


@pytest.mark.parametrize("query", ["most=0", "most=1001", "after=-1", "outcome=lost", "sight=north"])
def test_what_cannot_be_asked_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/api/v1/photos?{query}").status_code == 422
