"""A newcomer's first minute, with the shipped models: one command, drawn photos, groups, a name."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db.database import open_database, sqlite_url
from db.groups import read_groups
from db.naming import name_group
from tests.photos import read
from tests.product.processes import ROOT, environment, run, wait_until

pytestmark = pytest.mark.product


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(url: str) -> dict[str, Any] | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own address
            return dict(json.load(response))
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


@pytest.fixture
def product(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """`make run` in a home of its own; the home and the pages' address."""
    home, port = tmp_path / "home", free_port()
    env = environment(home=home, ui_port=port, regroup_quiet_s=10)  # photos that a busy machine files slowly are grouped together
    process = subprocess.Popen(["make", "run"], cwd=ROOT, env=env, start_new_session=True)
    yield home, f"http://127.0.0.1:{port}"
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    process.wait(60)


@pytest.mark.timeout(600)
def test_from_one_command_to_named_groups(product: tuple[Path, str], tmp_path: Path) -> None:
    home, address = product
    wait_until(lambda: (health := answer(f"{address}/healthz")) and health["watcher"] == "running", 240, "pages and watcher")
    assert run("engine", "sample", "--count", "40", "--out", str(home / "inbox")).returncode == 0
    wait_until(lambda: set(read(home / "inbox")) == {".truth.csv"}, 120, "an empty inbox")

    database = open_database(sqlite_url(home / "db" / "metersieve.sqlite"))

    def groups() -> list[Any]:
        with Session(database) as session:
            return [group for group in read_groups(session) if group.id is not None]

    wait_until(groups, 240, "groups of unknown meters")
    with (home / "inbox" / ".truth.csv").open(encoding="utf-8") as file:
        design = {row["file"]: row["design"] for row in csv.DictReader(file)}
    largest = groups()[0]
    folder = f"UNKNOWN/group-{largest.id:04}"
    wait_until(lambda: sum(folder in name for name in read(home / "sorted")) == largest.photos, 60, "the group's folder")
    members = [name.rpartition("/")[2] for name in read(home / "sorted") if folder in name]
    designs = [design[name] for name in members]
    assert max(map(designs.count, designs)) / len(designs) >= 0.8, designs

    with Session(database) as session, session.begin():
        name_group(session, largest.id, "DEMO 1", seen=largest.photos, by="newcomer", now=datetime.now(UTC))
    wait_until(lambda: sum("/DEMO 1/" in name for name in read(home / "sorted")) == largest.photos, 60, "the type's folder")
    assert not any(folder in name for name in read(home / "sorted"))
    database.dispose()
