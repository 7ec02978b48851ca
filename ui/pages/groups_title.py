"""The head above the gallery of the Groups page: what is shown, how many photos, what to do."""

from __future__ import annotations

from jinja2 import Environment

from db.groups import GroupCard
from db.tables import GroupStatus
from ui import words, words_groups
from ui.pages.groups_map import name_of
from ui.pages.groups_prints import can_compare


def title_of(group: GroupCard) -> str:
    """The group as people call it."""
    return group.name or name_of(group.id)


def hint_of(group: GroupCard) -> str:
    """What to know of it, or to do with it."""
    if group.id is None:
        return words.UNGROUPED_HINT
    if can_compare(group):
        return words_groups.COMPARE_HINT
    return words.ALREADY_NAMED.format(name=group.name) if group.status == GroupStatus.NAMED else ""


def render_title(
    title: str, count: str, hint: str, templates: Environment, *, clear: bool = False, can_compare: bool = False
) -> str:
    """The head above the gallery."""
    shown = {"title": title, "count": count, "hint": hint, "clear": clear, "compare": words_groups if can_compare else None}
    return templates.get_template("groups_title.html").render(shown)
