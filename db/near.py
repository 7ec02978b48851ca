"""Photos that show nearly the same picture: linked to the earliest of them, and the best of them if that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from db.intake_tables import SignatureRow
from db.jobs import JobKind, ask
from db.tables import Outcome, Photo
from engine.signature import GRID

CHANCE = 0.1  # of a score or probability: two photos of one picture that differ in less are as good as each other
VERSION = f"gradient-{GRID}"  # of the signatures; those of two versions are never compared


def write_signature(session: Session, photo: Photo, bits: bytes | None) -> None:
    """Keep the photo's signature; None (too even to be told from another) is kept out."""
    if bits is not None:
        session.add(SignatureRow(photo_id=photo.id, version=VERSION, bits=bits))


def signatures_after(session: Session, photo_id: int) -> Sequence[tuple[int, bytes]]:
    """Id and signature of every filed photo with a higher id, in order."""
    query = select(SignatureRow.photo_id, SignatureRow.bits).join(Photo, Photo.id == SignatureRow.photo_id)
    later = query.where(SignatureRow.photo_id > photo_id, SignatureRow.version == VERSION, Photo.outcome == Outcome.FILED.value)
    return [(found, bits) for found, bits in session.execute(later.order_by(SignatureRow.photo_id))]


def first_unfinished(session: Session) -> int | None:
    """The lowest id of an arrival that is still on its way."""
    return session.scalar(select(func.min(Photo.id)).where(Photo.outcome.is_(None)))


def earliest_of(session: Session, photo_id: int) -> int | None:
    """The photo that all photos near this one are linked to; None where it is no longer recorded."""
    return session.scalar(select(func.coalesce(Photo.near_of, Photo.id)).where(Photo.id == photo_id))


def near_photos(session: Session, photo: Photo) -> Sequence[Photo]:
    """The filed photos that show nearly the same picture, this one included, the earliest first."""
    earliest = photo.near_of or photo.id
    query = select(Photo).where(or_(Photo.id == earliest, Photo.near_of == earliest), Photo.outcome == Outcome.FILED.value)
    return session.scalars(query.order_by(Photo.received_at, Photo.id)).all()


def _best(alike: Sequence[Photo]) -> Photo:
    left = list(alike)
    for field in ("quality_score", "clear_probability"):
        value = {photo: getattr(photo, field) or 0.0 for photo in left}
        left = [photo for photo in left if value[photo] > max(value.values()) - CHANCE]
    return max(left, key=lambda photo: ((photo.width or 0) * (photo.height or 0), photo.size_bytes, -photo.id))


def put_all_but_the_best_aside(session: Session, photo: Photo, now: datetime) -> None:
    """Mark the photos near this one that a better one makes needless, and ask for their files to be moved. Nothing is deleted.

    The best is the one with the higher quality score, then the one more surely clear, where that is more than chance; of
    photos as good as each other the one with more pixels, then more bytes: a copy that was shrunk or recompressed often
    scores a hair better than its original. Then the earliest.
    """
    session.flush()
    alike = near_photos(session, photo)
    if len(alike) < 2:
        return
    best = _best(alike)
    changed = [each for each in alike if each.set_aside != (each is not best)]
    for each in changed:
        each.set_aside = each is not best
    if changed:
        ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": [each.id for each in changed]}, now)
