"""The map's card: which points it gets, what it says, and the marks of the groups."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from itertools import pairwise

from jinja2 import Environment
from sqlalchemy import Engine

from tests.archive import photo, store, store_group, unknown
from ui.archive import Archive
from ui.pages.groups_map import mark_of, render_map

MakeArchive = Callable[..., Archive]


def test_twenty_groups_in_a_row_have_twenty_marks_and_neighbours_differ_in_colour_and_shape() -> None:
    marks = [mark_of(group_id) for group_id in range(1, 21)]
    assert len(set(marks)) == 20
    assert mark_of(None) not in marks
    for one, other in pairwise(marks):
        assert one.colour != other.colour
        assert one.shape != other.shape


def test_each_point_carries_its_photo_place_and_group(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    member, lone = unknown(1, map_x=0.123456, map_y=1.0), unknown(2, map_x=0.0, map_y=0.5)
    group = store_group(database, member)
    store(database, lone, photo(3))
    card = render_map(archive_with(), templates)
    found = re.search("data-map='([^']*)'", card)
    assert found
    data = json.loads(html.unescape(found.group(1)))
    assert data["points"] == [[lone.id, lone.sha256, 0.0, 0.5, "none"], [member.id, member.sha256, 0.1235, 1.0, str(group)]]
    assert {key: value["name"] for key, value in data["groups"].items()} == {str(group): f"Group {group}", "none": "Ungrouped"}
    assert 'aria-label="Map of 2 photos of unknown meters; groups: 1.' in card
    assert "Only the newest" not in card


def test_a_map_that_leaves_photos_out_says_so(database: Engine, archive_with: MakeArchive, templates: Environment) -> None:
    store(database, *(unknown(number, map_x=0.1, map_y=0.1) for number in range(3)))
    assert "Only the newest 2 of 3 are drawn." in render_map(archive_with(), templates, most=2)


def test_before_the_first_regrouping_the_map_is_announced_and_without_unknowns_there_is_none(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, photo(1))
    assert render_map(archive_with(), templates) == ""
    store(database, unknown(2))
    card = render_map(archive_with(), templates)
    assert "The next regrouping draws it." in card
    assert "<canvas" not in card
