"""The application as a whole, without a browser: what it serves, and what it must not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from daemon.home import Home
from engine.picture import Limits
from tests.archive import NOW
from ui.__main__ import main as pages
from ui.app import create_app
from ui.judging import PhotoJudge


@pytest.fixture
def client(database: Engine, home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(home.db / "uploads"))
    judge = PhotoJudge(models_dir=home.root / "models", cache=home.root / "cache", threads=1, limits=Limits())
    app = create_app(engine=database, home=home.root, judge=judge, clock=lambda: NOW, zone=UTC)
    with TestClient(app) as client:
        yield client


def test_own_routes_win_over_the_pages(client: TestClient) -> None:
    assert client.get("/healthz").json()["ok"] is True
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
    assert client.get("/manifest.json").json()["name"] == "MeterSieve"
    assert "/api/v1/judge" in client.get("/api/v1/openapi.json").json()["paths"]


@pytest.mark.parametrize("path", ["/", "/predict", "/history", "/groups"])
def test_every_page_answers_and_carries_our_style(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    (style,) = set(re.findall(r"/style-[0-9a-f]{12}\.css", answer.text))
    sheet = client.get(style)
    assert sheet.headers["content-type"].startswith("text/css")
    assert "immutable" in sheet.headers["cache-control"]


def test_the_pages_load_nothing_from_elsewhere(client: TestClient) -> None:
    text = client.get("/history").text
    loaded = re.findall(r"<(?:script|link|img)\b[^>]*?(?:src|href)=\"(?:https?:)?//([^/\"]+)", text)
    assert loaded == []


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../etc/passwd", "db/test.sqlite", "http://127.0.0.1:1/x", "http://169.254.169.254/"]
)
def test_gradio_serves_no_file_of_ours(client: TestClient, home: Home, path: str) -> None:
    absolute = str(home.root / path) if path.startswith("db") else path
    assert client.get(f"/gradio_api/file={absolute}").status_code in {403, 404}


def test_no_handler_is_offered_as_an_interface(client: TestClient) -> None:
    assert client.get("/gradio_api/info").json()["named_endpoints"] == {}


def test_pages_do_not_begin_an_archive_in_a_mistyped_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["ui", "--home", str(tmp_path / "metres")])

    assert pages() == 2
    assert "Check --home" in capsys.readouterr().err
    assert not (tmp_path / "metres").exists()
