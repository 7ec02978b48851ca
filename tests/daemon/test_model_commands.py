"""What an operator reads of the models on the command line."""

from __future__ import annotations

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.model_commands import list_models
from db.model_tables import TrainingRun
from tests.archive import NOW
from tests.ui.models_archive import fill_models


def test_the_list_of_versions_says_every_reason_of_the_gate(database: Engine, home: Home) -> None:
    fill_models(database, home.root, NOW)
    with Session(database) as session:
        reasons = session.scalars(select(TrainingRun.reasons)).one()
    lines = list_models(database, home.root / "models", "meter_type")
    assert len(reasons) > 1
    assert [line.partition("wait: ")[2] for line in lines] == ["", "", " ".join(reasons)]
