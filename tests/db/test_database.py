from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from db.database import DatabaseError, open_database, sqlite_url
from db.tables import Base, Outcome, Photo


def photo(**changes: object) -> Photo:
    values = {
        "received_at": datetime(2026, 4, 12, tzinfo=UTC),
        "source": "a.jpg",
        "name": "a.jpg",
        "size_bytes": 1,
        "sha256": "0" * 64,
        "intended": Outcome.FILED.value,
        "path": "sorted/a.jpg",
    }
    return Photo(**(values | changes))


def test_the_migrations_make_exactly_the_tables_the_code_knows(database: Engine) -> None:
    with database.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_every_connection_survives_a_power_cut_and_checks_references(database: Engine) -> None:
    with database.connect() as connection:
        read = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert read == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_two_processes_that_open_a_new_database_at_once_both_succeed(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "deep" / "x.sqlite")
    code = f"from db.database import open_database; open_database({url!r}); print('open')"
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1) for _ in range(4)]
    results = [(process.communicate(), process.returncode) for process in processes]
    assert all(code == 0 for _, code in results), results


def test_a_new_database_is_opened_while_another_process_still_writes_its_first_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(tmp_path / "x.sqlite", isolation_level=None)
    other.execute("CREATE TABLE first (x)")
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO first VALUES (1)")
    monkeypatch.setattr("db.database.time.sleep", lambda _: other.in_transaction and other.commit())
    database = open_database(sqlite_url(tmp_path / "x.sqlite"))
    with database.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("SELECT x FROM first")).scalar() == 1
    database.dispose()
    other.close()


def test_a_database_of_a_newer_version_is_refused_with_advice(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "x.sqlite")
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(DatabaseError, match="newer version"):
        open_database(url)


def test_a_file_that_is_no_database_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_bytes(b"this is no database, it is a text file" * 100)
    with pytest.raises(DatabaseError, match=r"x\.sqlite"):
        open_database(sqlite_url(tmp_path / "x.sqlite"))


def test_the_same_content_cannot_be_filed_twice_whoever_races(database: Engine) -> None:
    with Session(database) as session:
        session.add_all([photo(), photo(source="b.jpg", intended=Outcome.DUPLICATE.value)])
        session.commit()
        session.add(photo(source="c.jpg"))
        with pytest.raises(IntegrityError):
            session.commit()


def test_times_come_back_in_utc_and_naive_ones_are_refused(database: Engine) -> None:
    with Session(database) as session:
        session.add(photo())
        session.commit()
        assert session.get_one(Photo, 1).received_at == datetime(2026, 4, 12, tzinfo=UTC)
        session.add(photo(sha256="1" * 64, received_at=datetime(2026, 4, 12)))
        with pytest.raises(StatementError, match="naive"):
            session.commit()


def test_the_schema_can_be_said_to_postgresql() -> None:
    statements = [str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in Base.metadata.sorted_tables]
    assert any("CREATE TABLE photo " in statement for statement in statements)
