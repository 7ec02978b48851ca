"""The buttons that ask the daemon to group the unknown meters now, or to stop; when it last did, and when it will again."""

from __future__ import annotations

import gradio as gr
from jinja2 import Environment
from sqlalchemy.orm import Session

from db.jobs import JobKind, ask_cancel, ask_regroup, is_regroup_asked, open_jobs
from db.overview import read_heartbeats
from ui import words, words_groups
from ui.archive import Archive
from ui.pages.overview_services import grouping_runs


def press_regroup(archive: Archive, templates: Environment) -> tuple[object, ...]:
    """Ask for a regroup, once."""
    with Session(archive.engine) as session:
        ask_regroup(session, archive.clock())
        session.commit()
    return regroup_state(archive, templates)


def press_cancel(archive: Archive, templates: Environment) -> tuple[object, ...]:
    """Ask to end the regroup that runs or waits, once."""
    with Session(archive.engine) as session:
        ask_cancel(session, archive.clock())
        session.commit()
    return regroup_state(archive, templates)


def regroup_state(archive: Archive, templates: Environment) -> tuple[object, ...]:
    """The button to ask, the button to cancel, and the last and next run."""
    with Session(archive.engine) as session:
        asked, runs, _ = _standing(session, archive)
        grouping = read_heartbeats(session, archive.clock()).get("grouping")
        cancelling = bool(open_jobs(session, JobKind.CANCEL_REGROUP))
    text = words_groups.CANCELLING if cancelling else words_groups.CANCEL
    return (
        regroup_button(archive),
        gr.Button(text, visible=asked or runs, interactive=not cancelling),
        templates.get_template("hint.html").render(text=" · ".join(filter(None, grouping_runs(grouping, archive, running=runs)))),
    )


def regroup_button(archive: Archive) -> object:
    """The button as it is now: what is asked for already cannot be asked for again."""
    with Session(archive.engine) as session:
        asked, runs, alive = _standing(session, archive)
    if runs:
        return gr.Button(words.REGROUP_RUNS, interactive=False)
    if asked:
        return gr.Button(words.REGROUP_ASKED if alive else words.REGROUP_WAITS, interactive=False)
    return gr.Button(words.REGROUP, interactive=True)


def _standing(session: Session, archive: Archive) -> tuple[bool, bool, bool]:
    """Whether a regrouping is asked for, whether one runs, and whether a daemon is there: one ends with its daemon."""
    beats = read_heartbeats(session, archive.clock())
    watcher, grouping = beats.get("watcher"), beats.get("grouping")
    alive = watcher is not None and watcher.alive
    return is_regroup_asked(session), alive and grouping is not None and grouping.state == "running", alive
