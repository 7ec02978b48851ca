"""Models: which version judges, training the next from labels, the gate's reasons, and what a promotion changed."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
from jinja2 import Environment
from sqlalchemy.orm import Session

from db.jobs import JobKind, ask, open_jobs
from db.overview import read_heartbeats
from db.promoting import promote_version, rollback
from db.training import ask_cancel
from engine.errors import ModelError
from ui import words
from ui.archive import Archive
from ui.pages.frame import DIRECT, bare_html, open_page
from ui.pages.models_curves import LearningCurves
from ui.pages.models_thresholds import view_thresholds
from ui.pages.models_view import TASK, read_view
from ui.templating import script
from ui.who import who

TICK_S = 2.0  # seconds between looks while somebody watches a training


def build_models(archive: Archive, templates: Environment) -> None:
    """Lay the page out and wire it."""

    def act(event: gr.EventData) -> tuple[str, str]:
        said, tone = work(str(event.act), str(event.version), archive)
        notice = templates.get_template("notice.html").render(lines=said, tone=tone)
        return notice, render_models(archive, templates, curves)

    curves = LearningCurves()
    open_page("models", words.models.LEAD, archive, templates)
    timer = gr.Timer(TICK_S)
    notice = bare_html(elem_id="notice")
    shown = bare_html(js_on_load=script("models.js"), elem_id="models")
    page = gr.context.Context.root_block
    gr.on([page.load, timer.tick], lambda: render_models(archive, templates, curves), None, shown, **DIRECT)
    shown.act(act, None, [notice, shown], **DIRECT)


def render_models(archive: Archive, templates: Environment, curves: LearningCurves) -> str:
    """The whole page below its title."""
    with Session(archive.engine) as session:
        view = read_view(session, archive.judge.models_dir, archive.clock())
        learning = curves.read(session, view.current.version if view.current else "")
        return templates.get_template("models.html").render(
            view=view, learning=learning, thresholds=view_thresholds(archive.judge.models_dir)
        )


def work(act: str, version: str, archive: Archive) -> tuple[Sequence[str], str]:
    """Do what a button says: "retrain", "cancel", "rollback" or "promote"; returns what happened in words, and its tone."""
    now = archive.clock()
    with Session(archive.engine) as session:
        try:
            match act:
                case "retrain":
                    if not open_jobs(session, JobKind.RETRAIN):
                        ask(session, JobKind.RETRAIN, {"by": who()}, now)
                        session.commit()
                    return (), "ok"  # the button says so itself
                case "cancel":
                    running = ask_cancel(session, now)
                    session.commit()
                    return ((), "ok") if running else ((words.models.NOTHING_RUNS,), "bad")
                case "rollback":
                    _, version = rollback(session, archive.judge.models_dir, TASK, by=who(), now=now)
                case "promote":
                    promote_version(session, archive.judge.models_dir, TASK, version, by=who(), why="chosen by a person", now=now)
                case _:
                    return (), "ok"
        except ModelError as error:
            return (str(error),), "bad"
        watcher = read_heartbeats(session, now).get("watcher")
    later = words.models.PROMOTED_NEXT if watcher is not None and watcher.alive else words.models.PROMOTED_LATER
    return (words.models.PROMOTED.format(version=version), later), "ok"
