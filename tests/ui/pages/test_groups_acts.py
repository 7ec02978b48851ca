"""Correcting groups on the page: what is pressed is done for the photos that are ticked, and can be taken back."""

from __future__ import annotations

import re

import pytest
from jinja2 import Environment
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.group_acts import dismiss, move_photos
from db.groups import Selection
from db.naming import name_group
from db.tables import Photo
from tests.archive import NOW, photo, store_group, unknown
from tests.ui.pages.test_groups import MakeArchive
from tests.ui.pages.test_groups import seen as seen_now
from ui.archive import Archive
from ui.pages.groups import press_act, press_name, show_group
from ui.pages.groups_acts import act_on, render_acts
from ui.pages.groups_naming import Target


@pytest.fixture
def two_groups(database: Engine) -> Engine:
    store_group(database, unknown(1), unknown(2), unknown(3))
    store_group(database, unknown(11), unknown(12))
    return database


def groups_of(database: Engine) -> dict[int, int | None]:
    with Session(database) as session:
        return {each.id: each.group_id for each in session.scalars(select(Photo))}


def test_ticked_photos_are_split_off_and_the_undo_puts_them_back(
    two_groups: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    before = groups_of(two_groups)
    shown = press_act({"act": "split", "into": "", "photos": [2, 3]}, Target(1, 3), 1, archive_with(), templates)
    assert "2 photos split off as group 3" in str(shown[0])
    assert groups_of(two_groups) == before | {2: 3, 3: 3}
    assert "undone by" not in str(shown[-1])
    shown = press_act({"act": "undo", "into": "1", "photos": []}, Target(1, 1), 1, archive_with(), templates)
    assert groups_of(two_groups) == before
    assert "undone by pages" in str(shown[-1])


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("split", "2 photos split off as group 3. 1 photo left out: no longer unknown."),
        ("move", "2 photos moved to group 2. 1 photo left out: there already, or no longer unknown."),
        ("release", "2 photos taken out of group 1. 1 photo left out: in no group, or not of a type."),
        ("dismiss", "2 photos dismissed: no meter. 1 photo left out: no longer unknown."),
    ],
)
def test_who_ticked_a_photo_that_another_person_dismissed_meanwhile_is_told(
    database: Engine, archive_with: MakeArchive, act: str, says: str
) -> None:
    store_group(database, unknown(1), unknown(2), unknown(3), unknown(4))
    store_group(database, unknown(11))
    with Session(database) as session, session.begin():
        dismiss(session, Selection((3,)), by="bea", now=NOW)
    assert act_on({"act": act, "into": "2", "photos": [1, 2, 3]}, Target(1, 3), archive_with()).lines == (says,)


def test_of_two_ticked_photos_the_only_one_left_is_not_made_a_group_of_one(two_groups: Engine, archive_with: MakeArchive) -> None:
    with Session(two_groups) as session, session.begin():
        dismiss(session, Selection((3,)), by="bea", now=NOW)
    before = groups_of(two_groups)
    said = act_on({"act": "split", "into": "", "photos": [2, 3]}, Target(1, 2), archive_with())
    assert (said.done, said.lines) == (
        False,
        ("Only one of these 2 photos is still unknown, so none was split off. Look again first.",),
    )
    assert groups_of(two_groups) == before


@pytest.mark.parametrize(
    ("asked", "target", "places"),
    [
        ({"act": "merge", "into": "2", "photos": []}, Target(1, 3), [2, 2, 2, 2, 2]),
        ({"act": "merge", "into": "2", "photos": [1]}, Target(1, 3), [2, 1, 1, 2, 2]),
        ({"act": "move", "into": "2", "photos": [1]}, Target(1, 3), [2, 1, 1, 2, 2]),
        ({"act": "release", "into": "", "photos": [1]}, Target(1, 3), [None, 1, 1, 2, 2]),
        ({"act": "move", "into": "2", "photos": []}, Selection((3,)), [1, 1, 2, 2, 2]),
    ],
)
def test_each_button_does_what_it_says(
    two_groups: Engine, archive_with: MakeArchive, asked: dict[str, object], target: Target | Selection, places: list[int | None]
) -> None:
    assert act_on(asked, target, archive_with()).done
    assert list(groups_of(two_groups).values()) == places


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"act": "split", "into": "", "photos": []}, "Tick the photos"),
        ({"act": "move", "into": "", "photos": [1]}, "other group"),
        ({"act": "merge", "into": "77", "photos": []}, "no Group 77"),
        ({"act": "undo", "into": "5", "photos": []}, "no such act"),
    ],
)
def test_what_cannot_be_done_says_what_to_do_first(
    two_groups: Engine, archive_with: MakeArchive, asked: dict[str, object], says: str
) -> None:
    before = groups_of(two_groups)
    said = act_on(asked, Target(1, 3), archive_with())
    assert not said.done
    assert says in said.lines[0]
    assert groups_of(two_groups) == before


def test_a_dismissed_group_leaves_the_list(two_groups: Engine, archive_with: MakeArchive, templates: Environment) -> None:
    assert act_on({"act": "dismiss", "into": "", "photos": []}, Target(1, 3), archive_with()).done
    assert "Group 1" not in str(show_group("", archive_with(), templates)[2])


def test_a_named_groups_photos_can_be_taken_out_but_not_the_group_dismissed(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    named = store_group(database, photo(1), status="named", name="GENUS5")
    acts = str(show_group(str(named), archive_with(), templates)[-1])
    assert 'data-act="release"' in acts
    assert "Dismiss group" not in acts


@pytest.mark.parametrize("press", ["name", "merge"])
def test_what_is_refused_because_the_group_changed_shows_the_group_as_it_is_now(
    two_groups: Engine, archive_with: MakeArchive, templates: Environment, press: str
) -> None:
    seen = Target(1, 3)

    def again() -> tuple[object, ...]:
        if press == "name":
            return press_name(seen, "HPL1", archive_with(), templates)
        return press_act({"act": "merge", "into": "2", "photos": []}, seen, 1, archive_with(), templates)

    assert act_on({"act": "release", "into": "", "photos": [1]}, seen, archive_with()).done
    notice, text, _, target, *_ = again()
    assert "it now has 2 photos instead of 3" in str(notice)
    assert target == seen_now(1, 2, 3)
    assert text == "HPL1" or press == "merge", "the name is still meant for this group"
    assert press_name(Target(1, 2), "ACME7", archive_with(), templates)[1] == ""
    notice, text, _, target, _, title, *_ = again()
    assert "already named ACME7" in str(notice)
    assert (text, target) == ("", None)
    assert "ACME7" in str(title)


def changes(archive: Archive, templates: Environment) -> list[str]:
    """The lines of "Last changes", the newest first."""
    return re.findall(r"<li[^>]*>\s*<span>([^<]*?)\s*<span", render_acts(archive, templates, group=None))


def test_a_group_s_number_is_not_taken_for_a_type_of_digits_nor_for_a_group_that_has_a_name(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    for first in (1, 11, 21, 31):
        store_group(database, unknown(first), unknown(first + 1))
    archive = archive_with()
    with Session(database) as session, session.begin():
        name_group(session, 2, "1", seen=2, by="ana", now=NOW)  # a type of the other group's number
    press = {"act": "merge", "into": "2", "photos": []}
    assert act_on(press, Target(3, 2), archive).lines == ("2 photos merged into 1.",)
    assert act_on({"act": "move", "into": "1", "photos": [7]}, Target(4, 2), archive).lines == ("1 photo moved to group 1.",)
    assert act_on({"act": "release", "into": "", "photos": [3]}, Target(2, 4), archive).lines == ("1 photo taken out of 1.",)
    release = {"act": "release", "into": "", "photos": [1]}
    assert act_on(release, Target(1, 3), archive).lines == ("1 photo taken out of group 1.",)
    assert changes(archive, templates) == [
        "1 photo taken out of group 1",
        "1 photo taken out of 1",
        "1 photo moved to group 1",
        "2 photos merged into 1",
        "2 photos named 1",
    ]
    assert act_on({"act": "undo", "into": "4", "photos": []}, None, archive).lines == (
        "Taken back: 1 photo taken out of 1. The files move back too.",
    )


def test_a_named_group_is_renamed_as_a_whole_joins_another_of_that_name_and_comes_back(
    two_groups: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    archive = archive_with()
    with Session(two_groups) as session, session.begin():
        name_group(session, 1, "Alpha 1", seen=3, by="ana", now=NOW)
        name_group(session, 2, "Beta", seen=2, by="bea", now=NOW)
    rename = {"act": "rename", "into": "beta", "seen": 3, "photos": []}
    shown = press_act(rename, None, 1, archive, templates)
    assert "3 photos named Beta" in str(shown[0])
    assert shown[2] == 2, "the page shows the group that they joined"
    assert set(groups_of(two_groups).values()) == {2}
    refused = press_act(rename, None, 2, archive, templates)
    assert "it now has 5 photos instead of 3" in str(refused[0])
    assert act_on({"act": "undo", "into": "3", "photos": []}, None, archive).done
    assert list(groups_of(two_groups).values()) == [1, 1, 1, 2, 2]


def test_a_group_named_like_another_joins_it_and_the_page_shows_the_two_as_one(
    two_groups: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    archive = archive_with()
    press_name(Target(1, 3), "Arkada", archive, templates)
    shown = press_name(Target(2, 2), "ARKADA", archive, templates)
    assert "2 photos are now Arkada." in str(shown[0])
    assert shown[2] == 1
    assert str(shown[4]).count("Arkada") == 1


def test_a_group_that_has_other_photos_than_were_seen_is_not_named_though_their_number_is_the_same(
    two_groups: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    target = seen_now(1, 1, 2, 3)
    with Session(two_groups) as session, session.begin():
        move_photos(session, [4], 1, by="ana", now=NOW)
        move_photos(session, [1], 2, by="ana", now=NOW)
    notice, text, members, target_now, *_ = press_name(target, "HPL1", archive_with(), templates)
    assert "3 photos, not those you saw" in str(notice)
    assert (text, members, target_now) == ("HPL1", 1, seen_now(1, 2, 3, 4))


def test_changes_that_can_be_undone_come_before_those_that_were_and_more_are_a_click_away(
    two_groups: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    archive = archive_with()
    with Session(two_groups) as session, session.begin():
        name_group(session, 1, "Alpha 1", seen=3, by="ana", now=NOW)
    for act_id in range(2, 12):
        assert act_on({"act": "split", "into": "", "photos": [4]}, None, archive).done
        assert act_on({"act": "undo", "into": str(act_id), "photos": []}, None, archive).done
    assert changes(archive, templates)[0] == "3 photos named Alpha 1"
    assert len(changes(archive, templates)) == 11
    assert "More (3)" in render_acts(archive, templates, group=None)
