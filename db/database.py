"""Opening the database: connection settings that survive a power cut, and the migrations run at start."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

import db.group_tables
import db.intake_tables
import db.model_tables
import db.quality_tables  # noqa: F401 - their tables belong to the schema

_MIGRATIONS = Path(__file__).parent / "migrations"
_migrate_once = threading.Lock()  # Alembic's context is module-global


class DatabaseError(Exception):
    """The database cannot be opened or brought up to date. The text says what to do."""


def sqlite_url(path: Path) -> str:
    """The SQLAlchemy URL of an SQLite file."""
    return f"sqlite:///{path.absolute().as_posix()}"


def open_database(url: str) -> Engine:
    """Connect, bring the schema up to date, and return the engine.

    Raises `DatabaseError` when the file or server cannot be reached, or was made by a newer version.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_sqlite_pragmas)
    try:
        _migrate(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise DatabaseError(f"The database {parsed.render_as_string()} cannot be opened: {error}") from error
    except DatabaseError:
        engine.dispose()
        raise
    return engine


def _set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=30000")  # milliseconds
    cursor.execute("PRAGMA journal_mode=WAL")  # the pages read while the daemon writes
    cursor.execute("PRAGMA synchronous=FULL")  # the inbox file is removed after the commit: the commit must be on disk
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


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
