"""Which photos a label would teach most, and how far the labels of each type carry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from db.labels import is_labelled
from db.tables import Embedding, Outcome, Photo
from db.verified import verified_labels
from engine.recognition.curve import Curve, curves
from engine.verdict import UNKNOWN, Way

CLOSE_CALL = 0.2  # between the two best guesses, below which a label decides something
BORDER = 0.5  # membership of a group below which a photo may as well belong elsewhere
CURVE_MOST = 400  # labelled photos that curves are computed from, the newest: keeps them a matter of seconds


class Why(StrEnum):
    """Why a photo is worth a label, the strongest reason first."""

    DISAGREE = "disagree"  # network and plates say different types
    BORDER = "border"  # on the border of its group
    MARGIN = "margin"  # the two best guesses are close


@dataclass(frozen=True, kw_only=True, slots=True)
class ToLabel:
    """One photo of the review order."""

    id: int
    sha256: str
    name: str
    meter_type: str
    group_id: int | None
    why: Why


def review_order(session: Session, *, most: int = 12) -> tuple[ToLabel, ...]:
    """The photos that nobody labelled and whose label would teach most, of each kind in turn: disagreement, border, close call.

    One at most of each group that waits for a name: a click there names them all. What labelled photos name is asked about
    elsewhere ("these are right"): that the network says another type means no more than that it was not taught this one.
    """
    margin = Photo.top3[(0, "confidence")].as_float() - Photo.top3[(1, "confidence")].as_float()
    disagree = and_(Photo.plain_type.is_not(None), Photo.plain_type != UNKNOWN, Photo.plain_type != Photo.meter_type)
    border = and_(Photo.group_id.is_not(None), Photo.group_strength < BORDER, Photo.meter_type == UNKNOWN)
    close = and_(margin < CLOSE_CALL, Photo.meter_type != UNKNOWN)
    kind = case((disagree, 0), (border, 1), else_=2)
    teaches = kind, func.coalesce(case((border, Photo.group_strength), else_=margin), 1.0), Photo.id.desc()
    of_group = func.row_number().over(partition_by=func.coalesce(Photo.group_id, -Photo.id), order_by=teaches)
    found = (
        select(Photo.id, kind.label("kind"), teaches[1].label("rank"), of_group.label("of_group"))
        .where(Photo.outcome == Outcome.FILED.value, Photo.removed_at.is_(None), ~is_labelled(), or_(disagree, border, close))
        .where(func.coalesce(Photo.recognised_by, "") != Way.LABELLED.value)
        .subquery()
    )
    turn = func.row_number().over(partition_by=found.c.kind, order_by=(found.c.rank, found.c.id.desc()))
    rows = session.execute(
        select(Photo, found.c.kind)
        .join(found, found.c.id == Photo.id)
        .where(found.c.of_group == 1)
        .order_by(turn, found.c.kind)
        .limit(most)
    ).all()
    reasons = tuple(Why)
    return tuple(
        ToLabel(
            id=photo.id,
            sha256=str(photo.sha256),
            name=photo.name,
            meter_type=photo.meter_type or UNKNOWN,
            group_id=photo.group_id,
            why=reasons[place],
        )
        for photo, place in rows
    )


def learning_curves(session: Session) -> tuple[Curve, ...]:
    """A curve per type from the newest labelled photos, by the model version that embedded most of them."""
    labelled = {photo.photo_id: photo for photo in verified_labels(session)[-CURVE_MOST:]}
    stored = select(Embedding.photo_id, Embedding.stamp, Embedding.vector).where(Embedding.photo_id.in_(labelled))
    by_stamp: dict[str, dict[int, bytes]] = {}
    for photo_id, stamp, vector in session.execute(stored):
        by_stamp.setdefault(stamp, {})[photo_id] = vector
    if not by_stamp:
        return ()
    vectors = max(by_stamp.values(), key=len)
    photos = [labelled[photo_id] for photo_id in sorted(vectors)]
    rows = np.stack([np.frombuffer(vectors[photo.photo_id], dtype="<f4").astype(np.float32) for photo in photos])
    return curves(rows, [photo.label for photo in photos], [photo.meter for photo in photos])
