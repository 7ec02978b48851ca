"""An archive whose models have a past: three versions, a training that waits for a person, photos judged again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from db.model_tables import Promotion, Rejudged, TrainingRun
from db.tables import Embedding, Label
from engine import bundle
from engine.bundle import Card, InputSpec, Training, write_bundle
from engine.evaluation.gate import Answered, rule
from tests.archive import photo, store, with_file

HOSTILE_TYPE = "<b>TYPE</b>${alert(1)}"


def make_versions(models: Path) -> None:
    """v1 and v2, which judges, and the candidate v3."""
    for number, labels in enumerate((("A1", "B1"), ("A1", "B1", "C1"), ("A1", "B1", "C1", HOSTILE_TYPE)), start=1):
        card = Card(
            task="meter_type", version=f"v{number}", network="small_cnn", labels=labels, input=InputSpec(width=32, height=32),
            training=Training(counts=dict.fromkeys(labels, 12)), metrics={"test": {"accuracy": 0.9 + number / 100}},
            parent=f"v{number - 1}" if number > 1 else None, created=f"2026-11-1{number}",
        )  # fmt: skip
        write_bundle(models, card, {"weight": np.zeros((2, 2), np.float32)})
    bundle.promote(models, "meter_type", "v2")


def fill_models(engine: Engine, home: Path, now: datetime) -> None:
    """Rows beside the versions: who promoted v2, the run that made v3, six photos that v2 judged again, labels."""
    make_versions(home / "models")
    store(engine, Promotion(task="meter_type", version="v2", before="v1", by="the gate", at=now, why="Not worse anywhere."))
    answers = [Answered(truth="A1", meter=str(n), champion="A1", challenger="A1") for n in range(20)]
    answers += [Answered(truth="C1", meter=f"c{n}", champion="C1", challenger="B1") for n in range(6)]
    ruling = rule(answers, ("A1", "B1", "C1"))
    run = TrainingRun(
        task="meter_type", state="done", by="ana", started_at=now - timedelta(hours=1), ended_at=now, progress=1.0,
        photos={"learned": 40, "kept_aside": 26}, champion="v2", candidate="v3", decision=ruling.decision.value,
        reasons=list(ruling.reasons), figures=[part.as_json() for part in ruling.slices],
    )  # fmt: skip
    rows = [
        with_file(photo(number, meter_type="C1", path=f"sorted/again/{number}.jpg"), home, number) for number in range(500, 506)
    ]
    store(engine, run, *rows)
    store(engine, Label(photo_id=rows[0].id, field="meter_type", value="C1", by="ana", at=now))
    store(engine, Embedding(photo_id=rows[0].id, stamp="v2", vector=np.array([1.0, 0.0], "<f4").tobytes()))
    store(
        engine,
        *(
            Rejudged(
                photo_id=row.id, stamp="v2", at=now, type_before="UNKNOWN", type_after="C1", score_before=0.2, score_after=0.9,
                stamp_before="v1",
            )
            for row in rows
        ),
    )  # fmt: skip
