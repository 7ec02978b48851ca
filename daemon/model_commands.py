"""What an operator asks of the models on the command line: list, promote, roll back, train, judge again."""

from __future__ import annotations

import argparse
import logging
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.lock import locked
from daemon.rejudge import rejudge
from daemon.retrain import Retraining, plan, retrain
from db.jobs import ask_regroup
from db.promoting import previous_version, promote_version, rollback
from db.rejudging import count_due
from db.training import latest_runs
from engine import bundle
from engine.appraise import appraise, load_models
from engine.picture import Limits
from engine.recognition import Rule
from engine.runtime import load_current
from engine.spelling import counted

log = logging.getLogger(__name__)

RUNS = 200  # of which the list knows what the gate said


class ModelSettings(Protocol):
    """The settings that these commands need."""

    @property
    def models_dir(self) -> Path: ...  # noqa: D102 - said in settings.py
    @property
    def cache_dir(self) -> Path: ...  # noqa: D102
    @property
    def judge_threads(self) -> int: ...  # noqa: D102
    @property
    def training_data(self) -> Path | None: ...  # noqa: D102
    @property
    def meter_rule(self) -> str: ...  # noqa: D102
    @property
    def max_bytes(self) -> int: ...  # noqa: D102
    @property
    def max_pixels(self) -> int: ...  # noqa: D102
    @property
    def file_template(self) -> str: ...  # noqa: D102


def work(args: argparse.Namespace, settings: ModelSettings, home: Home, database: Engine, *, stop: threading.Event) -> str:
    """Do one command; returns what to print. Raises `EngineError`, or `Busy` where another process does the same."""
    match args.command:
        case "retrain":
            return _retrain(args, settings, home, database, stop)
        case "rejudge":
            return judge_again(settings, home, database, stop=stop, most=args.most)
        case "promote":
            return promote_by_hand(database, settings.models_dir, args.task, args.version, by=args.by)
        case "rollback":
            return roll_back(database, settings.models_dir, args.task, by=args.by)
        case _:
            return "\n".join(list_models(database, settings.models_dir, args.task))


def _retrain(args: argparse.Namespace, settings: ModelSettings, home: Home, database: Engine, stop: threading.Event) -> str:
    order = Retraining(
        models_dir=settings.models_dir, cache=settings.cache_dir, threads=settings.judge_threads, by=args.by,
        base_data=settings.training_data,
    )  # fmt: skip
    if args.dry_run:
        with Session(database) as session:  # never committed
            return "\n".join(plan(session, home, order, datetime.now(UTC)).lines())
    with locked(home.db / "retrain.lock"):
        return retrain(home, database, order, stop=stop)


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
        gate = f"{run.decision}: {' '.join(run.reasons)}" if run and run.decision and run.reasons else ""
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
        is_held_back = any(run.decision == "wait" for run in latest_runs(session, task, RUNS) if run.candidate == version)
    said = f"{task} {version} judges again instead of {left}."
    return f"{said} The gate held {version} back; `python -m daemon models` says why." if is_held_back else said


def judge_again(
    settings: ModelSettings,
    home: Home,
    database: Engine,
    *,
    stop: threading.Event,
    most: int | None = None,
    only_unknown: bool = False,
) -> str:
    """A second look at what is due, in words; then the daemon is asked to group.

    Waits while another runs; raises `Busy` if told to stop.
    """
    models = load_models(settings.models_dir, cache=settings.cache_dir, threads=1, rule=Rule(settings.meter_rule))
    if models.meter_type is None:
        return "Nothing to judge again: there is no meter_type model."
    version = models.meter_type.card.version
    limits = Limits(max_bytes=settings.max_bytes, max_pixels=settings.max_pixels)
    judge = partial(appraise, models=models, limits=limits)
    with locked(home.db / "rejudge.lock", unless=stop):
        judged, changed = rejudge(
            home, database, judge, version=version, current=partial(judging, settings), stop=stop, most=most,
            only_unknown=only_unknown,
        )  # fmt: skip
    if judged and not only_unknown:
        with Session(database) as session, session.begin():
            ask_regroup(session, datetime.now(UTC))
    return f"{version} judged {counted(judged, 'photo')} again; {changed:,} have another type."


def group_unknown(settings: ModelSettings, home: Home, database: Engine, *, newest: int | None = None) -> str:
    """One regrouping of the unknown meters, in words; from its first second look on it is said to run."""
    from daemon.regroup import regroup, tell_begun  # late: grouping loads much that the other commands do not need

    if judging(settings) is not None:
        tell_begun(database)
    version = embed_unknown(settings, home, database, stop=threading.Event())
    if version is None:
        return f"Nothing to group: no meter_type model in {settings.models_dir}, so no photo was ever called unknown."
    details = partial(load_current, settings.models_dir, "details", cache=settings.cache_dir, threads=settings.judge_threads)
    with locked(home.db / "regroup.lock", unless=threading.Event()):  # of moves, or another regrouping; SIGTERM ends the wait
        done = regroup(home, database, stamp=version, template=settings.file_template, details=details, newest=newest)
    return f"{done['photos']} unknown photos are in {done['groups']} groups, {done['noise']} in none."


def judging(settings: ModelSettings) -> str | None:
    """The version of the meter_type model that judges now. Raises `ModelError`."""
    folder = bundle.current(settings.models_dir, "meter_type")
    return bundle.read_card(folder).version if folder else None


def embed_unknown(settings: ModelSettings, home: Home, database: Engine, *, stop: threading.Event) -> str | None:
    """Before a grouping: a second look at the unknown photos that the version that judges did not; returns that version.

    A grouping never mixes the embeddings of two versions, and a photo without one would fall out of its group. Waits while
    another second look runs, and begins anew where another version judges meanwhile.
    """
    while (version := judging(settings)) is not None:
        with Session(database) as session:
            due = count_due(session, version, only_unknown=True)
        if due:
            log.info("%d unknown photos are judged by %s before they are grouped", due, version)
            judge_again(settings, home, database, stop=stop, only_unknown=True)
        if judging(settings) == version:
            break
    return version
