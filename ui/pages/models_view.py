"""What the Models page shows, read from the bundles and the database."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from db.jobs import JobKind, open_jobs
from db.model_tables import Promotion, TrainingRun, TrainingState
from db.overview import Heartbeat, read_heartbeats
from db.promoting import previous_version, promotions
from db.rejudging import BeforeAfter, before_and_after, count_again
from db.training import latest_runs
from db.verified import count_labelled
from engine import bundle
from engine.bundle import Card
from engine.errors import ModelError

TASK = "meter_type"
RUNS = 200  # of which the version list knows what the gate said
CHANGES = 5  # promotions listed
SHOWN = 48  # photos with another type since


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRow:
    """One version in the list. `role`: "judges", "previous", "waits" (for a person) or empty."""

    card: Card
    role: str
    accuracy: float | None  # on the named split of its card
    split: str
    run: TrainingRun | None  # that made it


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelsView:
    """Everything at one moment."""

    current: Card | None
    problem: str  # what is wrong with the current bundle, or empty
    previous: str | None
    since: Promotion | None  # of the current version
    rows: tuple[VersionRow, ...]  # newest first
    run: TrainingRun | None  # the newest
    let: Promotion | None  # when its candidate was last let judge
    labelled: int
    is_asked: bool  # a training waits or runs
    watcher_alive: bool
    changes: tuple[Promotion, ...]
    looked: int
    changed: int
    again: tuple[BeforeAfter, ...]
    again_beat: Heartbeat | None
    is_again_asked: bool  # a second look waits, or began and has said nothing yet

    @property
    def is_running(self) -> bool:
        """Whether a training is under way."""
        return self.run is not None and self.run.state == TrainingState.RUNNING

    @property
    def is_previous_held_back(self) -> bool:
        """Whether the gate would not let the version judge that a rollback goes to."""
        return any(row.run is not None and row.run.decision == "wait" for row in self.rows if row.card.version == self.previous)


def read_view(session: Session, models_dir: Path, now: datetime) -> ModelsView:
    """Read it all; a damaged current bundle is told, not raised."""
    current, problem = _current(models_dir)
    version = current.version if current else ""
    previous = previous_version(session, models_dir, TASK) if current else None
    runs = latest_runs(session, TASK, RUNS)
    beats = read_heartbeats(session, now)
    watcher = beats.get("watcher")
    looked, changed = count_again(session, version)
    changes = promotions(session, TASK)
    let = {row.version: row for row in reversed(changes)}
    return ModelsView(
        current=current,
        problem=problem,
        previous=previous,
        since=next((row for row in changes if row.version == version), None),
        rows=_rows(models_dir, version, previous, {run.candidate: run for run in reversed(runs) if run.candidate}, let),
        run=runs[0] if runs else None,
        let=let.get(runs[0].candidate or "") if runs else None,
        labelled=count_labelled(session),
        is_asked=bool(open_jobs(session, JobKind.RETRAIN)),
        watcher_alive=watcher is not None and watcher.alive,
        changes=changes[:CHANGES],
        looked=looked,
        changed=changed,
        again=before_and_after(session, version, most=SHOWN),
        again_beat=beats.get("rejudging"),
        is_again_asked=bool(open_jobs(session, JobKind.REJUDGE)),
    )


def _current(models_dir: Path) -> tuple[Card | None, str]:
    try:
        folder = bundle.current(models_dir, TASK)
        return (bundle.read_card(folder) if folder else None), ""
    except ModelError as error:
        return None, str(error)


def _rows(
    models_dir: Path, current: str, previous: str | None, runs: Mapping[str, TrainingRun], let: Container[str]
) -> tuple[VersionRow, ...]:
    rows = []
    for version in reversed(bundle.versions(models_dir, TASK)):
        try:
            card = bundle.read_card(models_dir / TASK / version)
        except ModelError:
            continue  # cannot be promoted either; `python -m daemon models` says why
        run = runs.get(version)
        waits = run is not None and run.decision == "wait" and run.champion == current and version not in let
        role = "judges" if version == current else "previous" if version == previous else "waits" if waits else ""
        split = next((name for name in ("test", "val", "out_of_fold") if name in card.metrics), "")
        accuracy = card.metrics[split].get("accuracy") if split else None
        rows.append(VersionRow(card=card, role=role, accuracy=accuracy, split=split, run=run))
    return tuple(rows)
