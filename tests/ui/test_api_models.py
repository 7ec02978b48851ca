"""REST: what a version of a model judged again."""

from __future__ import annotations

import codecs

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from daemon.home import Home
from tests.archive import NOW
from tests.ui.models_archive import fill_models
from ui.api_models import COLUMNS, model_routes


@pytest.fixture
def client(database: Engine, home: Home) -> TestClient:
    fill_models(database, home.root, NOW)
    app = FastAPI()
    app.include_router(model_routes(database, home.root / "models", lambda: NOW))
    return TestClient(app)


@pytest.mark.parametrize(("version", "photos"), [("v2", 6), ("v3", 0)])
def test_the_photos_that_a_version_judged_again_are_listed(client: TestClient, version: str, photos: int) -> None:
    listed = client.get(f"/api/v1/models/meter_type/{version}/rejudged.csv").content
    heading, *rows = listed.decode("utf-8-sig").splitlines()
    assert listed.startswith(codecs.BOM_UTF8)  # a spreadsheet opens the download
    assert (heading, len(rows)) == (",".join(COLUMNS), photos)


@pytest.mark.parametrize(("task", "known"), [("meter_type", "v1, v2, v3"), ("clarity", "none")])
def test_a_version_that_is_not_there_is_not_found(client: TestClient, task: str, known: str) -> None:
    answer = client.get(f"/api/v1/models/{task}/v9/rejudged.csv")
    assert (answer.status_code, answer.json()["detail"]) == (404, f"There is no {task} version 'v9'. Known: {known}.")
