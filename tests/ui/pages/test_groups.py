"""The Groups page: what is shown of a group or a selection, and what a naming says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from jinja2 import Environment
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.group_acts import merge_groups
from db.groups import Selection, digest_of
from db.look_alikes import note_group
from db.naming import name_group
from db.tables import Job, Label, Photo, PhotoGroup, Service
from engine.recognition.resemblance import Resemblance
from tests.archive import NOW, photo, store, store_group, unknown
from ui.archive import Archive
from ui.pages.groups import press_follow, press_name, show_group, show_selection
from ui.pages.groups_follow import render_changes
from ui.pages.groups_gallery import GALLERY, render_gallery
from ui.pages.groups_naming import Target
from ui.pages.groups_regroup import press_cancel, press_regroup, regroup_button, regroup_state
from ui.pages.groups_types import say

MakeArchive = Callable[..., Archive]


def beat(database: Engine, age_s: int) -> None:
    store(database, Service(name="watcher", beat_at=NOW - timedelta(seconds=age_s), state="running", detail={}))


def seen(group_id: int, *photo_ids: int) -> Target:
    """A group as the page shows it."""
    return Target(group_id, len(photo_ids), digest_of(photo_ids))


def said(database: Engine, archive: Archive, templates: Environment, text: str) -> str:
    group = store_group(database, unknown(1), unknown(2))
    return str(press_name(Target(group, 2), text, archive, templates)[0])


def test_a_naming_says_that_files_move_now_while_the_watcher_runs(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    beat(database, age_s=2)
    notice = said(database, archive_with(), templates, "ACME7")
    assert "2 photos are now ACME7." in notice
    assert "move to the folder ACME7 now" in notice
    assert "recognised from these labelled photos" in notice


def test_a_naming_says_that_files_move_later_while_the_watcher_is_stopped(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    beat(database, age_s=600)
    assert "as soon as the watcher runs" in said(database, archive_with(), templates, "ACME7")


def test_a_type_the_model_knows_needs_no_training(database: Engine, archive_with: MakeArchive, templates: Environment) -> None:
    notice = said(database, archive_with(types=("ACME7",)), templates, "acme7")
    assert "2 photos are now ACME7." in notice
    assert "training" not in notice


@pytest.mark.parametrize(("text", "photos"), [("../up", 2), ("", 2), ("ACME7", 3)])
def test_a_refused_naming_is_an_alert_keeps_the_text_and_stores_nothing(
    database: Engine, archive_with: MakeArchive, templates: Environment, text: str, photos: int
) -> None:
    group = store_group(database, unknown(1), unknown(2))
    notice, kept, *_ = press_name(Target(group, photos), text, archive_with(), templates)
    assert 'role="alert"' in str(notice)
    assert kept == text
    with Session(database) as session:
        assert session.get_one(PhotoGroup, group).name is None
        assert session.scalars(select(Job)).all() == []


def test_without_a_target_nothing_is_named(archive_with: MakeArchive, templates: Environment) -> None:
    assert "Choose a group, or tick photos, first" in str(press_name(None, "ACME7", archive_with(), templates)[0])


def test_only_a_candidate_is_a_target(database: Engine, archive_with: MakeArchive, templates: Environment) -> None:
    candidate = store_group(database, unknown(1), unknown(2), unknown(3))
    named = store_group(database, photo(4), status="named", name="GENUS5")
    store(database, unknown(5))
    targets = {key: show_group(key, archive_with(), templates)[1] for key in (str(candidate), str(named), "none", "no such")}
    assert targets == {
        str(candidate): seen(candidate, 1, 2, 3),
        str(named): None,
        "none": None,
        "no such": seen(candidate, 1, 2, 3),
    }


def test_a_selection_is_shown_with_its_count_as_the_target_of_the_naming(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    members, lone, known = [unknown(1), unknown(2)], unknown(3), photo(4)
    store_group(database, *members)
    store(database, lone, known)
    shown = show_selection([members[0].id, lone.id, known.id, 999], archive_with(), templates)
    _, _, selection, target, listed, title, _, button, gallery, *_ = shown
    assert selection == target == Selection((members[0].id, lone.id))
    assert 'aria-pressed="true"' not in str(listed)
    assert "2 photos selected on the map" in str(title)
    assert "Clear selection" in str(title)
    assert ">Name these 2 photos<" in str(button)
    assert str(gallery).count("<img loading") == 2


def test_a_selection_of_photos_that_all_have_a_type_now_shows_what_is_left(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    group = store_group(database, unknown(1))
    known = photo(2)
    store(database, known)
    notice, _, members, target, *_ = show_selection([known.id], archive_with(), templates)
    assert "still unknown" in str(notice)
    assert (members, target) == (group, seen(group, 1))


def test_a_naming_of_a_selection_says_how_many_were_left_out(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    open_, known = unknown(1), photo(2)
    store(database, open_, known)
    notice = str(press_name(Selection((open_.id, known.id)), "ACME7", archive_with(), templates)[0])
    assert "1 photo is now ACME7." in notice
    assert "1 photo of the selection had a type already" in notice
    with Session(database) as session:
        assert [session.get_one(Photo, row.id).meter_type for row in (open_, known)] == ["ACME7", "GENUS5"]


def test_the_gallery_says_which_photos_of_how_many(database: Engine, archive_with: MakeArchive, templates: Environment) -> None:
    group = store_group(database, *(unknown(number) for number in range(GALLERY + 5)))
    first = render_gallery(group, archive_with(), templates)
    assert f"1–{GALLERY} of {GALLERY + 5}" in first
    after = first.split('data-turn="')[1].split('"')[0]
    second = render_gallery(group, archive_with(), templates, after=after, first=GALLERY + 1)
    assert f"{GALLERY + 1}–{GALLERY + 5} of {GALLERY + 5}" in second
    assert second.count("<img loading") == 5


def test_the_last_and_the_next_run_are_shown_and_a_run_can_be_cancelled_once(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    archive = archive_with()
    _, cancel, runs = regroup_state(archive, templates)
    assert not cancel.visible  # type: ignore[attr-defined]
    assert "no run yet" in str(runs)
    press_regroup(archive, templates)
    _, cancel, _ = press_cancel(archive, templates)
    assert (cancel.value, cancel.interactive) == ("Cancelling…", False)  # type: ignore[attr-defined]


def test_the_regroup_button_says_what_is_going_on(database: Engine, archive_with: MakeArchive, templates: Environment) -> None:
    archive = archive_with()
    assert regroup_button(archive).value == "Regroup now"  # type: ignore[attr-defined]
    waits, cancel, _ = press_regroup(archive, templates)
    assert cancel.visible  # type: ignore[attr-defined]
    assert (waits.value, waits.interactive) == (  # type: ignore[attr-defined]
        "Regrouping is asked for; it starts as soon as the watcher runs.",
        False,
    )
    beat(database, age_s=1)
    assert regroup_button(archive).value == "Regrouping is asked for."  # type: ignore[attr-defined]
    store(database, Service(name="grouping", beat_at=NOW, state="running", detail={}))
    assert regroup_button(archive).value == "Regrouping…"  # type: ignore[attr-defined]


def test_a_regrouping_that_ended_with_its_killed_daemon_cannot_be_cancelled(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, Service(name="grouping", beat_at=NOW, state="running", detail={}))
    beat(database, age_s=600)
    button, cancel, _ = regroup_state(archive_with(), templates)
    assert (button.value, cancel.visible) == ("Regroup now", False)  # type: ignore[attr-defined]


def test_the_page_follows_with_the_group_it_showed_or_says_that_it_is_gone(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    archive = archive_with()
    first, second = store_group(database, unknown(1), unknown(2)), store_group(database, unknown(3))
    before = render_changes(archive, templates)
    with Session(database) as session, session.begin():
        merge_groups(session, second, first, seen=1, by="ana", now=NOW)
    assert render_changes(archive, templates) != before
    _, _, members, target, *_ = press_follow(first, archive, templates)
    assert (members, target) == (first, seen(first, 1, 2, 3))
    notice, text, members, *_ = press_follow(second, archive, templates)
    assert (text, members) == ("", first)
    assert "Group 2 is gone" in str(notice)


def test_a_selection_on_the_map_stays_selected_while_the_page_follows(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, unknown(1), unknown(2, map_x=0.5, map_y=0.5))
    _, _, members, *_, chart, _, _ = press_follow(Selection((2,)), archive_with(), templates)
    assert members == Selection((2,))
    assert "data-map" in str(chart)


@pytest.mark.parametrize(("short", "says"), [(1.2, "print is the same"), (3.0, "print differs"), (None, "cannot be compared")])
def test_only_a_group_of_the_same_print_has_the_named_type_as_its_first_choice(
    database: Engine, archive_with: MakeArchive, templates: Environment, short: float | None, says: str
) -> None:
    named, group = store_group(database, unknown(1)), store_group(database, unknown(2), unknown(3))
    with Session(database) as session, session.begin():
        name_group(session, named, "ACME 7", seen=1, by="ana", now=NOW)
        note_group(session, group, Resemblance(name="ACME 7", details=30, short=short))
    card = str(show_group(str(group), archive_with(), templates)[-2])
    assert says in card
    assert ('class="small strong" data-say="too"' in card) is (short == 1.2)


@pytest.mark.parametrize("place", ["group", "ungrouped", "map"])
def test_only_the_ticked_photos_are_named_and_the_others_stay_where_they_are(
    database: Engine, archive_with: MakeArchive, templates: Environment, place: str
) -> None:
    rows = [unknown(number) for number in range(1, 7)]
    if place == "group":
        store_group(database, *rows)
    else:
        store(database, *rows)
    target = {"group": Target(1, 6), "ungrouped": None, "map": Selection((1, 2, 3))}[place]
    notice, text, members, now, *_ = press_name(target, "ACME7", archive_with(), templates, ticked=[2, 3])
    assert "2 photos are now ACME7." in str(notice)
    assert text == ""
    assert (members, now) == {"group": (1, seen(1, 1, 4, 5, 6)), "ungrouped": (None, None), "map": (Selection((1,)),) * 2}[place]
    with Session(database) as session:
        assert [session.get_one(Photo, row.id).meter_type for row in rows] == ["UNKNOWN", "ACME7", "ACME7", *["UNKNOWN"] * 3]
        assert {session.get_one(Photo, row.id).group_id for row in (rows[1], rows[2])} == {None}


def test_the_ungrouped_can_be_named_as_soon_as_some_are_ticked(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, unknown(1))
    *_, naming, button, _, _, _, _ = show_group("none", archive_with(), templates)
    assert naming.visible  # type: ignore[attr-defined]
    assert "disabled>Name ticked photos<" in str(button)


def test_a_look_alike_group_s_ticked_photos_alone_get_the_name_or_the_denial(database: Engine, archive_with: MakeArchive) -> None:
    store_group(database, unknown(1))
    store_group(database, unknown(2), unknown(3), unknown(4))
    with Session(database) as session, session.begin():
        name_group(session, 1, "ACME 7", seen=1, by="ana", now=NOW)
    assert say({"act": "too", "name": "ACME 7", "photos": [2]}, Target(2, 3), archive_with()).done
    assert say({"act": "deny", "name": "ACME 7", "photos": [3]}, Target(2, 2), archive_with()).done
    with Session(database) as session:
        assert [session.get_one(Photo, photo_id).meter_type for photo_id in (2, 3, 4)] == ["ACME 7", "UNKNOWN", "UNKNOWN"]
        assert list(session.scalars(select(Label.photo_id).where(Label.field == "not_type"))) == [3]
