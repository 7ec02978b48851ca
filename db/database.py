"""Opening the database: connection settings that survive a power cut, and the migrations run at start."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import db.group_tables
import db.intake_tables
import db.model_tables
import db.quality_tables  # noqa: F401 - their tables belong to the schema
from db.journal import Journal, network_file_system

_MIGRATIONS = Path(__file__).parent / "migrations"
_PATIENCE_S = 30.0  # for another process's transaction
_migrate_once = threading.Lock()  # Alembic's context is module-global


class DatabaseError(Exception):
    """The database cannot be opened or brought up to date. The text says what to do."""


def sqlite_url(path: Path) -> str:
    """The SQLAlchemy URL of an SQLite file."""
    return f"sqlite:///{path.absolute().as_posix()}"


def open_database(url: str, journal: Journal = Journal.WAL) -> Engine:
    """Connect, bring the schema up to date, and return the engine; `journal` is SQLite's.

    Raises `DatabaseError` when the file or server cannot be reached, was made by a newer version, or is an SQLite file with
    a write-ahead log on a network file system.
    """
    parsed = make_url(url)
    engine = create_engine(url, execution_options={"journal": journal})
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            _make_folder(Path(parsed.database).parent, journal)
        event.listen(engine, "connect", partial(_set_sqlite_pragmas, journal))
    try:
        _migrate(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise DatabaseError(f"The database {parsed.render_as_string()} cannot be opened: {error}") from error
    except DatabaseError:
        engine.dispose()
        raise
    return engine


@contextmanager
def quick_session(database: Engine) -> Iterator[Session]:
    """One transaction that does not wait for the disk: it survives the death of this process, a power cut perhaps not.

    For what is found out again after a power cut, and never for what something irrevocable is done upon.
    """
    if database.dialect.name != "sqlite":
        with Session(database) as session, session.begin():
            session.execute(text("SET LOCAL synchronous_commit TO OFF"))
            yield session
    elif database.get_execution_options()["journal"] != Journal.WAL:  # without the log, not waiting can spoil the file
        with Session(database) as session, session.begin():
            yield session
    else:
        with database.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute("PRAGMA synchronous=NORMAL")
            try:
                with Session(connection) as session, session.begin():
                    yield session
            finally:
                cursor.execute("PRAGMA synchronous=FULL")
                cursor.close()


def _make_folder(folder: Path, journal: Journal) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    kind = network_file_system(folder)
    if kind is not None and journal is Journal.WAL:
        raise DatabaseError(
            f"{folder} is on a network file system ({kind}), where SQLite's write-ahead log can be spoiled. Put the database on "
            'a local disk (database = "sqlite:////a/local/folder/metersieve.sqlite"), use PostgreSQL, or, where one machine at a '
            'time uses it, set sqlite_journal = "truncate", which is slower.'
        )


def _set_sqlite_pragmas(journal: Journal, connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_PATIENCE_S * 1000:.0f}")  # milliseconds
    _set_journal(cursor, journal)
    cursor.execute("PRAGMA synchronous=FULL")  # the inbox file is removed after the commit: the commit must be on disk
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _set_journal(cursor: Any, journal: Journal) -> None:
    """Set SQLite's journal, waiting for a process that is just making the same new database.

    SQLite does not apply its busy timeout to a change of the journal (it could wait for a lock that waits for it).
    """
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            cursor.execute(f"PRAGMA journal_mode={journal}")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(0.02)


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    head = ScriptDirectory.from_config(config).get_current_head()
    with _migrate_once, engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # two processes starting at once: the second waits, then finds it done
        now = MigrationContext.configure(connection).get_current_revision()
        if now != head:
            if now is not None and now not in _known_revisions(config):
                raise DatabaseError("The database was made by a newer version. Install that version, or restore a backup.")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        connection.commit()


def _known_revisions(config: Config) -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
