"""Alembic's entry: `db.database` hands over an open connection; a developer writing a migration gives a URL.

To write a migration after changing `db/tables.py`:
    alembic -c db/migrations/alembic.ini -x url=sqlite:////tmp/scratch.sqlite revision --autogenerate -m "what changed"
"""

from alembic import context
from sqlalchemy import Connection, create_engine

import db.group_tables
import db.intake_tables
import db.model_tables
import db.quality_tables  # noqa: F401 - their tables belong to the schema
from db.tables import Base


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with create_engine(context.get_x_argument(as_dictionary=True)["url"]).connect() as connection:
        _run(connection)
