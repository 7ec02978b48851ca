"""The history's address: filters, place and chosen photo as a query string, read from strangers, written by us."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode

from db.history import Cursor, Filters
from db.tables import Outcome
from engine.verdict import Clarity, Quality
from ui import words

DEFAULT_PERIOD = "7"
MAX_FIELDS = 200  # more boxes than any filter card has


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a person asks of the history. `period` is a key of `words.PERIODS`."""

    period: str = DEFAULT_PERIOD
    filters: Filters = field(default_factory=Filters)
    older: Cursor | None = None
    newer: Cursor | None = None
    photo: int | None = None

    def query(self, *, older: Cursor | None = None, newer: Cursor | None = None, photo: int | None = None) -> str:
        """The query string for the same filters at another place, in one fixed order."""
        pairs = [("period", self.period)] if self.period != DEFAULT_PERIOD else []
        pairs += [("site", site) for site in self.filters.sites]
        for name in ("outcome", "reason", "clarity", "quality"):
            if (value := getattr(self.filters, name)) is not None:
                pairs.append((name, value))
        pairs += [("type", name) for name in self.filters.meter_types] + [("tag", tag) for tag in self.filters.tags]
        pairs += [("name", self.filters.name)] if self.filters.name else []
        places = (("older", older), ("newer", newer), ("photo", photo))
        return urlencode(pairs + [(name, str(place)) for name, place in places if place is not None])

    def since(self, now: datetime) -> Asked:
        """The same with the period turned into a moment."""
        if self.period == "all":
            return self
        return replace(self, filters=replace(self.filters, since=now - timedelta(days=int(self.period))))


def parse_query(text: str) -> Asked:
    """Read a query string. What is unknown or senseless counts as not asked for: an old link must still open the page."""
    try:
        given = parse_qs(text.removeprefix("?"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        given = {}

    def last(name: str) -> str:
        return given.get(name, [""])[-1]

    def one_of(name: str, known: type[Outcome] | type[Clarity] | type[Quality]) -> str | None:
        return last(name) if last(name) in [member.value for member in known] else None

    filters = Filters(
        sites=tuple(given.get("site", [])),
        outcome=one_of("outcome", Outcome),
        reason=last("reason") or None,
        clarity=one_of("clarity", Clarity),
        quality=one_of("quality", Quality),
        meter_types=tuple(filter(None, given.get("type", []))),
        tags=tuple(filter(None, given.get("tag", []))),
        name=last("name").strip(),
    )
    period = last("period") if last("period") in words.PERIODS else DEFAULT_PERIOD
    photo = int(last("photo")) if last("photo").isascii() and last("photo").isdigit() and len(last("photo")) < 16 else None
    return Asked(period=period, filters=filters, older=_cursor(last("older")), newer=_cursor(last("newer")), photo=photo)


def _cursor(text: str) -> Cursor | None:
    try:
        return Cursor.parse(text)
    except ValueError:
        return None
