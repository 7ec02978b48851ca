"""A named type on the Groups page: its group's photos, those recognised as it, those that look like it; what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from sqlalchemy.orm import Session

from db.groups import GroupCard, Members, Place, Selection, named_group, read_groups
from db.look_alikes import (
    LookAlike,
    count_look_alikes,
    count_recognised,
    examples_of,
    group_resemblances,
    read_look_alikes,
    read_recognised,
)
from db.naming import ActError, Naming, name_group, read_type_names
from db.tables import GroupStatus, Photo
from db.type_acts import call_too, correct_type, deny_group, deny_type
from engine.recognition.resemblance import FARTHEST, Resemblance
from engine.recognition.sameness import SAME_WITHIN
from ui import words, words_types
from ui.archive import Archive
from ui.pages.groups_map import key_of, name_of
from ui.pages.groups_naming import Said, Target
from ui.who import who

OWN, RECOGNISED, ALIKE = "own", "recognised", "alike"
PICKED_MOST = 60  # a page of the gallery


@dataclass(frozen=True, slots=True)
class TypePhotos:
    """The photos of a view: those that look like a type, or were recognised as it."""

    kind: str  # `RECOGNISED` or `ALIKE`
    name: str
    group_id: int | None  # the group that is chosen in the list


@dataclass(frozen=True, slots=True)
class Tab:
    """One view to choose."""

    key: str
    title: str
    photos: int
    is_shown: bool


@dataclass(frozen=True, slots=True)
class PageOf:
    """One page of a view, with what is known of look-alikes by photo."""

    photos: tuple[Photo, ...]
    total: int
    after: str
    notes: dict[int, LookAlike]


def view_of(key: str, group: GroupCard) -> TypePhotos | None:
    """The view that a tab opens; None for the group's own photos."""
    kind, _, name = key.partition("/")
    if kind not in (RECOGNISED, ALIKE) or not name:
        return None
    return TypePhotos(kind, name, group.id)


def read_view(session: Session, view: TypePhotos, after: Place | None, size: int) -> PageOf:
    """One page of a view."""
    if view.kind == RECOGNISED:
        photos = read_recognised(session, view.name, after=after, size=size)
        return PageOf(photos, count_recognised(session, view.name), str(Place(0.0, photos[-1].id)) if photos else "", {})
    found = read_look_alikes(session, view.name, after=after, size=size)
    total = count_look_alikes(session).get(view.name, 0)
    photos = tuple(each.photo for each in found)
    return PageOf(photos, total, str(found[-1].place) if found else "", {each.photo.id: each for each in found})


def empty_view(view: TypePhotos) -> tuple[str, str]:
    """What an empty view says: what is so, and what to expect."""
    if view.kind == RECOGNISED:
        return words_types.NO_RECOGNISED.format(name=view.name), words_types.NO_RECOGNISED_HINT
    return words_types.NO_ALIKE.format(name=view.name), words_types.NO_ALIKE_HINT


def types_now(shown: Members | TypePhotos, archive: Archive, templates: Environment) -> str:
    """The card as it stands now, for what the page shows; nothing for photos selected on the map."""
    if isinstance(shown, Selection):
        return ""
    group_id = shown.group_id if isinstance(shown, TypePhotos) else shown
    with Session(archive.engine) as session:
        group = next((card for card in read_groups(session) if card.id == group_id), None)
    return render_types(group, shown if isinstance(shown, TypePhotos) else None, archive, templates)


def render_types(group: GroupCard | None, view: TypePhotos | None, archive: Archive, templates: Environment) -> str:
    """The card above the gallery: views to choose from, or that a group looks like a type; nothing where neither is so."""
    if group is None:
        return ""
    with Session(archive.engine) as session:
        if group.status == GroupStatus.CANDIDATE and group.id is not None:
            like = group_resemblances(session).get(group.id)
            examples = examples_of(session, like.name) if like else ()
            return _group_card(group, like, examples, templates) if like else ""
        alike, groups_like = count_look_alikes(session), group_resemblances(session)
        name = view.name if view else group.name
        recognised = count_recognised(session, group.name) if group.name else 0
        examples = examples_of(session, view.name) if view and view.kind == ALIKE else ()
        names = [each for each in read_type_names(session) if each != name]
    tabs = _tabs(group, view, alike, recognised)
    if len(tabs) < 2:
        return ""
    waiting = alike.get(group.name, 0) if group.name and view is None else 0
    like_it = [(key_of(each), name_of(each)) for each, like in groups_like.items() if group.name and like.name == group.name]
    return templates.get_template("groups_types.html").render(
        w=words_types, tabs=tabs, view=view, kind=view.kind if view else OWN, name=name, names=names, examples=examples,
        waiting=waiting, like_it=like_it, group_like=None, proof="",
    )  # fmt: skip


def _group_card(group: GroupCard, like: Resemblance, examples: Sequence[Photo], templates: Environment) -> str:
    return templates.get_template("groups_types.html").render(
        w=words_types, tabs=(), view=None, kind="", name=like.name, names=(), examples=examples, waiting=0, like_it=(),
        group_like=group.photos, proof=_proof(like),
    )  # fmt: skip


def _proof(like: Resemblance) -> str:
    """What its print says of a group that looks like a type."""
    if like.short is None or like.short >= FARTHEST:
        return "none"
    return "same" if like.short <= SAME_WITHIN else "differs"


def _tabs(group: GroupCard, view: TypePhotos | None, alike: dict[str, int], recognised: int) -> list[Tab]:
    shown = f"{view.kind}/{view.name}" if view else OWN
    if group.name:
        given = [
            (OWN, words_types.OWN, group.photos),
            (f"{RECOGNISED}/{group.name}", words_types.RECOGNISED, recognised),
            (f"{ALIKE}/{group.name}", words_types.ALIKE, alike.get(group.name, 0)),
        ]
    else:
        names = {**alike, **({view.name: alike.get(view.name, 0)} if view else {})}
        given = [(OWN, words.UNGROUPED, group.photos)]
        given += [(f"{ALIKE}/{name}", words_types.GROUP_LIKE_CHIP.format(name=name), names[name]) for name in sorted(names)]
    return [Tab(key, title, photos, key == shown) for key, title, photos in given]


def say(asked: dict[str, Any], target: Target | Selection | None, archive: Archive) -> Said:
    """Do what was pressed on the card, or say why not and leave everything as it is."""
    photos = tuple(int(photo_id) for photo_id in list(asked.get("photos") or [])[:PICKED_MOST])
    name, act = str(asked.get("name") or ""), _ACTS.get(str(asked.get("act")))
    if act is None:
        return Said(False, ())
    with Session(archive.engine) as session:
        try:
            lines = act(session, photos, name, target, archive)
            session.commit()
        except ActError as error:
            return Said(False, (str(error),))
        joined = named_group(session, name) if act is _too and isinstance(target, Target) and not photos else None
    return Said(True, lines, joined)


_Act = Callable[[Session, tuple[int, ...], str, Target | Selection | None, Archive], tuple[str, ...]]


def _too(
    session: Session, photos: tuple[int, ...], name: str, target: Target | Selection | None, archive: Archive
) -> tuple[str, ...]:
    if isinstance(target, Target) and not photos:
        name = name_group(session, target.group_id, name, seen=target.seen, by=who(), now=archive.clock())
        return (words.named_now(target.photos, name),)
    return _named(call_too(session, _ticked(photos), name, by=who(), now=archive.clock()))


def _deny(
    session: Session, photos: tuple[int, ...], name: str, target: Target | Selection | None, archive: Archive
) -> tuple[str, ...]:
    if isinstance(target, Target) and not photos:
        done = deny_group(session, target.group_id, name, seen=target.seen, by=who(), now=archive.clock())
    else:
        done = deny_type(session, _ticked(photos), name, by=who(), now=archive.clock())
    return (words_types.not_it(done, name),)


def _correct(
    session: Session, photos: tuple[int, ...], name: str, target: Target | Selection | None, archive: Archive
) -> tuple[str, ...]:
    known = archive.judge.known_types()
    return _named(correct_type(session, _ticked(photos), name, by=who(), now=archive.clock(), known=known))


def _confirm(
    session: Session, photos: tuple[int, ...], name: str, target: Target | Selection | None, archive: Archive
) -> tuple[str, ...]:
    done = correct_type(session, _ticked(photos), name, by=who(), now=archive.clock())
    return words_types.CONFIRMED.format(photos=words.count_photos(done.photos), name=done.name), *_quicker(done)


def _named(done: Naming) -> tuple[str, ...]:
    return words.named_now(done.photos, done.name), *_quicker(done)


def _quicker(done: Naming) -> tuple[str, ...]:
    return (words_types.QUICKER.format(photos=words.count_photos(done.left_out)),) if done.left_out else ()


def _ticked(photos: tuple[int, ...]) -> tuple[int, ...]:
    if not photos:
        raise ActError(words_types.NONE_TICKED)
    return photos


_ACTS: dict[str, _Act] = {"too": _too, "deny": _deny, "correct": _correct, "confirm": _confirm}
