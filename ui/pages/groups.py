"""Groups: unknown meters that look alike, as a list, a gallery and a map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
from jinja2 import Environment
from sqlalchemy.orm import Session

from db.groups import MAP_MOST, Members, Selection, read_groups, still_unknown
from db.tables import GroupStatus
from ui import words, words_groups
from ui.archive import Archive
from ui.pages.frame import DIRECT, QUIET, bare_html, open_page
from ui.pages.groups_acts import PICKED_MOST, act_on, rename, render_acts
from ui.pages.groups_follow import render_changes, tell_gone
from ui.pages.groups_gallery import Shown, render_gallery
from ui.pages.groups_list import render_list
from ui.pages.groups_map import id_of, key_of, render_map
from ui.pages.groups_naming import Said, Target, name_button, name_target, naming_form, target_now
from ui.pages.groups_prints import can_compare, compare
from ui.pages.groups_regroup import press_cancel, press_regroup, regroup_state
from ui.pages.groups_title import hint_of, render_title, title_of
from ui.pages.groups_types import TypePhotos, render_types, say, types_now, view_of
from ui.templating import script

SELECTION = "selection"  # what the list calls chosen while the gallery shows photos selected on the map


def build_groups(archive: Archive, templates: Environment) -> None:
    """Lay the page out and wire it."""

    def pick(event: gr.EventData) -> tuple[object, ...]:
        return open_group(str(event.group), archive, templates)

    def lasso(event: gr.EventData) -> tuple[object, ...]:
        return show_selection([int(photo_id) for photo_id in event.photos[:MAP_MOST]], archive, templates)

    def view(event: gr.EventData, members: Shown) -> tuple[object, ...]:
        return show_view(str(event.view), members, archive, templates)

    def tell(event: gr.EventData, target: Target | Selection | None, members: Shown) -> tuple[object, ...]:
        asked = {"act": event.act, "name": event.name, "photos": event.photos}
        return press_say(asked, target, members, archive, templates)

    def turn(event: gr.EventData, members: Shown) -> str:
        return render_gallery(members, archive, templates, after=event.after, first=int(event.first))

    def correct(event: gr.EventData, target: Target | Selection | None, members: Members) -> tuple[object, ...]:
        asked = {"act": event.act, "into": event.into, "photos": event.photos, "seen": getattr(event, "seen", 0)}
        return press_act(asked, target, members, archive, templates)

    def prints(members: Shown) -> Iterator[tuple[object, ...]]:
        yield from press_compare(members, archive, templates)

    def name(event: gr.EventData, target: Target | Selection | None, text: str) -> tuple[object, ...]:
        return press_name(target, text or "", archive, templates, ticked=[int(each) for each in event.photos[:PICKED_MOST]])

    def follow(members: Shown) -> tuple[object, ...]:
        return press_follow(members, archive, templates)

    timer = open_page("groups", words.GROUPS_LEAD, archive, templates)
    members, target = gr.State(None), gr.State(None)
    with gr.Row(equal_height=False, elem_id="groups-page"):
        with gr.Column(scale=1, min_width=250, elem_id="list-column"):
            groups = bare_html(js_on_load=script("groups_list.js"), elem_id="groups")
            regroup = gr.Button(words.REGROUP, elem_id="regroup-button")
            cancel = gr.Button(words_groups.CANCEL, elem_id="cancel-button", visible=False)
            runs = bare_html(elem_id="regroup-runs")
        with gr.Column(scale=3, min_width=320):
            changes = bare_html(js_on_load=script("groups_follow.js"), elem_id="changes")
            title = bare_html(js_on_load=script("groups_title.js"), elem_id="group-title")
            naming, text, button = naming_form()
            notice = bare_html(elem_id="notice")
            acts = bare_html(js_on_load=script("groups_acts.js"), elem_id="group-acts")
            types = bare_html(js_on_load=script("groups_types.js"), elem_id="types")
            gallery = bare_html(js_on_load=script("groups_gallery.js"), elem_id="gallery")
        with gr.Column(scale=1, min_width=320, elem_id="map-column"):
            chart = bare_html(js_on_load=script("groups_map.js"), elem_id="map")
    shown = [notice, text, members, target, groups, title, naming, button, gallery, chart, types, acts]
    groups.open(pick, None, shown, **DIRECT)
    compared = title.compare(prints, members, [notice, gallery], concurrency_limit=1, **QUIET)
    elsewhere: dict[str, Any] = {**DIRECT, "cancels": [compared]}  # its ticks are for the page as it was
    for picked in (groups.pick, chart.pick, title.clear, types.pick):
        picked(pick, None, shown, trigger_mode="always_last", **elsewhere)
    chart.lasso(lasso, None, shown, trigger_mode="always_last", **elsewhere)
    acts.act(correct, [target, members], shown, **elsewhere)
    types.view(view, members, [members, gallery, types], trigger_mode="always_last", **DIRECT)
    types.say(tell, [target, members], shown, **elsewhere)
    timer.tick(lambda members: types_now(members, archive, templates), members, types, **DIRECT)
    timer.tick(lambda: render_changes(archive, templates), None, changes, **DIRECT)
    changes.follow(follow, members, shown, **elsewhere)
    gallery.turn(turn, members, gallery, **DIRECT)
    button.name(name, [target, text], shown, **elsewhere)
    state = [regroup, cancel, runs]
    regroup.click(lambda: press_regroup(archive, templates), None, state, **DIRECT)
    cancel.click(lambda: press_cancel(archive, templates), None, state, **DIRECT)
    gr.on([gr.context.Context.root_block.load, timer.tick], lambda: regroup_state(archive, templates), None, state, **DIRECT)


def open_group(key: str, archive: Archive, templates: Environment) -> tuple[object, ...]:
    """The whole page with the group asked for; where it is gone, with the one that has its photos, and a line that says so."""
    page, asked = show_group(key, archive, templates), id_of(key)
    if asked in (None, page[0]):
        return "", "", *page
    with Session(archive.engine) as session:
        told, into = tell_gone(session, asked)
    return _notice([told], "warn", templates), "", *(show_group(key_of(into), archive, templates) if into else page)


def show_group(key: str, archive: Archive, templates: Environment, *, view: TypePhotos | None = None) -> tuple[object, ...]:
    """The page with one group chosen, the first where `key` names none: members, target, and everything from list to acts.

    `view`: the photos of its type that are shown instead of its own.
    """
    with Session(archive.engine) as session:
        groups = read_groups(session)
    group = next((group for group in groups if key_of(group.id) == key), groups[0] if groups else None)
    listed = render_list(groups, key_of(group.id) if group else "", archive, templates)
    drawn = render_map(archive, templates)
    if group is None:
        empty = render_gallery(None, archive, templates)
        return None, None, listed, "", gr.Row(visible=False), "", empty, drawn, "", ""
    view = view if view and view.group_id == group.id else None  # the group that it belongs to is gone
    nameable = group.id is not None and group.status == GroupStatus.CANDIDATE
    with Session(archive.engine) as session:
        target = Target.of(session, group.id) if nameable and group.id is not None else None
    return (
        view or group.id,
        target,
        listed,
        render_title(
            title_of(group), words.count_photos(group.photos), hint_of(group), templates, can_compare=can_compare(group)
        ),
        gr.Row(visible=nameable or group.id is None),
        name_button(group.photos if nameable else None, templates),
        render_gallery(view or group.id, archive, templates),
        drawn,
        render_types(group, view, archive, templates),
        render_acts(archive, templates, group=group),
    )


def show_selection(
    photo_ids: Sequence[int], archive: Archive, templates: Environment, *, redraw: bool = False
) -> tuple[object, ...]:
    """The whole page with the photos selected on the map; its first group where none of them is unknown any more."""
    with Session(archive.engine) as session:
        groups = read_groups(session)
        selection = still_unknown(session, photo_ids)
    if not selection.photo_ids:
        return _notice([words.SELECTION_GONE], "bad", templates), "", *show_group("", archive, templates)
    photos = len(selection.photo_ids)
    return (
        "",
        gr.skip(),  # a name typed before the line was drawn
        selection,
        selection,
        render_list(groups, SELECTION, archive, templates),
        render_title(words.SELECTED.format(photos=words.count_photos(photos)), "", words.SELECTED_HINT, templates, clear=True),
        gr.Row(visible=True),
        name_button(photos, templates),
        render_gallery(selection, archive, templates),
        render_map(archive, templates) if redraw else gr.skip(),
        "",
        render_acts(archive, templates, group=None),
    )


def show_view(key: str, members: Shown, archive: Archive, templates: Environment) -> tuple[object, ...]:
    """Members, gallery and card once another of a group's views is chosen."""
    group_id = members.group_id if isinstance(members, TypePhotos) else members
    with Session(archive.engine) as session:
        group = next((card for card in read_groups(session) if card.id == group_id), None)
    if group is None:
        return gr.skip(), gr.skip(), gr.skip()
    shown = view_of(key, group) or group.id
    view = shown if isinstance(shown, TypePhotos) else None
    return shown, render_gallery(shown, archive, templates), render_types(group, view, archive, templates)


def press_compare(members: Shown, archive: Archive, templates: Environment) -> Iterator[tuple[object, ...]]:
    """Notice and gallery while a group's photos are compared, at last with those ticked that show another print."""
    if not isinstance(members, int):
        return
    for now in compare(members, archive):
        shown = gr.skip() if now.ticked is None else render_gallery(members, archive, templates, ticked=now.ticked)
        yield _notice(now.lines, now.tone, templates), shown


def press_name(
    target: Target | Selection | None, text: str, archive: Archive, templates: Environment, *, ticked: Sequence[int] = ()
) -> tuple[object, ...]:
    """The whole page after a naming; as it was, with the typed text kept, where it was refused."""
    said = name_target(target, text, archive, ticked=ticked)
    if not said.done:
        return _refused(said, target, text, archive, templates)
    notice = _notice(said.lines, "ok", templates)
    if isinstance(target, Selection) and ticked:
        return notice, "", *show_selection(target.photo_ids, archive, templates, redraw=True)[2:]
    key = "" if isinstance(target, Selection) else key_of(said.group_id or (target.group_id if target else None))
    return notice, "", *show_group(key, archive, templates)


def press_act(
    asked: dict[str, object], target: Target | Selection | None, members: Shown, archive: Archive, templates: Environment
) -> tuple[object, ...]:
    """The whole page after a correction; as it was where it was refused."""
    if asked["act"] == "rename":
        said = rename(asked, members.group_id if isinstance(members, TypePhotos) else members, archive)
    else:
        said = act_on(asked, target, archive)
    return _after(said, members, archive, templates) if said.done else _refused(said, target, gr.skip(), archive, templates)


def press_say(
    asked: dict[str, object], target: Target | Selection | None, members: Shown, archive: Archive, templates: Environment
) -> tuple[object, ...]:
    """The whole page after something was said of a type; where it was refused, with what is so now."""
    said = say(asked, target, archive)
    if said.done:
        return _after(said, members, archive, templates)
    card = types_now(members, archive, templates)
    return _notice(said.lines, "bad", templates), gr.skip(), *[gr.skip()] * 8, card, gr.skip()


def press_follow(members: Shown, archive: Archive, templates: Environment) -> tuple[object, ...]:
    """The page as the groups are now, with what it showed; its notice and a typed name stay, unless their group is gone."""
    if isinstance(members, Selection):
        return show_selection(members.photo_ids, archive, templates, redraw=True)
    view = members if isinstance(members, TypePhotos) else None
    group_id = members.group_id if isinstance(members, TypePhotos) else members
    page = show_group(key_of(group_id), archive, templates, view=view)
    if group_id is None or page[0] in (members, group_id):
        return gr.skip(), gr.skip(), *page
    return open_group(key_of(group_id), archive, templates)


def _after(said: Said, members: Shown, archive: Archive, templates: Environment) -> tuple[object, ...]:
    notice = _notice(said.lines, "ok", templates)
    if said.group_id is not None:
        return notice, "", *show_group(key_of(said.group_id), archive, templates)
    if isinstance(members, TypePhotos):
        return notice, "", *show_group(key_of(members.group_id), archive, templates, view=members)
    return notice, "", *show_group("" if isinstance(members, Selection) else key_of(members), archive, templates)


def _refused(
    said: Said, target: Target | Selection | None, text: object, archive: Archive, templates: Environment
) -> tuple[object, ...]:
    """The page as it was and why; where its group has changed since, as that is now, without a name meant for what is gone."""
    notice = _notice(said.lines, "bad", templates)
    if not isinstance(target, Target):
        return notice, text, *[gr.skip()] * 10
    now = target_now(target, archive)
    if now == target:
        return notice, text, *[gr.skip()] * 10
    return notice, text if now else "", *show_group(key_of(target.group_id), archive, templates)


def _notice(lines: Sequence[str], tone: str, templates: Environment) -> str:
    return templates.get_template("notice.html").render(lines=lines, tone=tone)
