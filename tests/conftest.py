"""What all tests share: a home in a temporary folder and its database, and small disks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from daemon.home import Home
from db.database import open_database, sqlite_url

Mount = Callable[[Path, str], None]  # a folder, and tmpfs's options


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


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mounts small real disks, or skips the test where this account may not."""
    mounted: list[Path] = []

    def mount_tmpfs(folder: Path, options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"this account may not mount a tmpfs: {done.stderr.strip()}")
        mounted.append(folder)

    yield mount_tmpfs
    for folder in reversed(mounted):
        subprocess.run(["umount", "-l", str(folder)], check=True)
