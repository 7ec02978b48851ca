"""The list of groups: what waits for a name, what has one, and the photos in no group."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment
from sqlalchemy.orm import Session

from db.groups import GroupCard
from db.look_alikes import group_resemblances
from ui import words_types
from ui.archive import Archive
from ui.pages.groups_follow import state_of
from ui.pages.groups_map import key_of, mark_of
from ui.pages.groups_title import title_of


def render_list(groups: Sequence[GroupCard], chosen: str, archive: Archive, templates: Environment) -> str:
    """The list; `chosen`: the key of the group that the page shows."""
    with Session(archive.engine) as session:
        like, state = group_resemblances(session), state_of(session, groups)
    rows = [(key_of(group.id), title_of(group), mark_of(group.id), group) for group in groups]
    return templates.get_template("groups_list.html").render(rows=rows, chosen=chosen, state=state, like=like, w=words_types)
