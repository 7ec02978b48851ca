"""The tables of training: runs, the photos kept aside for judging them, who promoted which version, what it changed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables import Base


class TrainingState(StrEnum):
    """Where a training stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TrainingRun(Base):
    """One training from labels, from its start to what the gate said of its result."""

    __tablename__ = "training_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    task: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16), default=TrainingState.RUNNING.value)
    by: Mapped[str] = mapped_column(String(120))  # who asked for it
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]  # the process looks here between its steps
    step: Mapped[str] = mapped_column(Text, default="")  # what it is at, in words
    progress: Mapped[float] = mapped_column(default=0.0)  # 0..1
    photos: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"learned", "chosen_by", "kept_aside"}: numbers
    champion: Mapped[str | None] = mapped_column(String(80))  # the version it was compared with
    candidate: Mapped[str | None] = mapped_column(String(80))  # the version it made
    decision: Mapped[str | None] = mapped_column(String(16))  # a `engine.evaluation.gate.Decision`
    reasons: Mapped[list[Any]] = mapped_column(default=list)  # sentences
    figures: Mapped[list[Any]] = mapped_column(default=list)  # one dict per compared slice
    message: Mapped[str | None] = mapped_column(Text)  # what went wrong

    __table_args__ = (Index("ix_training_run_task", "task", "id"),)


class FrozenPhoto(Base):
    """A labelled photo that no training sees: candidates are compared on it. Once here, it stays."""

    __tablename__ = "frozen_photo"

    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    meter: Mapped[str] = mapped_column(String(64))  # sha256 of the first photo of the same physical meter
    since: Mapped[datetime]


class Promotion(Base):
    """Who made which version the one that judges, and when. The newest row of a task says what came before."""

    __tablename__ = "promotion"

    id: Mapped[int] = mapped_column(primary_key=True)
    task: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(80))
    before: Mapped[str | None] = mapped_column(String(80))
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    why: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_promotion_task", "task", "id"),)


class Rejudged(Base):
    """One photo judged again after a promotion: what it was before, and what it is since."""

    __tablename__ = "rejudged"

    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    stamp: Mapped[str] = mapped_column(String(80), primary_key=True)  # the version that judged again
    at: Mapped[datetime]
    type_before: Mapped[str | None] = mapped_column(String(120))
    type_after: Mapped[str | None] = mapped_column(String(120))
    score_before: Mapped[float | None]
    score_after: Mapped[float | None]
    stamp_before: Mapped[str | None] = mapped_column(String(80))

    __table_args__ = (Index("ix_rejudged_stamp", "stamp", "photo_id"),)
