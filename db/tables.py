"""The tables, typed. One `Photo` row per arrival; whatever varies in number (tags, embeddings, labels) has its own table."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Index, LargeBinary, MetaData, String, Text, TypeDecorator, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Outcome(StrEnum):
    """How an arrival ended. Every arrival gets exactly one."""

    FILED = "filed"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


class GroupStatus(StrEnum):
    """Where a group of unknown meters stands."""

    CANDIDATE = "candidate"  # waits for a name
    NAMED = "named"  # a person said which type it is
    DISMISSED = "dismissed"  # a person said that it shows no meter
    GONE = "gone"  # a later regroup dissolved it


class JobStatus(StrEnum):
    """Where a piece of work stands that one process asked another to do."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"  # a person did not want it any more


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, naive UTC in the database: SQLite keeps no zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store as naive UTC; a naive value is a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored; say which zone it is in")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read back as aware UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """All tables; the naming convention lets Alembic alter constraints on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON(none_as_null=True), list[Any]: JSON(none_as_null=True)}  # noqa: RUF012


_IS_FILED = text("intended = 'filed'")


class Photo(Base):
    """One arrival, from the intent to file it (`outcome` is NULL) to where it ended, with the current verdict.

    `source_*` identify the very file in the inbox, so that a crash between filing and removing the source is told
    apart from the same photo arriving again.
    """

    __tablename__ = "photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    filed_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(Text)  # path under inbox/ as it arrived, "/" between folders
    source_inode: Mapped[int | None] = mapped_column(BigInteger)
    source_mtime_ns: Mapped[int | None] = mapped_column(BigInteger)
    source_ctime_ns: Mapped[int | None] = mapped_column(BigInteger)  # nobody can set it: tells a file that is back from a new one
    source_removed: Mapped[bool] = mapped_column(default=False)
    site: Mapped[str | None] = mapped_column(String(120))
    camera: Mapped[str | None] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[str | None] = mapped_column(String(16))  # an `Outcome`; NULL = intent only
    intended: Mapped[str] = mapped_column(String(16))  # the `Outcome` the intent aims at
    reason: Mapped[str | None] = mapped_column(String(40))  # code of a refusal
    detail: Mapped[str | None] = mapped_column(Text)  # the refusal in words, with advice
    path: Mapped[str] = mapped_column(Text)  # relative to home, "/" between folders
    moving_to: Mapped[str | None] = mapped_column(Text)  # set while the file moves from `path` to here
    original_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id"))  # of a duplicate: the photo it repeats
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id"))  # until finished: the cut-off upload it completes
    missing_since: Mapped[datetime | None]  # when a check found that the file at `path` is gone
    near_of: Mapped[int | None] = mapped_column(ForeignKey("photo.id"))  # the earlier photo that shows nearly the same picture
    set_aside: Mapped[bool] = mapped_column(default=False, server_default="0")  # nearly the same photo is there in a better one
    retries: Mapped[int] = mapped_column(default=0, server_default="0")  # how often a refusal was looked at again
    retry_at: Mapped[datetime | None]  # when a refusal that may pass is looked at again by itself
    removed_at: Mapped[datetime | None]  # when retention removed the file; the row stays
    removed_why: Mapped[str | None] = mapped_column(String(200))

    width: Mapped[int | None]
    height: Mapped[int | None]
    judged_ms: Mapped[float | None]  # time the engine took, milliseconds
    clarity: Mapped[str | None] = mapped_column(String(16))
    clear_probability: Mapped[float | None]
    unclear_reasons: Mapped[list[Any] | None]  # `engine.verdict.Reason`s, the gravest first
    quality: Mapped[str | None] = mapped_column(String(16))
    quality_score: Mapped[float | None]
    good_bad: Mapped[str | None] = mapped_column(String(16))
    good_probability: Mapped[float | None]
    meter_type: Mapped[str | None] = mapped_column(String(120))  # what counts now: a person's label beats the engine's guess
    guessed_type: Mapped[str | None] = mapped_column(String(120))  # what the engine said
    known_score: Mapped[float | None]
    plain_type: Mapped[str | None] = mapped_column(String(120))  # what the network's best guess alone amounts to, or UNKNOWN
    recognised_by: Mapped[str | None] = mapped_column(String(24))  # an `engine.verdict.Way`
    type_confidence: Mapped[float | None]
    shared_details: Mapped[int | None]  # with the labelled photo, or the sister, that is most alike
    labelled_photos: Mapped[int | None]  # of the type, labelled by people, that it was recognised from
    contradicted_type: Mapped[str | None] = mapped_column(String(120))  # what an unknown photo's print says it is not
    display_box: Mapped[list[Any] | None]
    display_score: Mapped[float | None]
    top3: Mapped[list[Any] | None]
    measures: Mapped[dict[str, Any] | None]
    scores: Mapped[dict[str, Any] | None]
    suggestions: Mapped[list[Any] | None]
    stamps: Mapped[dict[str, Any] | None]

    group_id: Mapped[int | None] = mapped_column(ForeignKey("photo_group.id"))
    group_strength: Mapped[float | None]  # HDBSCAN membership, 0..1
    joined_live_at: Mapped[datetime | None]  # when it joined its group by itself, without a regrouping
    map_x: Mapped[float | None]  # place on the map of unknown meters, 0..1
    map_y: Mapped[float | None]

    tags: Mapped[list[PhotoTag]] = relationship(back_populates="photo", cascade="all, delete-orphan", order_by="PhotoTag.tag")
    group: Mapped[PhotoGroup | None] = relationship(back_populates="photos")

    __table_args__ = (
        # The rule that makes double filing impossible, whoever races.
        Index("uq_photo_filed_sha256", "sha256", unique=True, sqlite_where=_IS_FILED, postgresql_where=_IS_FILED),
        Index("ix_photo_received", "received_at", "id"),
        Index("ix_photo_sha256", "sha256"),
        Index("ix_photo_path", "path"),
        Index("ix_photo_source", "source"),
        Index("ix_photo_type_received", "meter_type", "received_at", "id"),
        Index("ix_photo_clarity_received", "clarity", "received_at", "id"),
        Index("ix_photo_outcome_received", "outcome", "received_at", "id"),
        Index("ix_photo_group", "group_id"),
        Index("ix_photo_unsettled", "source_removed", "id"),
        Index("ix_photo_moving", "moving_to"),
        Index("ix_photo_near", "near_of"),
        Index("ix_photo_retry", "retry_at"),
    )


class PhotoTag(Base):
    """One quality tag of one photo."""

    __tablename__ = "photo_tag"

    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True)

    photo: Mapped[Photo] = relationship(back_populates="tags")

    __table_args__ = (Index("ix_photo_tag_tag", "tag", "photo_id"),)


class Embedding(Base):
    """A photo's embedding by one model version: float32, little endian, unit length. Versions are never mixed."""

    __tablename__ = "embedding"

    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    stamp: Mapped[str] = mapped_column(String(80), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index("ix_embedding_stamp", "stamp", "photo_id"),)


class PlateRow(Base):
    """One photo's plate features (`engine.grouping.Plate.to_bytes`), kept so that a regroup reads no pixels twice."""

    __tablename__ = "plate"

    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    features: Mapped[bytes] = mapped_column(LargeBinary)


class VerifiedPair(Base):
    """How many plate features two photos share after geometric verification; `photo_a` < `photo_b`."""

    __tablename__ = "verified_pair"

    photo_a: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    photo_b: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    inliers: Mapped[int]


class PhotoGroup(Base):
    """A group of unknown meters that look alike: a candidate for a new type until a person names it."""

    __tablename__ = "photo_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(16), default=GroupStatus.CANDIDATE.value)
    name: Mapped[str | None] = mapped_column(String(120))
    stamp: Mapped[str] = mapped_column(String(80))  # the model version whose embeddings made it

    photos: Mapped[list[Photo]] = relationship(back_populates="group")


class Label(Base):
    """What a person said of a photo: who, when, what. Labels outrank guesses and are never overwritten, only withdrawn."""

    __tablename__ = "label"

    id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"))
    field: Mapped[str] = mapped_column(String(40))  # a `db.labels.Field`
    value: Mapped[str] = mapped_column(String(120))
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    act_id: Mapped[int | None] = mapped_column(ForeignKey("act.id"))  # what it was part of
    withdrawn_at: Mapped[datetime | None]  # when a person took it back; it counts no more
    withdrawn_by: Mapped[str | None] = mapped_column(String(120))

    __table_args__ = (Index("ix_label_photo", "photo_id", "field", "at"),)


class Job(Base):
    """Work that one process asks another to do: the pages write the row, the daemon does the work."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(16), default=JobStatus.WAITING.value)
    payload: Mapped[dict[str, Any]]
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    message: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_job_status", "status", "id"),)


class Service(Base):
    """A running part and its last sign of life: the watcher, the schedule."""

    __tablename__ = "service"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    beat_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(40))
    detail: Mapped[dict[str, Any]]
