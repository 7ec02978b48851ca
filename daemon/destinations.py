"""Where under sorted/ a file belongs: decided from values alone."""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from engine.names import as_folder
from engine.verdict import UNKNOWN

UNJUDGED = "unjudged"
FIELDS = ("clarity", "meter_type", "quality", "site", "year", "month", "day", "name")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What decides where a judged photo goes."""

    clarity: str | None
    meter_type: str | None
    group_id: int | None
    quality: str | None
    site: str | None
    received_at: datetime
    set_aside: bool = False


def check_template(template: str) -> str | None:
    """What is wrong with a file template, or None."""
    try:
        parts = [part[1:] for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError as error:
        return f"{error}"
    if unknown := [field for field, _, _ in parts if field not in FIELDS]:
        return f"{unknown[0]!r} is no field; known: {', '.join(FIELDS)}"
    if formatted := [field for field, how, conversion in parts if how or conversion]:
        return f"{formatted[0]!r} takes no format"
    if not template.endswith("/{name}"):  # a name keeps its own text, and sorted/ itself holds the tables of the groups
        return "it must end with a folder and /{name}"
    if template.startswith("/") or ".." in PurePosixPath(template).parts:
        return "it must stay below sorted/"
    return None


def filed_folder(place: Place, template: str) -> PurePosixPath:
    """The folder below sorted/ of a judged photo. An unknown meter goes to its group's folder below UNKNOWN, a photo that is
    there in a better one goes below near/.
    """
    meter_type = as_folder(place.meter_type or UNJUDGED)
    if place.meter_type == UNKNOWN:
        meter_type = f"{UNKNOWN}/{group_folder(place.group_id)}"
    path = template.format(
        clarity=place.clarity or UNJUDGED,
        meter_type=meter_type,
        quality=place.quality or UNJUDGED,
        site=as_folder(place.site or "no-site"),
        year=f"{place.received_at:%Y}",
        month=f"{place.received_at:%m}",
        day=f"{place.received_at:%d}",
        name="name",
    )
    return PurePosixPath("near" if place.set_aside else "") / PurePosixPath(path).parent


def group_folder(group_id: int | None) -> str:
    """group-0007, or "ungrouped"."""
    return "ungrouped" if group_id is None else f"group-{group_id:04d}"


def refused_folder(reason: str) -> PurePosixPath:
    """The folder below sorted/ of files refused for this reason."""
    return PurePosixPath("refused") / reason


DUPLICATES = PurePosixPath("duplicates")
