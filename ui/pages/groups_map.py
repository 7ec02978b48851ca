"""The map of unknown meters: a point per photo, near = alike, with one mark for each group here and in the list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment
from sqlalchemy.orm import Session

from db.groups import MAP_MOST, MapPoint, count_unknown, read_map
from ui import words
from ui.archive import Archive

UNGROUPED = "none"  # the key of the ungrouped in the page's address
# Tokens of styles/10_tokens.css, ordered so that colours which the colour-blind confuse never meet in one shape.
COLOURS = ("--s1", "--s3", "--s4", "--s5", "--s2")
# SVG paths of about the same area, 5 units around the origin: a colour never speaks alone.
CIRCLE = "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z"
SHAPES = (CIRCLE, "M-4.6-4.6h9.2v9.2h-9.2z", "M0-6.2L6.2 0 0 6.2-6.2 0z", "M0-6.2L6 4.6H-6z")


@dataclass(frozen=True, slots=True)
class Mark:
    """How a group is drawn; the same for as long as the group lives."""

    colour: str  # a token
    shape: str  # an SVG path


def mark_of(group_id: int | None) -> Mark:
    """A group's mark: colour and shape both change from id to id, and their pair returns after twenty."""
    if group_id is None:
        return Mark("--s6", CIRCLE)
    return Mark(COLOURS[group_id % len(COLOURS)], SHAPES[group_id % len(SHAPES)])


def key_of(group_id: int | None) -> str:
    """A group's key in the page's address."""
    return UNGROUPED if group_id is None else str(group_id)


def id_of(key: str) -> int | None:
    """The group's number in a key; None where there is none."""
    return int(key) if re.fullmatch("[0-9]{1,9}", key) else None  # a longer one no database can hold


def name_of(group_id: int | None) -> str:
    """A group that nobody has named, as people call it."""
    return words.UNGROUPED if group_id is None else words.GROUP.format(id=group_id)


def render_map(archive: Archive, templates: Environment, *, most: int = MAP_MOST) -> str:
    """The card with the map; nothing where there is no unknown meter."""
    with Session(archive.engine) as session:
        points, placed = read_map(session, most=most)
        if not points and not count_unknown(session):
            return ""
    groups = {point.group_id for point in points}
    return templates.get_template("groups_map.html").render(
        data=_data(points),
        photos=len(points),
        placed=placed,
        name=words.MAP_NAME.format(photos=words.count_photos(len(points)), groups=len(groups - {None})),
    )


def _data(points: Sequence[MapPoint]) -> dict[str, object]:
    """What scripts/groups_map.js draws."""
    groups = {
        key_of(group_id): {"name": name_of(group_id), "colour": mark_of(group_id).colour, "shape": mark_of(group_id).shape}
        for group_id in {point.group_id for point in points}
    }
    drawn = [[point.id, point.sha256, round(point.x, 4), round(point.y, 4), key_of(point.group_id)] for point in points]
    return {"points": drawn, "groups": groups}
