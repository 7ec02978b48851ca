"""The Overview's tiles: the last 24 hours against the seven days before them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from db.overview import Tally, tally
from ui import words
from ui.templating import format_percent

DAY = timedelta(days=1)
MEAN_DAYS = 7
ENOUGH_PHOTOS = 50  # in the week before: fewer make a mean that says nothing
NOTICEABLE = 0.005  # a change of half a point is no change


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    """One number with its name, what it is compared with, and whether that is "ok", "bad" or neither ("")."""

    label: str
    value: str
    note: str
    tone: str = ""


def read_tiles(session: Session, now: datetime) -> tuple[Tile, ...]:
    """The five tiles."""
    today = tally(session, now - DAY, now + DAY)  # a sender's clock may run ahead of ours
    week = tally(session, now - (1 + MEAN_DAYS) * DAY, now - DAY)
    usual = week if week.photos >= ENOUGH_PHOTOS else None
    return (
        _photos(today, usual),
        _share(words.TILE_UNCLEAR, today.unclear_share, usual.unclear_share if usual else None, today.clarity_judged),
        _share(words.TILE_UNKNOWN, today.unknown_share, usual.unknown_share if usual else None, today.type_judged),
        _refused(today),
        Tile(
            label=words.TILE_TIME,
            value=words.MILLISECONDS.format(ms=f"{today.mean_ms:,.0f}") if today.mean_ms is not None else "–",
            note=words.ENGINE_TIME,
        ),
    )


def _photos(today: Tally, usual: Tally | None) -> Tile:
    note = words.DUPLICATES_ASIDE.format(duplicates=today.duplicates)
    if usual is not None:
        change = today.photos * MEAN_DAYS / usual.photos - 1
        note = f"{change:+.0%} {words.AGAINST_MEAN}"
    return Tile(label=words.TILE_PHOTOS, value=f"{today.photos:,}", note=note)


def _refused(today: Tally) -> Tile:
    if today.photos == 0:
        return Tile(label=words.TILE_REFUSED, value="0", note=words.NOTHING_ARRIVED)
    return Tile(
        label=words.TILE_REFUSED, value=f"{today.refused:,}", note=words.IN_REFUSED if today.refused else words.NONE_REFUSED
    )


def _share(label: str, share: float | None, usual: float | None, judged: int) -> Tile:
    if share is None:
        return Tile(label=label, value="–", note=words.NOTHING_JUDGED)
    if usual is None:
        return Tile(label=label, value=format_percent(share), note=words.OF_JUDGED.format(judged=f"{judged:,}"))
    change = share - usual
    if abs(change) < NOTICEABLE:
        return Tile(label=label, value=format_percent(share), note=words.SAME_AS_MEAN)
    arrow, tone = ("▲", "bad") if change > 0 else ("▼", "ok")
    note = f"{arrow} {100 * abs(change):.1f} points {words.AGAINST_MEAN}"
    return Tile(label=label, value=format_percent(share), note=note, tone=tone)
