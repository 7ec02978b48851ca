"""What every page has: our header with the watcher's state, and the page's title."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from jinja2 import Environment
from sqlalchemy.orm import Session

from db.overview import Heartbeat, read_heartbeats
from ui import words
from ui.archive import Archive
from ui.templating import script

BEAT_S = 5.0  # seconds between looks at the watcher


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One page in the navigation. `icon` is an SVG path on a 24 x 24 grid."""

    name: str
    title: str
    href: str
    icon: str


LINKS = (
    Link(name="overview", title=words.OVERVIEW, href="/", icon="M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z"),
    Link(
        name="predict",
        title=words.PREDICT,
        href="/predict",
        icon="M4 8V5h3M17 4h3v3M20 17v3h-3M7 20H4v-3M8.5 12.5l2.5 2.5 4.5-5",
    ),
    Link(name="history", title=words.HISTORY, href="/history", icon="M4 6h2M9 6h11M4 12h2M9 12h11M4 18h2M9 18h7"),
    Link(
        name="groups",
        title=words.GROUPS,
        href="/groups",
        icon="M9 7a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM20 7a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM9 17a2.5 2.5 0 1 1-5 0"
        " 2.5 2.5 0 0 1 5 0zM20 17a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z",
    ),
    Link(
        name="models",
        title=words.models.TITLE,
        href="/models",
        icon="M12 3l8 4.5-8 4.5-8-4.5zM4 12l8 4.5 8-4.5M4 16.5L12 21l8-4.5",
    ),
)
# Private: no handler is offered as an API. Reading a page needs no queue: a plain request answers sooner.
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
DIRECT: dict[str, Any] = {**QUIET, "queue": False}


def bare_html(value: str = "", **given: Any) -> Any:
    """A component for our own markup: none of Gradio's styles. Whatever `value` shows must come from a template."""
    return gr.HTML(value, apply_default_css=False, elem_classes=["bare"], **({"js_on_load": None} | given))


def open_page(name: str, lead: str, archive: Archive, templates: Environment) -> Any:
    """Begin a page: header, title; returns the timer that ticks with the header."""
    gr.Navbar(visible=False)  # ours is in the header
    link = next(link for link in LINKS if link.name == name)
    header = bare_html(
        watcher_mark(None, templates),
        html_template=templates.get_template("header.html").render(pages=LINKS, current=name),
        js_on_load=script("header.js"),
        elem_id="header",
    )
    bare_html(templates.get_template("title.html").render(title=link.title, lead=lead))
    timer = gr.Timer(BEAT_S)
    look = _watcher_reader(archive, templates)
    gr.on([timer.tick, _current_page().load], look, None, header, **DIRECT)
    return timer


def watcher_mark(beat: Heartbeat | None, templates: Environment) -> str:
    """The watcher's state as the header shows it."""
    if beat is None:
        kind, icon, text = "none", "–", words.WATCHER_UNSEEN
    elif beat.alive:
        kind, icon, text = "ok", "✓", words.WATCHER_RUNNING
    elif beat.starting:
        kind, icon, text = "none", "…", words.WATCHER_STARTING
    else:
        kind, icon, text = "bad", "✕", words.WATCHER_STOPPED
    return templates.get_template("watcher.html").render(kind=kind, icon=icon, text=text)


def _watcher_reader(archive: Archive, templates: Environment) -> Callable[[], str]:
    def look() -> str:
        with Session(archive.engine) as session:
            return watcher_mark(read_heartbeats(session, archive.clock()).get("watcher"), templates)

    return look


def _current_page() -> Any:
    return gr.context.Context.root_block
