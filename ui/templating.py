"""HTML from templates. Everything put into a template is escaped there: names of files, sites and types come from strangers."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from db.retagging import tags_of
from engine.quality import Tag
from ui import words

HERE = Path(__file__).parent


def template_environment(zone: tzinfo, clock: Callable[[], datetime] | None = None) -> Environment:
    """The templates with our number, size and time formats. Times are shown in `zone`, with the year where it is not this one."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(words=words)
    environment.tests["defect"] = is_defect
    environment.filters.update(
        when=lambda moment: format_when(moment, zone, clock and clock()),
        day=lambda moment: f"{moment.astimezone(zone):%d %b %Y, %H:%M:%S}",
        tag_names=tags_of,
        tag_word=words.tag,
        percent=format_percent,
        beside=format_beside,
        sure=format_sure,
        number=lambda number: f"{number:,}",
        bytes=format_bytes,
        span=format_span,
    )
    return environment


def is_defect(tag: str) -> bool:
    """Whether a tag says that something is wrong with the photo."""
    return tag != Tag.WELL_EXPOSED


def script(name: str) -> str:
    """The text of one of our scripts, for `js_on_load` or the page's head."""
    return (HERE / "scripts" / name).read_text(encoding="utf-8")


def style_sheet() -> str:
    """Our style sheets as one, in the order of their names."""
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sorted((HERE / "styles").glob("*.css")))


def format_when(moment: datetime, zone: tzinfo, now: datetime | None = None) -> str:
    """Day and minute, in the reader's zone; with the year where it is another than that of `now`."""
    there = moment.astimezone(zone)
    return f"{there:%d %b %Y %H:%M}" if now and there.year != now.astimezone(zone).year else f"{there:%d %b %H:%M}"


def format_percent(share: float | None) -> str:
    """A share 0..1 as a percentage; one decimal below ten, where it matters."""
    if share is None:
        return "–"
    percent = 100 * share
    return f"{percent:.1f}%" if 0 < percent < 10 else f"{percent:.0f}%"


def format_beside(share: float, mark: float) -> str:
    """A share 0..1 as a percentage, on the side of the mark where it is: 49.9%, not 50%, where 50% would be enough."""
    rounds_up = share < mark <= round(share, 2)
    return f"{math.floor(1000 * share) / 10:.1f}%" if rounds_up else format_percent(share)


def format_sure(share: float) -> str:
    """How certain a word is, 0..1, the same way everywhere. No photo is judged with "100% sure"."""
    percent = ">99%" if share >= 0.995 else format_percent(share)
    return words.quality.SURE.format(percent=percent)


def format_bytes(size: Any) -> str:
    """A size in bytes, kB, MB or GB (powers of ten, as disks are sold)."""
    number = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if number >= 10 or unit == "bytes" else f"{number:.1f} {unit}"


def format_span(span: timedelta | float) -> str:
    """A length of time, given as timedelta or seconds, in its largest sensible unit."""
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
