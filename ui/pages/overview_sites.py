"""The Overview's sites: how many photos each sent in the days shown, and how many of them are unclear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from db.history import Filters
from db.overview import DayTally
from ui import words
from ui.pages.history_query import DEFAULT_PERIOD, Asked

MAX_SITES = 12  # the rest is one line; all are in the History's filter


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteTally:
    """One site over several days; `unclear_share` 0..1, None where nothing was judged. `query` is its History."""

    name: str
    photos: int
    unclear_share: float | None
    query: str | None


def tally_sites(days: Sequence[DayTally], period: str = DEFAULT_PERIOD) -> tuple[SiteTally, ...]:
    """All sites, the busiest first; `period` is that of their History.

    Nothing where there is only the inbox itself: the tiles say that.
    """
    by_site: dict[str, list[DayTally]] = {}
    for day in days:
        by_site.setdefault(day.site, []).append(day)
    if set(by_site) <= {""}:
        return ()
    ranked = sorted(by_site, key=lambda site: (-sum(day.photos for day in by_site[site]), site))
    queries = {site: Asked(period=period, filters=Filters(sites=(site,))).query() for site in ranked[:MAX_SITES]}
    named = [_tally(site or words.NO_SITE, by_site[site], query) for site, query in queries.items()]
    rest = [day for site in ranked[MAX_SITES:] for day in by_site[site]]
    return tuple([*named, _tally(words.OTHER_SITES, rest, None)] if rest else named)


def _tally(name: str, days: Sequence[DayTally], query: str | None) -> SiteTally:
    judged = sum(day.clarity_judged for day in days)
    return SiteTally(
        name=name,
        photos=sum(day.photos for day in days),
        unclear_share=sum(day.unclear for day in days) / judged if judged else None,
        query=query,
    )
