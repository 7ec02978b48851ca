"""The Overview's charts as plain data; scripts/charts.js draws them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from db.overview import DayTally
from ui import words

FEWEST = 5  # judged photos that a site needs on one day: 1 of 2 is no share
MAX_SITES = 5  # series a person can tell apart; the rest are drawn together


def day_starts(now: datetime, days: int, zone: tzinfo) -> tuple[datetime, ...]:
    """The first moments of the last `days` days in `zone`, today included, and of tomorrow."""
    today = now.astimezone(zone).date()
    dates = [today + timedelta(days=offset) for offset in range(1 - days, 2)]
    return tuple(datetime.combine(date, time(), zone) for date in dates)


def photos_chart(tallies: Sequence[DayTally], starts: Sequence[datetime], zone: tzinfo) -> dict[str, Any]:
    """Arrivals per day, stacked by site."""

    def arrived(day: Sequence[DayTally]) -> float | None:
        return sum(tally.photos for tally in day)

    chart = _by_site(tallies, starts, zone, arrived)
    return chart | {"kind": "bars", "unit": "", "mean": None, "total": None, "words": _words(words.CHART_PHOTOS)}


def unclear_chart(tallies: Sequence[DayTally], starts: Sequence[datetime], zone: tzinfo) -> dict[str, Any]:
    """Unclear photos among those judged, per day, in percent: all together, each site, and the mean of the days shown."""

    def unclear(day: Sequence[DayTally], fewest: int = FEWEST) -> float | None:
        judged = sum(tally.clarity_judged for tally in day)
        return round(100 * sum(tally.unclear for tally in day) / judged, 1) if judged >= fewest else None

    chart = _by_site(tallies, starts, zone, unclear)
    chart["total"] = {
        "name": words.ALL_SITES,
        "values": [unclear([tally for tally in tallies if tally.day == day], 1) for day in range(len(starts) - 1)],
    }
    if len(chart["series"]) == 1:  # one site is all there is: one line says it
        chart["series"] = []
    return chart | {"kind": "lines", "unit": "%", "mean": unclear(tallies, 1), "words": _words(words.CHART_UNCLEAR)}


def _by_site(
    tallies: Sequence[DayTally],
    starts: Sequence[datetime],
    zone: tzinfo,
    value: Callable[[Sequence[DayTally]], float | None],
) -> dict[str, Any]:
    """One series per site: the value of each day's tallies."""
    names = _series_names(tallies)
    cells: dict[tuple[str, int], list[DayTally]] = {}
    for tally in tallies:
        cells.setdefault((names[tally.site], tally.day), []).append(tally)
    days = range(len(starts) - 1)
    return {
        "days": [f"{start.astimezone(zone):%-d %b}" for start in starts[:-1]],
        "series": [
            {"name": name, "values": [value(cells.get((name, day), ())) for day in days]}
            for name in dict.fromkeys(names.values())
        ],
    }


def _words(title: str) -> dict[str, str]:
    return {"title": title, "mean": words.CHART_MEAN, "empty": words.CHART_EMPTY}


def _series_names(tallies: Sequence[DayTally]) -> dict[str, str]:
    """Which series each site belongs to: its own for the busiest, one together for the rest."""
    busiest = Counter[str]()
    for tally in tallies:
        busiest[tally.site] += tally.photos
    ranked = [site for site, _ in busiest.most_common()]
    if ranked in ([], [""]):
        return {"": words.ALL_PHOTOS}
    own = ranked if len(ranked) <= MAX_SITES + 1 else ranked[:MAX_SITES]
    return {site: (site or words.NO_SITE) if site in own else words.OTHER_SITES for site in ranked}
