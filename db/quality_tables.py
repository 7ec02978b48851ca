"""The table of earlier judgements: what a photo's quality was called before other thresholds judged its numbers again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.tables import Base


class EarlierJudgement(Base):
    """One judgement of a photo's quality that one which looks different replaced; never changed once written."""

    __tablename__ = "earlier_judgement"

    id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"))
    replaced_at: Mapped[datetime]
    thresholds: Mapped[str] = mapped_column(String(80))  # the version that had judged
    replaced_by: Mapped[str] = mapped_column(String(80))  # the version that judges now
    quality: Mapped[str] = mapped_column(String(16))
    quality_score: Mapped[float]
    tags: Mapped[list[Any]]
    scores: Mapped[dict[str, Any]]
    suggestions: Mapped[list[Any]]

    __table_args__ = (Index("ix_earlier_judgement_photo", "photo_id", "id"),)
