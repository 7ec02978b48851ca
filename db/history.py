"""What the History page asks: filtered photos, newest first, page by page.

Paging is by key, not by offset: a page says "older than this photo", so arrivals do not shift it and a million rows
cost no more than fifty.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from db.tables import Photo, PhotoTag

PAGE_SIZE = 50  # rows
COUNT_CAP = 10_000  # a larger count is said as "10,000+": counting a million rows takes longer than reading fifty
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """Which photos are asked for. Empty or None = any. Values within one field widen, fields narrow, tags must all be there."""

    since: datetime | None = None
    sites: tuple[str, ...] = ()  # "" = no site: the photo lay in the inbox itself
    outcome: str | None = None
    reason: str | None = None  # of a refusal
    clarity: str | None = None
    quality: str | None = None
    meter_types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    name: str = ""  # part of the file name, whatever the case


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """The place of one photo in the history: when it came, then its id."""

    received_at: datetime
    id: int

    def __str__(self) -> str:
        """The text for a URL: microseconds since 1970, then the id."""
        return f"{(self.received_at - _EPOCH) // timedelta(microseconds=1)}_{self.id}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read what `str` wrote. Raises `ValueError` on anything else."""
        micros, _, photo_id = text.partition("_")
        try:
            return cls(_EPOCH + timedelta(microseconds=int(micros)), int(photo_id))
        except OverflowError as error:
            raise ValueError(f"{text!r} is no place in the history") from error

    @classmethod
    def of(cls, photo: Photo) -> Cursor:
        """The place of this photo."""
        return cls(photo.received_at, photo.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page of photos, newest first, with their tags loaded, and whether there is more on either side."""

    photos: tuple[Photo, ...]
    has_newer: bool
    has_older: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What the filters can offer: every site and meter type that occurs, sorted."""

    sites: tuple[str, ...]
    meter_types: tuple[str, ...]


def read_page(
    session: Session,
    filters: Filters,
    *,
    older_than: Cursor | None = None,
    newer_than: Cursor | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """At most `size` photos: the newest, or those next to a cursor on the side asked for."""
    matching = _conditions(filters)
    statement = select(Photo).options(selectinload(Photo.tags)).where(*matching).limit(size)
    if newer_than is not None:
        statement = statement.where(_newer(newer_than)).order_by(Photo.received_at, Photo.id)
        photos = tuple(reversed(session.scalars(statement).all()))
    else:
        if older_than is not None:
            statement = statement.where(_older(older_than))
        photos = tuple(session.scalars(statement.order_by(Photo.received_at.desc(), Photo.id.desc())).all())
    if not photos:
        return Page(photos=(), has_newer=older_than is not None, has_older=newer_than is not None)
    return Page(
        photos=photos,
        has_newer=_any(session, *matching, _newer(Cursor.of(photos[0]))),
        has_older=_any(session, *matching, _older(Cursor.of(photos[-1]))),
    )


def count_capped(session: Session, filters: Filters, cap: int = COUNT_CAP) -> int:
    """How many photos match; `cap` + 1 means "more than `cap`"."""
    few = select(Photo.id).where(*_conditions(filters)).limit(cap + 1).subquery()
    return session.scalar(select(func.count()).select_from(few)) or 0


def read_choices(session: Session) -> Choices:
    """The sites and meter types that occur."""
    arrived = Photo.outcome.is_not(None)
    return Choices(
        sites=tuple(sorted(site or "" for site in session.scalars(select(Photo.site).where(arrived).distinct()))),
        meter_types=tuple(sorted(name for name in session.scalars(select(Photo.meter_type).distinct()) if name is not None)),
    )


def read_photo(session: Session, photo_id: int) -> Photo | None:
    """One photo with its tags and group, or None."""
    statement = select(Photo).options(selectinload(Photo.tags), selectinload(Photo.group)).where(Photo.id == photo_id)
    return session.scalars(statement).one_or_none()


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Photo.outcome.is_not(None)]  # NULL = still on its way
    if filters.since is not None:
        conditions.append(Photo.received_at >= filters.since)
    if filters.sites:
        named = [site for site in filters.sites if site]
        nowhere = [Photo.site.is_(None)] if "" in filters.sites else []
        conditions.append(or_(Photo.site.in_(named), *nowhere))
    if filters.outcome is not None:
        conditions.append(Photo.outcome == filters.outcome)
    if filters.reason is not None:
        conditions.append(Photo.reason == filters.reason)
    if filters.clarity is not None:
        conditions.append(Photo.clarity == filters.clarity)
    if filters.quality is not None:
        conditions.append(Photo.quality == filters.quality)
    if filters.meter_types:
        conditions.append(Photo.meter_type.in_(filters.meter_types))
    conditions += [exists().where(PhotoTag.photo_id == Photo.id, PhotoTag.tag == tag) for tag in filters.tags]
    if filters.name:
        # Phones write one form of an accent, Macs the other.
        forms = {filters.name, unicodedata.normalize("NFC", filters.name), unicodedata.normalize("NFD", filters.name)}
        conditions.append(or_(*(Photo.name.icontains(form, autoescape=True) for form in sorted(forms))))
    return conditions


def _older(cursor: Cursor) -> ColumnElement[bool]:
    # The first term alone lets the index on (received_at, id) start at the right place.
    at = cursor.received_at
    return and_(Photo.received_at <= at, or_(Photo.received_at < at, Photo.id < cursor.id))


def _newer(cursor: Cursor) -> ColumnElement[bool]:
    at = cursor.received_at
    return and_(Photo.received_at >= at, or_(Photo.received_at > at, Photo.id > cursor.id))


def _any(session: Session, *conditions: ColumnElement[bool]) -> bool:
    return session.scalar(select(Photo.id).where(*conditions).limit(1)) is not None
