"""Groups: unknown meters that look alike, and the one act that turns a group into a meter type."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr
from jinja2 import Environment
from sqlalchemy.orm import Session

from db.groups import (
    GroupCard,
    NamingError,
    Place,
    count_members,
    name_group,
    read_groups,
    read_members,
)
from db.jobs import ask_regroup, is_regroup_asked
from db.overview import read_heartbeats
from db.tables import GroupStatus
from ui import words
from ui.archive import Archive
from ui.pages.frame import DIRECT, bare_html, open_page
from ui.templating import script

GALLERY = 60  # photos a page
UNGROUPED = "none"  # the key of the ungrouped in the page's address
BY = "pages"  # who named: there is no login yet


@dataclass(frozen=True, slots=True)
class Target:
    """What a naming would name: the group, and how many photos the person was shown."""

    group_id: int
    photos: int


def build_groups(archive: Archive, templates: Environment) -> None:
    """Lay the page out and wire it."""

    def pick(event: gr.EventData) -> tuple[object, ...]:
        return "", "", *show_group(str(event.group), archive, templates)

    def turn(event: gr.EventData, key: str) -> str:
        return render_gallery(key, archive, templates, after=event.after, first=int(event.first))

    def name(target: Target | None, text: str) -> tuple[object, ...]:
        return name_target(target, text or "", archive, templates)

    timer = open_page("groups", words.GROUPS_LEAD, archive, templates)
    key, target = gr.State(""), gr.State(None)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=250):
            groups = bare_html(js_on_load=script("groups_list.js"), elem_id="groups")
            regroup = gr.Button(words.REGROUP, elem_id="regroup-button")
        with gr.Column(scale=4, min_width=520):
            title = bare_html(elem_id="group-title")
            with gr.Row(elem_id="naming", visible=False) as naming:
                text = gr.Textbox(
                    label=words.TYPE_NAME,
                    placeholder=words.TYPE_NAME_EXAMPLE,
                    max_lines=1,
                    elem_id="type-name",
                    scale=3,
                    min_width=180,
                )
                button = gr.Button(words.NAME_NONE, variant="primary", elem_id="name-button", scale=1, min_width=190)
            notice = bare_html(elem_id="notice")
            gallery = bare_html(js_on_load=script("groups_gallery.js"), elem_id="gallery")
    shown = [notice, text, key, target, groups, title, naming, button, gallery]
    groups.open(pick, None, shown, **DIRECT)
    groups.pick(pick, None, shown, trigger_mode="always_last", **DIRECT)
    gallery.turn(turn, key, gallery, **DIRECT)
    gr.on([button.click, text.submit], name, [target, text], shown, **DIRECT)
    regroup.click(lambda: press_regroup(archive), None, regroup, **DIRECT)
    timer.tick(lambda: regroup_button(archive), None, regroup, **DIRECT)


def show_group(key: str, archive: Archive, templates: Environment) -> tuple[object, ...]:
    """The page with one group chosen; the first where `key` names none: key, target, list, title, naming, button, gallery."""
    with Session(archive.engine) as session:
        groups = read_groups(session)
    group = next((group for group in groups if key_of(group) == key), groups[0] if groups else None)
    listed = templates.get_template("groups_list.html").render(groups=groups, chosen=key_of(group) if group else "")
    if group is None:
        return "", None, listed, "", gr.Row(visible=False), gr.Button(), render_gallery("", archive, templates)
    nameable = group.id is not None and group.status == GroupStatus.CANDIDATE
    photos = words.count_photos(group.photos)
    return (
        key_of(group),
        Target(group.id, group.photos) if nameable and group.id is not None else None,
        listed,
        templates.get_template("groups_title.html").render(title=title_of(group), count=photos, hint=_hint(group)),
        gr.Row(visible=nameable),
        gr.Button(words.NAME_THESE.format(photos=photos)),
        render_gallery(key_of(group), archive, templates),
    )


def render_gallery(key: str, archive: Archive, templates: Environment, *, after: str = "", first: int = 1) -> str:
    """One page of a group's photos, most typical first; `first` is the number of the page's first photo."""
    group_id = int(key) if key.isdigit() else None
    try:
        place = Place.parse(after) if after else None
    except ValueError:
        place, first = None, 1
    with Session(archive.engine) as session:
        photos = read_members(session, group_id, after=place, size=GALLERY)
        total = count_members(session, group_id)
        return templates.get_template("groups_gallery.html").render(
            photos=photos,
            first=first,
            last=first + len(photos) - 1,
            all=total,
            after=str(Place.of(photos[-1])) if photos else "",
        )


def name_target(target: Target | None, text: str, archive: Archive, templates: Environment) -> tuple[object, ...]:
    """Name the group and say what happens next, or say why not and leave everything as it is."""
    if target is None:
        return _notice([words.CHOOSE_GROUP], "bad", templates), text, *[gr.skip()] * 7
    now = archive.clock()
    with Session(archive.engine) as session:
        try:
            known = archive.judge.known_types()
            name = name_group(session, target.group_id, text, seen=target.photos, by=BY, now=now, known=known)
            session.commit()
        except NamingError as error:
            return _notice([str(error)], "bad", templates), text, *[gr.skip()] * 7
        watcher = read_heartbeats(session, now).get("watcher")
    files = words.NAMED_FILES if watcher is not None and watcher.alive else words.NAMED_FILES_LATER
    lines = [
        words.NAMED_NOW.format(photos=words.count_photos(target.photos), name=name),
        files.format(name=name),
        *([] if name in known else [words.NAMED_NEXT]),
    ]
    return _notice(lines, "ok", templates), "", *show_group(str(target.group_id), archive, templates)


def press_regroup(archive: Archive) -> object:
    """Ask for a regroup, once."""
    with Session(archive.engine) as session:
        ask_regroup(session, archive.clock())
        session.commit()
    return regroup_button(archive)


def regroup_button(archive: Archive) -> object:
    """The button as it is now: what is asked for already cannot be asked for again."""
    now = archive.clock()
    with Session(archive.engine) as session:
        asked = is_regroup_asked(session)
        beats = read_heartbeats(session, now)
    watcher, grouping = beats.get("watcher"), beats.get("grouping")
    alive = watcher is not None and watcher.alive
    if alive and grouping is not None and grouping.state == "running":
        return gr.Button(words.REGROUP_RUNS, interactive=False)
    if asked:
        return gr.Button(words.REGROUP_ASKED if alive else words.REGROUP_WAITS, interactive=False)
    return gr.Button(words.REGROUP, interactive=True)


def key_of(group: GroupCard) -> str:
    """The group's key in the page's address."""
    return UNGROUPED if group.id is None else str(group.id)


def title_of(group: GroupCard) -> str:
    """The group as people call it."""
    return group.name or (words.UNGROUPED if group.id is None else words.GROUP.format(id=group.id))


def _hint(group: GroupCard) -> str:
    if group.id is None:
        return words.UNGROUPED_HINT
    return words.ALREADY_NAMED.format(name=group.name) if group.status == GroupStatus.NAMED else ""


def _notice(lines: list[str], tone: str, templates: Environment) -> str:
    return templates.get_template("notice.html").render(lines=lines, tone=tone)
