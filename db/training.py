"""Training runs as they are told and read, and the photos kept aside for judging them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.jobs import JobKind, end, open_jobs
from db.model_tables import FrozenPhoto, Promotion, TrainingRun, TrainingState
from db.verified import Verified
from engine.evaluation.gate import Decision, Ruling

WITHDRAWN = "was withdrawn by a person"


def begin_run(session: Session, task: str, *, by: str, champion: str | None, now: datetime) -> int:
    """A training begins; returns its id. The caller holds the training lock: whatever still says "running" was killed."""
    end_killed(session, now)
    run = TrainingRun(task=task, by=by, champion=champion, started_at=now)
    session.add(run)
    session.flush()
    return run.id


def end_killed(session: Session, now: datetime) -> None:
    """What still says that it runs, though nobody holds the training lock, was killed."""
    killed = update(TrainingRun).where(TrainingRun.state == TrainingState.RUNNING.value)
    session.execute(killed.values(state=TrainingState.FAILED.value, ended_at=now, message="It was ended before it was done."))


def tell(session: Session, run_id: int, step: str, progress: float) -> bool:
    """Say what the run is at, 0..1 of the way; returns whether somebody asked to cancel it."""
    run = session.get_one(TrainingRun, run_id)
    run.step, run.progress = step, progress
    return run.cancel_asked_at is not None


def tell_made(session: Session, run_id: int, candidate: str) -> None:
    """Say which version the run made; nobody has compared it yet."""
    session.get_one(TrainingRun, run_id).candidate = candidate


def uncompared(session: Session, task: str) -> tuple[TrainingRun, ...]:
    """Runs that made a version and ended, or were killed, before the gate ruled on it; not where a person let it judge."""
    promoted = select(Promotion.version).where(Promotion.task == task)
    made = select(TrainingRun).where(TrainingRun.task == task, TrainingRun.candidate.not_in(promoted))
    return tuple(run for run in session.scalars(made) if not run.reasons)


def end_run(session: Session, run_id: int, state: TrainingState, *, now: datetime, message: str | None = None) -> None:
    """The run is over."""
    run = session.get_one(TrainingRun, run_id)
    run.state, run.ended_at, run.message, run.step = state.value, now, message, ""
    run.progress = 1.0 if state is TrainingState.DONE else run.progress


def write_ruling(session: Session, run_id: int, candidate: str, ruling: Ruling, *, decision: Decision | None) -> None:
    """What the run made, what the gate found, and what came of it: no decision where a person was quicker."""
    run = session.get_one(TrainingRun, run_id)
    run.candidate, run.decision = candidate, decision.value if decision else None
    run.reasons, run.figures = list(ruling.reasons), [part.as_json() for part in ruling.slices]


def ask_cancel(session: Session, now: datetime) -> bool:
    """End the training that runs, and forget those that wait; False where there is none. The caller commits."""
    asked = open_jobs(session, JobKind.RETRAIN)
    for job in asked:  # also one that was begun: a daemon that is down would begin it again
        end(session, job, now, ok=False, message=WITHDRAWN, is_cancelled=True)
    return cancel_running(session, now) or bool(asked)


def cancel_running(session: Session, now: datetime) -> bool:
    """Ask the running training to end; False where none runs. The caller commits."""
    run = running(session)
    if run is None:
        return False
    run.cancel_asked_at = run.cancel_asked_at or now
    return True


def running(session: Session) -> TrainingRun | None:
    """The training that runs now."""
    return session.scalar(
        select(TrainingRun).where(TrainingRun.state == TrainingState.RUNNING.value).order_by(TrainingRun.id.desc()).limit(1)
    )


def latest_runs(session: Session, task: str, most: int) -> Sequence[TrainingRun]:
    """The newest runs, newest first."""
    return session.scalars(select(TrainingRun).where(TrainingRun.task == task).order_by(TrainingRun.id.desc()).limit(most)).all()


@dataclass(frozen=True, slots=True)
class Divided:
    """Labelled photos: those to learn from, and those kept aside for the gate."""

    learn: tuple[Verified, ...]
    aside: tuple[Verified, ...]


def divide(session: Session, photos: Iterable[Verified], is_chosen: Callable[[str], bool], now: datetime) -> Divided:
    """Keep the photos of the chosen meters aside, and all that were before. The caller commits.

    `is_chosen` says of a meter whether it belongs to the fixed share. A photo once kept aside stays so, whatever is said of
    its meter later: no version has ever learned from it.
    """
    before = {row.photo_id: row.meter for row in session.scalars(select(FrozenPhoto))}
    meters = set(before.values())
    learn, aside = [], []
    for photo in photos:
        if photo.photo_id in before or photo.meter in meters or is_chosen(photo.meter):
            aside.append(photo)
        else:
            learn.append(photo)
    session.add_all(FrozenPhoto(photo_id=p.photo_id, meter=p.meter, since=now) for p in aside if p.photo_id not in before)
    return Divided(tuple(learn), tuple(aside))
