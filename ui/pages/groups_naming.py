"""The one act of the Groups page: a group, or photos selected on the map, become a meter type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from jinja2 import Environment
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.groups import Selection, are, digest_of, named_group, read_groups
from db.naming import ActError, Naming, Seen, name_group, name_photos
from db.overview import read_heartbeats
from db.tables import GroupStatus, Photo
from ui import words, words_groups
from ui.archive import Archive
from ui.pages.frame import bare_html
from ui.templating import script
from ui.who import who


@dataclass(frozen=True, slots=True)
class Target:
    """A group that a naming would name, and what the person was shown of it."""

    group_id: int
    photos: int
    members: str = ""  # `digest_of` its photos

    @property
    def seen(self) -> Seen:
        """What an act on it compares with what it is then."""
        return self.members or self.photos

    @classmethod
    def of(cls, session: Session, group_id: int) -> Target:
        """A group as it is now."""
        members = session.scalars(select(Photo.id).where(*are(group_id))).all()
        return cls(group_id, len(members), digest_of(members))


@dataclass(frozen=True, slots=True)
class Said:
    """What a naming did, in sentences; or why it did nothing."""

    done: bool
    lines: tuple[str, ...]
    group_id: int | None = None  # where the photos are now, if a whole group was named


def naming_form() -> tuple[gr.Row, gr.Textbox, Any]:
    """Lay out where a name is typed: the row, hidden until there is something to name, its text and its button."""
    with gr.Row(elem_id="naming", visible=False) as naming:
        text = gr.Textbox(
            label=words.TYPE_NAME,
            placeholder=words.TYPE_NAME_EXAMPLE,
            max_lines=1,
            elem_id="type-name",
            scale=3,
            min_width=180,
        )
        button = bare_html(js_on_load=script("groups_name.js"), elem_id="name-button")
    return naming, text, button


def name_button(photos: int | None, templates: Environment) -> str:
    """The button: what it names until photos are ticked; None: nothing."""
    whole = "" if photos is None else words.name_these(photos)
    return templates.get_template("groups_name.html").render(whole=whole, w=words_groups)


def target_now(target: Target, archive: Archive) -> Target | None:
    """The group as it can be named now; None where it is gone, named or dismissed since."""
    with Session(archive.engine) as session:
        cards = read_groups(session)
        now = next((card for card in cards if card.id == target.group_id and card.status == GroupStatus.CANDIDATE), None)
        return Target.of(session, target.group_id) if now else None


def name_target(target: Target | Selection | None, text: str, archive: Archive, *, ticked: Sequence[int] = ()) -> Said:
    """Name the ticked photos, or the group or selection, and say what is next; or say why not and leave everything as it is."""
    picked = Selection(tuple(ticked)) if ticked else target
    if picked is None:
        return Said(False, (words.CHOOSE_GROUP,))
    known = archive.judge.known_types()
    now = archive.clock()
    with Session(archive.engine) as session:
        try:
            if isinstance(picked, Selection):
                naming = name_photos(session, picked.photo_ids, text, by=who(), now=now, known=known)
            else:
                name = name_group(session, picked.group_id, text, seen=picked.seen, by=who(), now=now, known=known)
                naming = Naming(name, picked.photos, left_out=0)
            session.commit()
        except ActError as error:
            return Said(False, (str(error),))
        group_id = named_group(session, naming.name) if isinstance(picked, Target) else None
        watcher = read_heartbeats(session, now).get("watcher")
    files = words.NAMED_FILES if watcher is not None and watcher.alive else words.NAMED_FILES_LATER
    left_out = words.LEFT_OUT.format(photos=words.count_photos(naming.left_out))
    lines = (
        words.named_now(naming.photos, naming.name),
        *([left_out] if naming.left_out else []),
        files.format(name=naming.name),
        *([] if naming.name in known else [words.NAMED_NEXT]),
    )
    return Said(True, lines, group_id)
