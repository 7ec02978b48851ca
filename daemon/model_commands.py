"""What an operator asks of the models on the command line: list, promote, roll back, train, judge again."""

from __future__ import annotations

import argparse
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.lock import locked
from daemon.rejudge import rejudge
from db.promoting import previous_version, promote_version, rollback
from db.training import latest_runs
from engine import bundle
from engine.appraise import Models, appraise
from engine.picture import Limits

RUNS = 200  # of which the list knows what the gate said


def tell_models(args: argparse.Namespace, database: Engine, models_dir: Path) -> str:
    """What `models`, `promote` and `rollback` print. Raises `ModelError`."""
    match args.command:
        case "promote":
            return promote_by_hand(database, models_dir, args.task, args.version, by=args.by)
        case "rollback":
            return roll_back(database, models_dir, args.task, by=args.by)
        case _:
            return "\n".join(list_models(database, models_dir, args.task))


def list_models(database: Engine, models_dir: Path, task: str) -> list[str]:
    """One line per version, the newest last: which judges, what it knows, what the gate said."""
    folder = bundle.current(models_dir, task)
    with Session(database) as session:
        before = previous_version(session, models_dir, task)
        said = {run.candidate: run for run in latest_runs(session, task, RUNS) if run.candidate}
    lines = []
    for version in bundle.versions(models_dir, task):
        card = bundle.read_card(models_dir / task / version)
        role = "judges" if folder and folder.name == version else "previous" if version == before else ""
        run = said.get(version)
        gate = f"{run.decision}: {run.reasons[0]}" if run and run.decision and run.reasons else ""
        lines.append(f"{version:8} {role:9} {len(card.labels):3} labels  {card.created:10}  {gate}".rstrip())
    return lines or [f"No {task} model in {models_dir}."]


def promote_by_hand(database: Engine, models_dir: Path, task: str, version: str, *, by: str) -> str:
    """Let `version` judge. Raises `ModelError`."""
    with Session(database) as session:
        before = promote_version(session, models_dir, task, version, by=by, why="chosen by a person", now=datetime.now(UTC))
    return f"{task} {version} judges from now on" + (f" instead of {before}." if before else ".")


def roll_back(database: Engine, models_dir: Path, task: str, *, by: str) -> str:
    """Let the version before judge again. Raises `ModelError`."""
    with Session(database) as session:
        left, version = rollback(session, models_dir, task, by=by, now=datetime.now(UTC))
    return f"{task} {version} judges again instead of {left}."


def judge_again(home: Home, database: Engine, models: Models, limits: Limits, *, stop: threading.Event, most: int | None) -> str:
    """A second look at what is due, in words. Raises `Busy` while another runs."""
    if models.meter_type is None:
        return "Nothing to judge again: there is no meter_type model."
    version = models.meter_type.card.version
    judge = partial(appraise, models=models, limits=limits)
    with locked(home.db / "rejudge.lock"):
        judged, changed = rejudge(home, database, judge, version=version, stop=stop, most=most)
    return f"{version} judged {judged:,} photos again; {changed:,} have another type."
