"""The gallery of the Groups page: one page of a group's, a selection's or a type's photos, each to be ticked."""

from __future__ import annotations

from collections.abc import Collection

from jinja2 import Environment
from sqlalchemy.orm import Session

from db.groups import Members, Place, count_members, read_members
from ui import words, words_groups, words_types
from ui.archive import Archive
from ui.pages.groups_types import PageOf, TypePhotos, empty_view, read_view

GALLERY = 60  # photos a page
Shown = Members | TypePhotos


def render_gallery(
    members: Shown,
    archive: Archive,
    templates: Environment,
    *,
    after: str = "",
    first: int = 1,
    ticked: Collection[int] = (),
) -> str:
    """One page of a group's or selection's photos, those to be ticked and the most typical first; `first` numbers its first."""
    try:
        place = Place.parse(after) if after else None
    except ValueError:
        place, first = None, 1
    with Session(archive.engine) as session:
        if isinstance(members, TypePhotos):
            page = read_view(session, members, place, GALLERY)
        else:
            photos = read_members(session, members, after=place, size=GALLERY)
            page = PageOf(photos, count_members(session, members), str(Place.of(photos[-1])) if photos else "", {})
        return templates.get_template("groups_gallery.html").render(
            photos=sorted(page.photos, key=lambda photo: photo.id not in ticked),
            ticked=ticked,
            g=words_groups,
            first=first,
            last=first + len(page.photos) - 1,
            all=page.total,
            after=page.after,
            notes=page.notes,
            w=words_types,
            empty=empty_view(members) if isinstance(members, TypePhotos) else (words.NO_GROUP, words.NO_GROUP_HINT),
        )
