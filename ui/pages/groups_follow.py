"""Whether the groups changed since the page was drawn: a regrouping, a newcomer that joined, another person's act."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from jinja2 import Environment
from sqlalchemy.orm import Session

from db.gone import say_gone, what_became
from db.groups import GroupCard, read_groups
from db.labels import labels_state
from db.look_alikes import count_look_alikes, group_resemblances
from db.records import service
from db.tables import GroupStatus
from ui import words_groups
from ui.archive import Archive


def state_of(session: Session, groups: Sequence[GroupCard]) -> str:
    """A text that changes whenever list, gallery, map or last changes would look different."""
    grouping = service(session, "grouping")
    ended = grouping.detail.get("last_ended") if grouping else None  # the map has new places
    like = sorted(group_resemblances(session).items(), key=lambda each: each[0])
    shown = (*groups, *like, *count_look_alikes(session).items(), labels_state(session), ended)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def render_changes(archive: Archive, templates: Environment) -> str:
    """What stands now, for scripts/groups_follow.js to compare with what the page shows; and a line to click, hidden."""
    with Session(archive.engine) as session:
        state = state_of(session, read_groups(session))
    return templates.get_template("groups_changes.html").render(now=state, w=words_groups)


def tell_gone(session: Session, group_id: int) -> tuple[str, int | None]:
    """What became of a group that is not listed, and the group that has its photos now, where there is one."""
    now = what_became(session, group_id)
    is_open = now is not None and now.id != group_id and now.status in (GroupStatus.CANDIDATE, GroupStatus.NAMED)
    return say_gone(session, group_id), now.id if now is not None and is_open else None
