"""Photos judged again after a promotion: which are due, what changed, and the list of before and after."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from db.denials import is_denied
from db.jobs import JobKind, ask
from db.labels import SAYS_WHAT_IT_IS, is_labelled, standing
from db.model_tables import Promotion, Rejudged
from db.promoting import ROLLED_BACK
from db.tables import Embedding, Label, Outcome, Photo
from engine.bundle import age
from engine.verdict import UNKNOWN, Verdict, Way

# What a verdict says of the meter type; these alone are written anew.
TYPE_COLUMNS = (
    "meter_type", "top3", "known_score", "plain_type", "recognised_by", "type_confidence", "shared_details", "labelled_photos",
    "contradicted_type",
)  # fmt: skip
DOUBTFUL_BELOW = 0.75  # confidence or known score: half-way between the threshold for UNKNOWN and sure


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A photo to be judged again."""

    id: int
    path: str  # below home


def due(session: Session, version: str, *, most: int, after: int = 0, only_unknown: bool = False) -> tuple[Due, ...]:
    """At most `most` photos beyond id `after` that another version judged and that may change, in the order of arrival.

    Unknown and doubtful ones, those that an earlier second look changed, and all that a version decided which judges no more:
    a later one than this, or one that was rolled back. Those that a person labelled are only embedded anew, as exemplars for
    the others.
    """
    conditions = _is_due(version, _left(session, version), only_unknown=only_unknown)
    query = select(Photo.id, Photo.path).where(*conditions, Photo.id > after)
    return tuple(Due(id=photo_id, path=path) for photo_id, path in session.execute(query.order_by(Photo.id).limit(most)))


def count_due(session: Session, version: str, *, only_unknown: bool = False) -> int:
    """How many photos are still to be judged again."""
    conditions = _is_due(version, _left(session, version), only_unknown=only_unknown)
    return session.scalar(select(func.count()).where(*conditions)) or 0


def _left(session: Session, version: str) -> set[str]:
    """The versions whose word does not count once `version` judges: later ones, and those that were rolled back."""
    judged = session.scalars(select(Photo.stamps["meter_type"].as_string()).distinct())
    back = session.scalars(select(Promotion.before).where(Promotion.task == "meter_type", Promotion.why == ROLLED_BACK))
    later = {name for name in judged if name is not None and age(name) > age(version)}
    return (later | {name for name in back if name is not None}) - {version}


def _is_due(version: str, left: Collection[str], *, only_unknown: bool) -> tuple[ColumnElement[bool], ...]:
    by_version = Photo.stamps["meter_type"].as_string()
    unknown = Photo.meter_type == UNKNOWN
    changed_before = exists().where(
        Rejudged.photo_id == Photo.id, Rejudged.stamp == by_version, Rejudged.type_before != Rejudged.type_after
    )
    doubtful = or_(
        unknown,
        Photo.known_score < DOUBTFUL_BELOW,
        Photo.top3[(0, "confidence")].as_float() < DOUBTFUL_BELOW,
        changed_before,
        by_version.in_(left),
    )
    filed = (Photo.outcome == Outcome.FILED.value, Photo.removed_at.is_(None), by_version != version)
    # Recognised by people's labels, which a bundle does not have: a second look without them could only take it back.
    by_itself = or_(Photo.recognised_by.is_(None), Photo.recognised_by != Way.LABELLED.value)
    if only_unknown:
        return *filed, ~is_labelled(), unknown
    embedded = exists().where(Embedding.photo_id == Photo.id, Embedding.stamp == version)
    return *filed, or_(and_(~is_labelled(), by_itself, doubtful), and_(is_labelled(), ~embedded))


def write_again(session: Session, verdicts: Mapping[int, Verdict], version: str, now: datetime) -> list[int]:
    """Store what new verdicts by photo say of the meter type, and ask for the moves that follow; returns whose type changed.

    The rest of the old verdict stays, and so do its stamps. A photo that a person labelled since it was read keeps its
    label. The caller commits.
    """
    changed = []
    for photo_id, verdict in verdicts.items():
        photo = session.get(Photo, photo_id, with_for_update=True)
        if photo is None:
            continue
        if verdict.embedding is not None:
            session.merge(Embedding(photo_id=photo_id, stamp=version, vector=verdict.embedding.astype("<f4").tobytes()))
        if _is_labelled(session, photo_id):
            continue
        allowed = _allowed(session, photo_id, verdict)
        _remember(session, photo, allowed, version, now)
        if photo.meter_type != allowed.meter_type:
            changed.append(photo_id)
            photo.group_id = photo.group_strength = photo.map_x = photo.map_y = None
        _write_type(photo, allowed)
        photo.stamps = {**(photo.stamps or {}), "meter_type": version}
    if changed:
        ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": changed}, now)
    return changed


def _allowed(session: Session, photo_id: int, verdict: Verdict) -> Verdict:
    """The verdict; UNKNOWN where a person denied that type, or took back that the photo is of it."""
    if verdict.meter_type is None or not is_denied(session, photo_id, verdict.meter_type):
        return verdict
    return replace(verdict, meter_type=UNKNOWN, recognised_by=None)


def _write_type(photo: Photo, verdict: Verdict) -> None:
    plain = verdict.as_json()
    photo.guessed_type = verdict.meter_type
    for name in TYPE_COLUMNS:
        setattr(photo, name, plain[name])


def _is_labelled(session: Session, photo_id: int) -> bool:
    found = select(Label.id).where(Label.photo_id == photo_id, *standing(*SAYS_WHAT_IT_IS)).limit(1)
    return session.scalar(found) is not None


def _remember(session: Session, photo: Photo, verdict: Verdict, version: str, now: datetime) -> None:
    session.merge(
        Rejudged(
            photo_id=photo.id,
            stamp=version,
            at=now,
            type_before=photo.meter_type,
            type_after=verdict.meter_type,
            score_before=photo.known_score,
            score_after=verdict.known_score,
            stamp_before=(photo.stamps or {}).get("meter_type"),
        )
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class BeforeAfter:
    """One photo's type before and after."""

    photo_id: int
    sha256: str | None
    name: str
    at: datetime
    type_before: str | None
    type_after: str | None
    score_before: float | None
    score_after: float | None
    stamp_before: str | None
    stamp: str


def before_and_after(
    session: Session, version: str, *, only_changed: bool = True, most: int | None = None
) -> tuple[BeforeAfter, ...]:
    """The photos that `version` judged again, in the order of arrival."""
    query = select(Rejudged, Photo.sha256, Photo.name).join(Photo, Photo.id == Rejudged.photo_id).where(Rejudged.stamp == version)
    if only_changed:
        query = query.where(Rejudged.type_before != Rejudged.type_after)
    return tuple(
        BeforeAfter(
            photo_id=row.photo_id,
            sha256=sha256,
            name=name,
            at=row.at,
            type_before=row.type_before,
            type_after=row.type_after,
            score_before=row.score_before,
            score_after=row.score_after,
            stamp_before=row.stamp_before,
            stamp=row.stamp,
        )
        for row, sha256, name in session.execute(query.order_by(Rejudged.photo_id).limit(most))
    )


def count_again(session: Session, version: str) -> tuple[int, int]:
    """How many photos `version` judged again, and how many of them have another type since."""
    looked = select(func.count()).where(Rejudged.stamp == version)
    return session.scalar(looked) or 0, session.scalar(looked.where(Rejudged.type_before != Rejudged.type_after)) or 0
