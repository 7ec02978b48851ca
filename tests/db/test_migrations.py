"""Old archives come up to date with everything they hold."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from db.database import open_database, sqlite_url

MIGRATIONS = Path(__file__).resolve().parents[2] / "db" / "migrations"


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def test_the_migrations_are_one_chain() -> None:
    assert len(ScriptDirectory.from_config(configuration()).get_heads()) == 1


def test_an_archive_of_the_first_version_keeps_its_photos_tags_labels_and_embeddings(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "old.sqlite")
    old = create_engine(url)
    with old.connect() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        columns = "id, received_at, source, source_removed, name, size_bytes, outcome, intended, path"
        row = "1, '2026-01-01', 'a.jpg', 1, 'a.jpg', 1, 'filed', 'filed', 'sorted/a.jpg'"
        connection.execute(text(f"INSERT INTO photo ({columns}) VALUES ({row})"))  # noqa: S608
        connection.execute(text("INSERT INTO photo_tag (photo_id, tag) VALUES (1, 'blurry')"))
        connection.execute(text("INSERT INTO embedding (photo_id, stamp, vector) VALUES (1, 'v1', x'00')"))
        connection.execute(
            text("INSERT INTO label (photo_id, field, value, \"by\", at) VALUES (1, 'meter_type', 'X', 'ana', '2026-01-01')")
        )
        connection.commit()
    old.dispose()
    new = open_database(url)
    with new.connect() as connection:
        counts = [connection.execute(text(f"SELECT count(*) FROM {name}")).scalar()  # noqa: S608
                  for name in ("photo", "photo_tag", "embedding", "label")]  # fmt: skip
    new.dispose()
    assert counts == [1, 1, 1, 1]
