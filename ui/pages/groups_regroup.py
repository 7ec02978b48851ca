"""The button that asks the daemon to group the unknown meters now."""

from __future__ import annotations

import gradio as gr
from sqlalchemy.orm import Session

from db.jobs import ask_regroup, is_regroup_asked
from db.overview import read_heartbeats
from ui import words
from ui.archive import Archive


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
