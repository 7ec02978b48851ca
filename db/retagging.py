"""Judging stored numbers again: photos in order, and a new judgement in place of the old one, which is kept where it differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from db.quality_tables import EarlierJudgement
from db.tables import Photo, PhotoTag
from engine.quality import TAGS, QualityJudgement, advice, by_gravity
from engine.verdict import Reason

BATCH = 500  # photos per transaction: the daemon writes in between


def measured_photos(session: Session, after_id: int) -> Sequence[Photo]:
    """The next `BATCH` photos with stored measures, by id, with their tags."""
    query = select(Photo).where(Photo.measures.is_not(None), Photo.id > after_id).order_by(Photo.id).limit(BATCH)
    return session.scalars(query.options(selectinload(Photo.tags))).all()


def tags_of(photo: Photo) -> tuple[str, ...]:
    """The quality tags a photo has now, the gravest first."""
    return by_gravity(each.tag for each in photo.tags)


def judged_by(photo: Photo) -> str | None:
    """The threshold version that made them."""
    return (photo.stamps or {}).get("thresholds")


def lacks_no_display(photo: Photo) -> bool:
    """Whether the display was looked for in vain, and the tag that says so is gone: an earlier `daemon retag` took it along."""
    looked_in_vain = photo.display_score is not None and photo.display_box is None
    return looked_in_vain and Reason.NO_DISPLAY.value not in tags_of(photo)


def restore_no_display(photo: Photo) -> None:
    """Give that tag back, and its advice. Which thresholds judged is not touched by it."""
    photo.tags.append(PhotoTag(tag=Reason.NO_DISPLAY.value))
    photo.suggestions = list(advice(tags_of(photo)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What a new judgement changed: the tags, and Good or Poor."""

    tags: bool
    quality: bool


def replace_judgement(session: Session, photo: Photo, judgement: QualityJudgement, *, version: str, now: datetime) -> Change:
    """Write a judgement of `version` over the one there is; keep that as an `EarlierJudgement` if a person sees a difference.

    Tags that no threshold gives, such as `no_display`, stay: they were not judged again.
    """
    change = Change(
        tags={*judgement.tags} != {*TAGS}.intersection(tags_of(photo)), quality=judgement.quality.value != photo.quality
    )
    if change.tags or change.quality or _shown(judgement.quality_score) != _shown(photo.quality_score):
        session.add(_earlier(photo, version, now))
    kept = {each.tag: each for each in photo.tags}
    others = (tag for tag in kept if tag not in TAGS)
    photo.tags = [kept.get(tag) or PhotoTag(tag=tag) for tag in (*judgement.tags, *others)]
    photo.quality, photo.quality_score = judgement.quality.value, judgement.quality_score
    photo.scores, photo.suggestions = dict(judgement.scores), list(advice(tags_of(photo)))
    photo.stamps = {**(photo.stamps or {}), "thresholds": version}
    return change


def _shown(score: float | None) -> float:
    """As the pages round it, to percent."""
    return round(score or 0.0, 2)


def _earlier(photo: Photo, replaced_by: str, now: datetime) -> EarlierJudgement:
    return EarlierJudgement(
        photo_id=photo.id,
        replaced_at=now,
        thresholds=judged_by(photo) or "unknown",
        replaced_by=replaced_by,
        quality=photo.quality or "",
        quality_score=photo.quality_score if photo.quality_score is not None else 0.0,
        tags=list(tags_of(photo)),
        scores=dict(photo.scores or {}),
        suggestions=list(photo.suggestions or []),
    )


def earlier_judgements(session: Session, photo_id: int) -> Iterator[EarlierJudgement]:
    """What a photo was called before, oldest first."""
    yield from session.scalars(
        select(EarlierJudgement).where(EarlierJudgement.photo_id == photo_id).order_by(EarlierJudgement.id)
    )
