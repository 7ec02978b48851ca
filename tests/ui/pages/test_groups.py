"""Naming a group: what is said, and what happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from jinja2 import Environment
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.tables import Job, PhotoGroup, Service
from tests.archive import NOW, photo, store, store_group, unknown
from ui.archive import Archive
from ui.pages.groups import GALLERY, Target, name_target, press_regroup, regroup_button, render_gallery, show_group

MakeArchive = Callable[..., Archive]


def beat(database: Engine, age_s: int) -> None:
    store(database, Service(name="watcher", beat_at=NOW - timedelta(seconds=age_s), state="running", detail={}))


def said(database: Engine, archive: Archive, templates: Environment, text: str, seen: int = 2) -> str:
    group = store_group(database, unknown(1), unknown(2))
    return str(name_target(Target(group, seen), text, archive, templates)[0])


def test_a_naming_says_that_files_move_now_while_the_watcher_runs(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    beat(database, age_s=2)
    notice = said(database, archive_with(), templates, "ACME7")
    assert "2 photos are now ACME7." in notice
    assert "move to the folder ACME7 now" in notice
    assert "after the next training" in notice


def test_a_naming_says_that_files_move_later_while_the_watcher_is_stopped(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    beat(database, age_s=600)
    assert "as soon as the watcher runs" in said(database, archive_with(), templates, "ACME7")


def test_a_type_the_model_knows_needs_no_training(database: Engine, archive_with: MakeArchive, templates: Environment) -> None:
    notice = said(database, archive_with(types=("ACME7",)), templates, "acme7")
    assert "2 photos are now ACME7." in notice
    assert "training" not in notice


@pytest.mark.parametrize(("text", "seen"), [("../up", 2), ("", 2), ("ACME7", 3)])
def test_a_refused_naming_is_an_alert_keeps_the_text_and_stores_nothing(
    database: Engine, archive_with: MakeArchive, templates: Environment, text: str, seen: int
) -> None:
    group = store_group(database, unknown(1), unknown(2))
    notice, kept, *_ = name_target(Target(group, seen), text, archive_with(), templates)
    assert 'role="alert"' in str(notice)
    assert kept == text
    with Session(database) as session:
        assert session.get_one(PhotoGroup, group).name is None
        assert session.scalars(select(Job)).all() == []


def test_without_a_target_nothing_is_named(archive_with: MakeArchive, templates: Environment) -> None:
    assert "Choose a group first" in str(name_target(None, "ACME7", archive_with(), templates)[0])


def test_only_a_candidate_is_a_target(database: Engine, archive_with: MakeArchive, templates: Environment) -> None:
    candidate = store_group(database, unknown(1), unknown(2), unknown(3))
    named = store_group(database, photo(4), status="named", name="GENUS5")
    store(database, unknown(5))
    targets = {key: show_group(key, archive_with(), templates)[1] for key in (str(candidate), str(named), "none", "no such")}
    assert targets == {str(candidate): Target(candidate, 3), str(named): None, "none": None, "no such": Target(candidate, 3)}


def test_the_gallery_says_which_photos_of_how_many(database: Engine, archive_with: MakeArchive, templates: Environment) -> None:
    group = store_group(database, *(unknown(number) for number in range(GALLERY + 5)))
    first = render_gallery(str(group), archive_with(), templates)
    assert f"1–{GALLERY} of {GALLERY + 5}" in first
    after = first.split('data-turn="')[1].split('"')[0]
    second = render_gallery(str(group), archive_with(), templates, after=after, first=GALLERY + 1)
    assert f"{GALLERY + 1}–{GALLERY + 5} of {GALLERY + 5}" in second
    assert second.count("<img loading") == 5


def test_the_regroup_button_says_what_is_going_on(database: Engine, archive_with: MakeArchive) -> None:
    archive = archive_with()
    assert regroup_button(archive).value == "Regroup now"  # type: ignore[attr-defined]
    waits = press_regroup(archive)
    assert (waits.value, waits.interactive) == (  # type: ignore[attr-defined]
        "Regrouping is asked for; it starts as soon as the watcher runs.",
        False,
    )
    beat(database, age_s=1)
    assert regroup_button(archive).value == "Regrouping is asked for."  # type: ignore[attr-defined]
    store(database, Service(name="grouping", beat_at=NOW, state="running", detail={}))
    assert regroup_button(archive).value == "Regrouping…"  # type: ignore[attr-defined]
