"""The tables beside a photo's row that intake fills: what a picture looks like in a few bits, and every second look."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables import Base


class SignatureRow(Base):
    """One filed photo's perceptual signature; two photos with few different bits show nearly the same picture."""

    __tablename__ = "signature"

    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[str] = mapped_column(String(40))  # signatures of two versions are never compared
    bits: Mapped[bytes] = mapped_column(LargeBinary)


class Retry(Base):
    """One second look at a refused file: who asked, what the row said before, and what came of it."""

    __tablename__ = "retry"

    id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))  # "pages", "command line", "schedule"
    reason_before: Mapped[str | None] = mapped_column(String(40))
    outcome_after: Mapped[str] = mapped_column(String(16))  # an `Outcome`
    reason_after: Mapped[str | None] = mapped_column(String(40))

    __table_args__ = (Index("ix_retry_photo", "photo_id", "id"),)


class Claim(Base):
    """One file of the inbox that is being judged, written before the work: what never ends is seen at the next start."""

    __tablename__ = "claim"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text)  # below inbox/
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(default=0)  # judgements begun and not brought to an end
    deaths: Mapped[int] = mapped_column(default=0)  # of them: ended by the death of the judging process, or by its time limit
    at: Mapped[datetime]

    __table_args__ = (Index("uq_claim_file", "source", "size_bytes", "mtime_ns", unique=True),)


class Lease(Base):
    """Who works on this database's inbox: one watcher, on whichever machine. What it last wrote changes while it lives."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)  # "watcher"
    holder: Mapped[str] = mapped_column(String(32))  # drawn anew by every process that takes it
    machine: Mapped[str] = mapped_column(String(320))  # host name and boot id
    home: Mapped[str] = mapped_column(Text)
    pid: Mapped[int]
    beats: Mapped[int] = mapped_column(BigInteger)  # counted up while the holder lives
    beat_at: Mapped[datetime]  # by the holder's clock, for people: two machines' clocks are not compared
