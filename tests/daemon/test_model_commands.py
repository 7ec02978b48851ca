"""What an operator reads of the models on the command line."""

from __future__ import annotations

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.model_commands import list_models, promote_by_hand, roll_back
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


def test_who_rolls_back_to_a_version_that_the_gate_held_back_is_told(database: Engine, home: Home) -> None:
    fill_models(database, home.root, NOW)
    models = home.root / "models"
    for version in ("v3", "v2"):
        promote_by_hand(database, models, "meter_type", version, by="me")
    there = roll_back(database, models, "meter_type", by="me")
    assert there == "meter_type v3 judges again instead of v2. The gate held v3 back; `python -m daemon models` says why."
    promote_by_hand(database, models, "meter_type", "v1", by="me")
    promote_by_hand(database, models, "meter_type", "v2", by="me")
    assert roll_back(database, models, "meter_type", by="me") == "meter_type v1 judges again instead of v2."
