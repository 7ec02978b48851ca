"""History: every photo that arrived, filtered, page by page, with its detail beside it."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr
from jinja2 import Environment
from sqlalchemy.orm import Session

from db.history import COUNT_CAP, Cursor, count_capped, read_choices, read_page, read_photo
from db.jobs import unmoved_photos
from db.near import near_photos
from db.overview import first_arrival
from db.retagging import earlier_judgements
from db.retries import retries_of
from db.tables import Outcome
from engine.quality import by_gravity
from ui import words
from ui.archive import Archive
from ui.pages.frame import DIRECT, bare_html, open_page
from ui.pages.history_query import Asked, parse_query
from ui.pages.history_refused import kept_refused, look_again
from ui.pages.photo_detail import render_photo
from ui.pages.photo_type import press_type, view_type
from ui.templating import is_defect, script


def build_history(archive: Archive, templates: Environment) -> None:
    """Lay the page out and wire it. All state is in the page's address: nothing is lost on reload."""

    def ask(event: gr.EventData) -> str:
        return render_table(parse_query(event.query), archive, templates)

    def arrive(event: gr.EventData) -> tuple[str, str, str]:
        asked = parse_query(event.query)
        return (
            render_filters(asked, archive, templates),
            render_table(asked, archive, templates),
            read_detail(asked.photo, archive, templates),
        )

    def pick(event: gr.EventData) -> str:
        return read_detail(int(event.id), archive, templates)

    def retry_all(event: gr.EventData) -> str:
        said = look_again(archive, reason=str(event.reason), photo_id=None)
        return render_table(parse_query(event.query), archive, templates, said=said)

    def retry_one(event: gr.EventData) -> str:
        said = look_again(archive, reason=None, photo_id=int(event.id))
        return read_detail(int(event.id), archive, templates, said=said)

    def set_type(event: gr.EventData) -> tuple[str, str]:
        asked = {name: getattr(event, name, None) for name in ("id", "act", "name", "of")}
        said = press_type(asked, archive)
        table = replace(parse_query(event.query), photo=int(event.id))
        return read_detail(int(event.id), archive, templates, said=said), render_table(table, archive, templates)

    open_page("history", words.HISTORY_LEAD, archive, templates)
    filters = bare_html(js_on_load=script("history_filters.js"), elem_id="filters")
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            table = bare_html(js_on_load=script("history_table.js"), elem_id="table")
        with gr.Column(scale=1, min_width=320, elem_id="detail-column"):
            detail = bare_html(render_photo(None, archive, templates), js_on_load=script("photo_detail.js"), elem_id="detail")
    table.open(arrive, None, [filters, table, detail], **DIRECT)
    filters.ask(ask, None, table, trigger_mode="always_last", **DIRECT)
    table.turn(ask, None, table, **DIRECT)
    table.pick(pick, None, detail, trigger_mode="always_last", **DIRECT)
    detail.show(pick, None, detail, **DIRECT)
    table.retry(retry_all, None, table, **DIRECT)
    detail.retry(retry_one, None, detail, **DIRECT)
    detail.settype(set_type, None, [detail, table], **DIRECT)


def render_filters(asked: Asked, archive: Archive, templates: Environment) -> str:
    """The filter card with what is asked already filled in."""
    with Session(archive.engine) as session:
        choices = read_choices(session)
    sites = dict.fromkeys((*choices.sites, *asked.filters.sites))
    types = dict.fromkeys((*choices.meter_types, *asked.filters.meter_types))
    return templates.get_template("history_filters.html").render(
        asked=asked,
        sites=[(site, site or words.NO_SITE) for site in sites],
        meter_types=[(name, name) for name in types],
        tags=[(tag, words.tag(tag)) for tag in by_gravity({*words.TAGS, *asked.filters.tags}) if is_defect(tag)],
    )


def render_table(asked: Asked, archive: Archive, templates: Environment, *, said: tuple[str, ...] = ()) -> str:
    """One page of the history as a table, with the count and the ways onward; above refused files what is kept of them."""
    filters = asked.since(archive.clock()).filters
    with Session(archive.engine) as session:
        page = read_page(session, filters, older_than=asked.older, newer_than=asked.newer)
        if not page.photos and (asked.older or asked.newer):  # the place lies beyond the filters: start at the newest
            asked = replace(asked, older=None, newer=None)
            page = read_page(session, filters)
        count = count_capped(session, filters)
        return templates.get_template("history_table.html").render(
            photos=page.photos,
            query=asked.query(older=asked.older, newer=asked.newer, photo=asked.photo),
            selected=asked.photo,
            kept=kept_refused(session, asked) if asked.filters.outcome == Outcome.REFUSED.value else (),
            said=said,
            is_new=not page.photos and first_arrival(session) is None,
            inbox=archive.inbox,
            count=f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}",
            has_newer=page.has_newer,
            has_older=page.has_older,
            newest=asked.query(),
            newer=asked.query(newer=Cursor.of(page.photos[0])) if page.photos else "",
            older=asked.query(older=Cursor.of(page.photos[-1])) if page.photos else "",
        )


def read_detail(photo_id: int | None, archive: Archive, templates: Environment, *, said: tuple[str, ...] = ()) -> str:
    """The detail panel of a photo; `said` is what was just done to it."""
    if photo_id is None:
        return render_photo(None, archive, templates)
    with Session(archive.engine) as session:
        photo = read_photo(session, photo_id)
        if photo is None:
            return render_photo(None, archive, templates, missing=True)
        near = near_photos(session, photo)
        waits = (words.intake.UNMOVED,) if photo.id in unmoved_photos(session)[0] else ()
        return render_photo(
            photo,
            archive,
            templates,
            near=near if len(near) > 1 else (),
            looks=retries_of(session, photo.id),
            earlier=tuple(earlier_judgements(session, photo.id)),
            said=(*said, *waits),
            type_view=view_type(session, photo, templates),
        )
