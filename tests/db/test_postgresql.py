"""The same code on a real PostgreSQL server, by URL alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import look
from daemon.recovery import recover
from daemon.sole import sole_watcher
from db.database import open_database
from db.leases import read_lease, renew_lease, take_lease
from db.records import counts
from db.tables import Base, Photo
from db.unknowns import read_pairs, write_pairs
from tests.daemon.test_recovery import ARRIVALS, END, take_all, take_all_together
from tests.db.test_database import photo
from tests.photos import read, write

pytestmark = pytest.mark.product


def programs() -> Path | None:
    """Where PostgreSQL's server programs are: on the PATH, or where Debian puts them."""
    found = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(found).parent if found else installed[-1].parent if installed else None


def another_user() -> str | None:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return None
    return next((user.pw_name for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody")), None)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A fresh server on a socket in a temporary folder; its URL."""
    found, user = programs(), another_user()
    if found is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        if user:
            shutil.chown(folder, user)
        Path(folder).chmod(0o755)
        data = f"{folder}/data"
        make = [found / "initdb", "-D", data, "-U", "meters", "-A", "trust", "--no-sync"]
        subprocess.run(make, user=user, cwd=folder, check=True, capture_output=True)
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        subprocess.run(
            [found / "pg_ctl", "-D", data, "-w", "-o", options, "-l", f"{folder}/log", "start"],
            user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        yield f"postgresql+psycopg://meters@/postgres?host={folder}"
        stop = [found / "pg_ctl", "-D", data, "-m", "immediate", "stop"]
        subprocess.run(stop, user=user, cwd=folder, check=True, capture_output=True)


@pytest.fixture
def database(server: str) -> Iterator[Engine]:
    engine = open_database(server)
    yield engine
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()


def test_the_migrations_make_the_tables_the_code_knows(database: Engine) -> None:
    with database.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@pytest.mark.parametrize("take", [take_all, take_all_together])
def test_photos_are_filed_and_counted(home: Home, database: Engine, take: Callable[[Home, Engine], None]) -> None:
    write(home.inbox, ARRIVALS)
    recover(home, database, look(home.inbox))
    take(home, database)
    assert (read(home.inbox), read(home.sorted)) == ({}, END)
    with Session(database) as session:
        assert counts(session) == {"filed": 1, "duplicate": 1, "refused": 1, "unknown": 0, "groups": 0}


def test_the_same_content_cannot_be_filed_twice(database: Engine) -> None:
    with Session(database) as session:
        session.add(photo())
        session.commit()
        session.add(photo(source="b.jpg"))
        with pytest.raises(IntegrityError):
            session.commit()


def test_verified_pairs_are_kept_once(database: Engine) -> None:
    with Session(database) as session:
        session.add_all([photo(sha256=str(n), source=str(n)) for n in range(2)])
        session.flush()
        first, second = sorted(session.scalars(select(Photo.id)))
        write_pairs(session, {(first, second): 30})
        write_pairs(session, {(second, first): 99})
        assert read_pairs(session, [first, second]) == {(first, second): 30}


def test_one_watcher_has_the_lease_and_gives_it_back(home: Home, database: Engine) -> None:
    with sole_watcher(home, database, threading.Event()), Session(database) as session:
        held = read_lease(session)
        assert held is not None
        assert renew_lease(session, held, datetime.now(UTC))
        with pytest.raises(IntegrityError):  # nobody had it, as far as the second one saw
            take_lease(session, replace(held, holder="another"), None, datetime.now(UTC))
    with Session(database) as session:
        assert read_lease(session) is None
