"""Which version judges: changed by the gate or a person, with who, when and why; and rolled back.

The pointer in models/ is what counts, this table what is remembered. It is written and flushed first: where the row
cannot be stored the pointer stays, and a crash between the two leaves a pointer that the card list still explains.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.jobs import JobKind, ask, open_jobs
from db.model_tables import Promotion
from engine import bundle
from engine.errors import ModelError

ROLLED_BACK = "rolled back"  # such a row names the version just left as the one before, which is not where a rollback goes


def promote_version(
    session: Session, models_dir: Path, task: str, version: str, *, by: str, why: str, now: datetime
) -> str | None:
    """Make `version` judge from the next photo on; returns the version before it. Commits.

    For meter types the daemon is asked to judge the unknown and doubtful photos again. Raises `ModelError`.
    """
    folder = bundle.current(models_dir, task)
    before = folder.name if folder else None
    if before == version:
        raise ModelError(f"{task} {version} judges already.")
    if version not in bundle.versions(models_dir, task):
        raise ModelError(f"There is no {task} {version}. `python -m daemon models --task {task}` lists what is there.")
    bundle.read_card(models_dir / task / version)  # said before anything is written
    session.add(Promotion(task=task, version=version, before=before, by=by, at=now, why=why))
    if task == "meter_type" and not any(job.status == "waiting" for job in open_jobs(session, JobKind.REJUDGE)):
        ask(session, JobKind.REJUDGE, {}, now)
    session.flush()
    bundle.promote(models_dir, task, version)
    session.commit()
    return before


def previous_version(session: Session, models_dir: Path, task: str) -> str | None:
    """What `rollback` would go back to: the version that the current one replaced, as recorded, else as its card says."""
    folder = bundle.current(models_dir, task)
    if folder is None:
        return None
    risen = (Promotion.task == task, Promotion.version == folder.name, Promotion.why != ROLLED_BACK)
    recorded = session.scalar(select(Promotion.before).where(*risen).order_by(Promotion.id.desc()).limit(1))
    version = recorded or bundle.read_card(folder).parent
    return version if version in bundle.versions(models_dir, task) else None


def rollback(session: Session, models_dir: Path, task: str, *, by: str, now: datetime) -> tuple[str, str]:
    """Let the version before the current one judge again; returns (from, to). Commits. Raises `ModelError`."""
    version = previous_version(session, models_dir, task)
    if version is None:
        raise ModelError(f"{task} has no earlier version to go back to. `python -m daemon models` lists what is there.")
    left = promote_version(session, models_dir, task, version, by=by, why=ROLLED_BACK, now=now)
    return str(left), version


def promotions(session: Session, task: str, most: int = 50) -> tuple[Promotion, ...]:
    """The newest promotions and rollbacks of a task, newest first."""
    rows = session.scalars(select(Promotion).where(Promotion.task == task).order_by(Promotion.id.desc()).limit(most))
    return tuple(rows)
