"""A link to a group that is gone says what became of it, and opens the one that has its photos now."""

from __future__ import annotations

import pytest
from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.group_acts import dismiss, merge_groups, release_photos
from db.labels import undo
from db.naming import name_group
from tests.archive import NOW, store_group, unknown
from tests.ui.pages.test_groups import MakeArchive
from ui.archive import Archive
from ui.pages.groups import open_group


@pytest.fixture
def archive(database: Engine, archive_with: MakeArchive) -> Archive:
    """Four groups that wait for a name, the first the largest."""
    for first, photos in ((10, 4), (20, 3), (30, 2), (40, 2)):
        store_group(database, *(unknown(first + number) for number in range(photos)))
    return archive_with()


def opened(key: str, archive: Archive, templates: Environment) -> tuple[str, object]:
    """The line that is said, and the group that is shown."""
    notice, _, members, *_ = open_group(key, archive, templates)
    return str(notice), members


def test_a_dismissed_group_is_said_to_be_dismissed(archive: Archive, templates: Environment) -> None:
    with Session(archive.engine) as session, session.begin():
        dismiss(session, 3, seen=2, by="ana", now=NOW)
    told, members = opened("3", archive, templates)
    assert ("Group 3 is gone: it was dismissed as no meter." in told, members) == (True, 1)


def test_a_merged_group_is_shown_as_the_one_that_has_its_photos_however_often_it_was_merged(
    archive: Archive, templates: Environment
) -> None:
    with Session(archive.engine) as session, session.begin():
        merge_groups(session, 4, 3, seen=2, by="ana", now=NOW)
        merge_groups(session, 3, 2, seen=4, by="ana", now=NOW)
    told, members = opened("4", archive, templates)
    assert ("Group 4 is gone: it is part of Group 2 now." in told, members) == (True, 2)
    with Session(archive.engine) as session, session.begin():
        undo(session, 2, by="ana", now=NOW)
    assert opened("4", archive, templates)[1] == 3
    assert opened("3", archive, templates) == ("", 3)


def test_a_group_that_got_another_group_s_name_is_shown_as_that(archive: Archive, templates: Environment) -> None:
    with Session(archive.engine) as session, session.begin():
        name_group(session, 2, "HPL 1", seen=3, by="ana", now=NOW)
        name_group(session, 3, "HPL 1", seen=2, by="ana", now=NOW)
    told, members = opened("3", archive, templates)
    assert ("Group 3 is gone: it is part of HPL 1 now." in told, members) == (True, 2)


def test_a_group_without_photos_and_a_number_that_no_group_ever_had_are_told_apart(
    archive: Archive, templates: Environment
) -> None:
    with Session(archive.engine) as session, session.begin():
        release_photos(session, (8, 9), by="ana", now=NOW)
    assert "Group 3 is gone: it has no photos any more." in opened("3", archive, templates)[0]
    assert "There is no Group 77." in opened("77", archive, templates)[0]


@pytest.mark.parametrize("key", ["", "1", "none", "²", "x", "9" * 20])
def test_what_names_no_group_and_a_group_that_is_there_say_nothing(key: str, archive: Archive, templates: Environment) -> None:
    assert opened(key, archive, templates) == ("", 1)
