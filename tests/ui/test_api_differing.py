"""Which photos of a group show another print, over REST. Photos are drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from db.unknowns import write_plates
from engine.grouping import describe_plate
from engine.grouping.verification import prepare_plate, shared_details
from engine.picture import Limits
from engine.recognition.marks import Look
from tests.archive import store_group, unknown, with_file
from tests.engine.grouping.drawn import plate_photo
from tests.photos import encoded
from ui import api_differing, comparing
from ui.api_differing import differing_routes


def put(path: Path, picture: np.ndarray) -> str:
    """Write a photo; returns its sha256."""
    data = encoded(picture, quality=92)
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def client(database: Engine, home: Home) -> TestClient:
    app = FastAPI()
    app.include_router(differing_routes(database, home.root, Limits()))
    return TestClient(app)


def test_photos_are_compared_by_the_plates_that_are_kept_or_else_described(
    client: TestClient, database: Engine, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [with_file(unknown(number), home.root, number) for number in range(3)]
    for row, design in zip(photos, (1, 2), strict=False):
        row.sha256 = put(home.root / row.path, plate_photo(design, 0))
    group = store_group(database, *photos)
    kept = describe_plate(plate_photo(3, 0))
    with Session(database) as session, session.begin():
        write_plates(session, {photos[0].id: kept.to_bytes()})
    compared: list[Look] = []

    def differing(looks: Sequence[Look]) -> tuple[int, ...]:
        compared.extend(looks)
        return (1,)

    monkeypatch.setattr(comparing, "differing", differing)
    assert client.get(f"/api/v1/groups/{group}/differing").json() == {"compared": 3, "differing": [photos[1].id]}
    assert np.array_equal(compared[0].details.keypoints, kept.keypoints)
    assert len(compared[1].details.keypoints) > 100
    assert shared_details(compared[1].details, prepare_plate(describe_plate(plate_photo(2, 1)))) > 20


def test_nothing_is_said_of_few_photos_or_of_files_that_are_gone(client: TestClient, database: Engine) -> None:
    store_group(database, *(unknown(number) for number in range(7)))
    assert client.get("/api/v1/groups/1/differing").json() == {"compared": 0, "differing": None}


def test_a_group_that_is_not_there_is_not_found(client: TestClient) -> None:
    assert client.get("/api/v1/groups/7/differing").status_code == 404


def test_one_group_is_compared_at_a_time_and_never_for_another_site(
    client: TestClient, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_group(database, unknown(1))
    meanwhile: list[int] = []

    def differing_ids(_: object) -> None:
        meanwhile.append(client.get("/api/v1/groups/1/differing").status_code)

    monkeypatch.setattr(api_differing, "differing_ids", differing_ids)
    assert client.get("/api/v1/groups/1/differing").status_code == 200
    assert meanwhile == [503]
    assert client.get("/api/v1/groups/1/differing", headers={"sec-fetch-site": "cross-site"}).status_code == 403
