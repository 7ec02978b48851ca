"""What intake writes and asks: the steps of one arrival, from intent to settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from db.tables import Embedding, GroupStatus, Label, Outcome, Photo, PhotoGroup, PhotoTag, Service
from db.unknowns import write_plates
from engine.verdict import UNKNOWN, Verdict

SHORTER_ARRIVALS = 20  # of one name that are compared: cameras that call every photo image.jpg make thousands


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """One file as it was read from the inbox."""

    source: str  # below inbox/
    name: str
    site: str | None
    inode: int
    mtime_ns: int
    size: int  # bytes
    sha256: str
    camera: str | None = None
    ctime_ns: int = 0


def int64(number: int) -> int:
    """A 64-bit number as databases hold it, signed: inodes of network and merged file systems use all 64 bits."""
    return (number + 2**63) % 2**64 - 2**63


def filed_photo(session: Session, sha256: str) -> Photo | None:
    """The photo of this content that is filed, or about to be."""
    return session.scalar(select(Photo).where(Photo.sha256 == sha256, Photo.intended == Outcome.FILED.value))


def known_file(session: Session, arrival: Arrival) -> int | None:
    """The photo that was made from this very file: one that could not be removed, was out of sight, and is back.

    The time of the last change of its inode tells it from the same photo sent again: nobody can set that.
    """
    is_file = (
        Photo.source == arrival.source,
        Photo.source_inode == int64(arrival.inode),
        Photo.source_mtime_ns == int64(arrival.mtime_ns),
        Photo.source_ctime_ns == int64(arrival.ctime_ns),
    )
    return session.scalar(select(Photo.id).where(Photo.sha256 == arrival.sha256, Photo.outcome.is_not(None), *is_file).limit(1))


def shorter_arrivals(session: Session, arrival: Arrival) -> Sequence[Photo]:
    """Photos that came under the same name with fewer bytes, and that no person has labelled; the latest first."""
    labelled = select(Label.id).where(Label.photo_id == Photo.id, Label.withdrawn_at.is_(None)).exists()
    query = select(Photo).where(
        Photo.source == arrival.source,
        Photo.size_bytes < arrival.size,
        Photo.outcome.in_([Outcome.REFUSED.value, Outcome.FILED.value]),
        Photo.moving_to.is_(None),
        ~labelled,
    )
    return session.scalars(query.order_by(Photo.id.desc()).limit(SHORTER_ARRIVALS)).all()


def replace_references(session: Session, old: Photo, new: Photo) -> None:
    """What referred to one photo refers to the other. The caller commits."""
    for column in (Photo.original_id, Photo.near_of):
        session.execute(update(Photo).where(column == old.id).values({column: new.id}))


def intend(arrival: Arrival, *, outcome: Outcome, path: str, now: datetime) -> Photo:
    """A row that says what is about to be done with a file; `outcome` stays NULL until it is done."""
    return Photo(
        received_at=now,
        source=arrival.source,
        source_inode=int64(arrival.inode),
        source_mtime_ns=int64(arrival.mtime_ns),
        source_ctime_ns=int64(arrival.ctime_ns),
        source_removed=False,
        site=arrival.site,
        camera=arrival.camera,
        name=arrival.name,
        size_bytes=arrival.size,
        sha256=arrival.sha256,
        intended=outcome.value,
        path=path,
    )


def withdraw(session: Session, photo: Photo) -> None:
    """Forget an intent that was not carried out; a photo beside it may have been linked to it already. The caller commits."""
    session.execute(update(Photo).where(Photo.near_of == photo.id).values(near_of=None))
    session.delete(photo)


def write_verdict(photo: Photo, verdict: Verdict, *, judged_ms: float) -> None:
    """The current verdict, as columns. A person's label is not touched by it."""
    photo.width, photo.height, photo.judged_ms = verdict.width, verdict.height, judged_ms
    photo.clarity = verdict.clarity.value if verdict.clarity else None
    photo.clear_probability = verdict.clear_probability
    photo.quality, photo.quality_score = verdict.quality.value, verdict.quality_score
    photo.good_bad = verdict.good_bad.value if verdict.good_bad else None
    photo.good_probability = verdict.good_probability
    photo.meter_type = photo.guessed_type = verdict.meter_type
    photo.known_score = verdict.known_score
    photo.plain_type, photo.recognised_by = verdict.plain_type, verdict.recognised_by
    photo.type_confidence, photo.shared_details = verdict.type_confidence, verdict.shared_details
    photo.labelled_photos, photo.contradicted_type = verdict.labelled_photos, verdict.contradicted_type
    plain = verdict.as_json()
    photo.display_score, photo.unclear_reasons = verdict.display_score, plain["unclear_reasons"]
    photo.display_box, photo.top3, photo.suggestions = plain["display_box"], plain["top3"], plain["suggestions"]
    photo.measures, photo.scores, photo.stamps = plain["measures"], plain["scores"], plain["stamps"]
    photo.tags = [PhotoTag(tag=tag) for tag in verdict.tags]


def write_embedding(session: Session, photo: Photo, verdict: Verdict) -> None:
    """The embedding, apart from the photo's row, under the version that made it; an unknown meter's plate beside it."""
    if verdict.embedding is not None:
        vector = verdict.embedding.astype("<f4").tobytes()
        session.add(Embedding(photo_id=photo.id, stamp=verdict.stamps["meter_type"], vector=vector))
    if verdict.plate is not None and verdict.meter_type == UNKNOWN:  # grouping needs it; known meters are not grouped
        write_plates(session, {photo.id: verdict.plate.to_bytes()})


def unfinished(session: Session) -> Sequence[Photo]:
    """Intents whose file may or may not have been placed."""
    return session.scalars(select(Photo).where(Photo.outcome.is_(None)).order_by(Photo.id)).all()


def unsettled(session: Session) -> Sequence[Photo]:
    """Finished rows whose source was not seen to be removed."""
    rows = select(Photo).where(Photo.outcome.is_not(None), Photo.source_removed.is_(False))
    return session.scalars(rows.order_by(Photo.id)).all()


def moving(session: Session) -> Sequence[Photo]:
    """Photos whose move from one folder to another was begun."""
    return session.scalars(select(Photo).where(Photo.moving_to.is_not(None)).order_by(Photo.id)).all()


def path_taken(session: Session, path: str) -> bool:
    """Whether any row has or intends this path."""
    query = select(Photo.id).where(or_(Photo.path == path, Photo.moving_to == path)).limit(1)
    return session.scalar(query) is not None


def counts(session: Session) -> dict[str, int]:
    """Photos by outcome, unknown meters and live groups."""
    rows = session.execute(select(Photo.outcome, func.count()).group_by(Photo.outcome)).all()
    by_outcome = {outcome: number for outcome, number in rows if outcome}
    unknown = select(func.count()).where(Photo.outcome == Outcome.FILED.value, Photo.meter_type == UNKNOWN)
    groups = select(func.count()).select_from(PhotoGroup).where(PhotoGroup.status == GroupStatus.CANDIDATE.value)
    return {
        **{outcome.value: by_outcome.get(outcome.value, 0) for outcome in Outcome},
        "unknown": session.scalar(unknown) or 0,
        "groups": session.scalar(groups) or 0,
    }


def beat(session: Session, name: str, *, state: str, detail: dict[str, object], now: datetime) -> None:
    """A service's sign of life."""
    row = session.get(Service, name) or Service(name=name)
    row.state, row.detail, row.beat_at = state, detail, now
    session.add(row)


def service(session: Session, name: str) -> Service | None:
    """A service's last sign of life."""
    return session.get(Service, name)
