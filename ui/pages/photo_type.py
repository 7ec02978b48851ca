"""A photo's meter type in its detail: what it rests on, what people said of it, and how a person sets it right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from sqlalchemy.orm import Session

from db.labels import JUNK, SAYS_WHAT_IT_IS, Field, Saying, UndoError, said_of, undo
from db.naming import ActError, name_photos, read_type_names
from db.tables import Outcome, Photo
from db.type_acts import correct_type, deny_type
from engine.verdict import UNKNOWN
from ui import words, words_groups, words_types
from ui.archive import Archive
from ui.who import who


@dataclass(frozen=True, kw_only=True, slots=True)
class TypeView:
    """What the detail shows of a photo's type."""

    rests_on: str
    named: str  # the type that a person can deny; empty where there is none
    can_name: bool
    names: tuple[str, ...]  # of types, to choose from
    said: tuple[tuple[Saying, str], ...]


def view_type(session: Session, photo: Photo, templates: Environment) -> TypeView:
    """What is known of a photo's type."""
    said = said_of(session, photo.id)
    filed = photo.outcome == Outcome.FILED and photo.meter_type != JUNK and photo.removed_at is None
    named = photo.meter_type if filed and photo.meter_type not in (None, UNKNOWN) else None
    return TypeView(
        rests_on=_rests_on(photo, said, templates),
        named=named or "",
        can_name=filed,
        names=read_type_names(session) if filed else (),
        said=tuple((each, words_types.saying(each.field, each.value)) for each in said),
    )


def _rests_on(photo: Photo, said: tuple[Saying, ...], templates: Environment) -> str:
    when: Any = templates.filters["when"]
    label = next((each for each in said if each.field in SAYS_WHAT_IT_IS), None)
    if label is not None:
        by_whom = words_types.DISMISSED_BY if label.field == Field.JUNK else words_types.BY_PERSON
        return by_whom.format(by=label.by, when=when(label.at))
    if photo.meter_type == UNKNOWN and photo.contradicted_type:
        return words_types.OTHER_PRINT.format(name=photo.contradicted_type)
    text = words_types.BY_WHAT.get(photo.recognised_by or "", "")
    return text.format(labelled=photo.labelled_photos or 0, details=photo.shared_details or 0)


def press_type(asked: dict[str, Any], archive: Archive) -> tuple[str, ...]:
    """Do what was pressed in a photo's detail, and say what was done or why not."""
    now, photo_id, name = archive.clock(), int(asked["id"]), str(asked.get("name") or "")
    with Session(archive.engine) as session:
        photo = session.get(Photo, photo_id)
        if photo is None:
            return (words_types.GONE,)
        try:
            match asked.get("act"):
                case "deny":
                    said = words_types.not_it(deny_type(session, [photo_id], name, by=who(), now=now), name)
                case "correct":
                    act = name_photos if photo.meter_type == UNKNOWN else correct_type
                    done = act(session, [photo_id], name, by=who(), now=now, known=archive.judge.known_types())
                    said = words.named_now(done.photos, done.name)
                case "undo":
                    back = undo(session, int(asked["of"]), by=who(), now=now)
                    said = words_groups.undone(back)
                case _:
                    return ()
            session.commit()
        except (ActError, UndoError) as error:
            return (str(error),)
    return (said,)
