"""The tables beside a photo's row that intake fills: what a picture looks like in a few bits, and every second look."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from db.tables import Base


class SignatureRow(Base):
    """One filed photo's perceptual signature; two photos with few different bits show nearly the same picture."""

    __tablename__ = "signature"

    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[str] = mapped_column(String(40))  # signatures of two versions are never compared
    bits: Mapped[bytes] = mapped_column(LargeBinary)


class SignatureBand(Base):
    """A slice of a signature's bits: whoever differs in few bits shares at least one whole slice, so an index finds it."""

    __tablename__ = "signature_band"

    band: Mapped[int] = mapped_column(SmallInteger, primary_key=True)  # which slice
    value: Mapped[int] = mapped_column(BigInteger, primary_key=True)  # its bits as a number
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_signature_band_photo", "photo_id"), {"sqlite_with_rowid": False})


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
