"""What all tests share: a home in a temporary folder and its database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from daemon.home import Home
from db.database import open_database, sqlite_url


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("METERSIEVE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").make()


@pytest.fixture
def database(home: Home) -> Iterator[Engine]:
    engine = open_database(sqlite_url(home.db / "test.sqlite"))
    yield engine
    engine.dispose()
