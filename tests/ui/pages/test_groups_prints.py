"""A group's photos are compared by their print on the Groups page: what is ticked, and what is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
from jinja2 import Environment
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from daemon.home import Home
from db.tables import Photo, PlateRow
from engine.recognition.marks import Look
from tests.archive import store_group, unknown, with_file
from tests.ui.pages.test_groups import MakeArchive
from ui import comparing, words_groups
from ui.archive import Archive
from ui.pages import groups_prints
from ui.pages.groups import press_compare, show_group
from ui.pages.groups_prints import Compared, compare


def find(monkeypatch: pytest.MonkeyPatch, places: tuple[int, ...] | None) -> list[int]:
    """Every comparison finds these positions; returns the numbers of photos that were compared."""
    asked: list[int] = []

    def found(looks: Sequence[Look]) -> tuple[int, ...] | None:
        asked.append(len(looks))
        return places

    monkeypatch.setattr(comparing, "differing", found)
    return asked


def last(archive: Archive) -> Compared:
    return list(compare(1, archive))[-1]


def test_the_photos_that_differ_are_ticked_and_come_first_whatever_files_are_gone_or_damaged(
    database: Engine, home: Home, archive_with: MakeArchive, templates: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_group(database, *(with_file(unknown(number), home.root, number) for number in range(1, 9)))
    (home.root / "sorted/photo-0001.jpg").unlink()
    (home.root / "sorted/photo-0003.jpg").write_bytes(b"no photo")
    asked = find(monkeypatch, (1, 4))  # of photos 2, 4, 5, 6, 7, 8
    *_, (notice, gallery) = press_compare(1, archive_with(), templates)
    assert asked == [6]
    assert "2 of 6 photos show another print than the others. Look at them, then split them off." in str(notice)
    assert "2 photos could not be read now." in str(notice)
    boxes = [part.partition(">")[0] for part in str(gallery).split('data-pick="')[1:]]
    assert [box.partition('"')[0] for box in boxes] == ["4", "7", "1", "2", "3", "5", "6", "8"]
    assert [" checked" in box for box in boxes] == [True] * 2 + [False] * 6
    assert str(gallery).count(words_groups.OTHER_PRINT) == 2
    with Session(database) as session:
        assert session.scalar(select(func.count()).select_from(PlateRow)) == 0
        assert set(session.scalars(select(Photo.group_id))) == {1}


def test_of_a_large_group_the_sixty_most_typical_photos_are_compared(
    database: Engine, archive_with: MakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_group(database, *(unknown(number) for number in range(1, 63)))
    read: list[int] = []

    def look(photo: Photo, *_: object) -> Look:
        read.append(photo.id)
        return cast(Look, photo)

    monkeypatch.setattr(groups_prints, "read_look", look)
    find(monkeypatch, (59,))
    assert last(archive_with()) == Compared("warn", (words_groups.differ(1, 60, is_part=True),), frozenset({60}))
    assert read == list(range(1, 61))


def test_that_nobody_differs_or_nothing_can_be_said_is_said(
    database: Engine, home: Home, archive_with: MakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_group(database, *(with_file(unknown(number), home.root, number) for number in range(2)))
    find(monkeypatch, ())
    assert last(archive_with()) == Compared("ok", ("No photo shows another print.",), frozenset())
    find(monkeypatch, None)
    said = "Nothing can be said of the print: too few photos are sharp enough."
    assert last(archive_with()) == Compared("warn", (said,), frozenset())


@pytest.mark.parametrize(
    ("number", "compared", "is_part", "said"),
    [
        (1, 9, False, "1 of 9 photos shows another print than the others. Look at it, then split it off."),
        (6, 60, True, "6 of the 60 most typical photos show another print than the others. Look at them, then split them off."),
        (0, 60, True, "None of the 60 most typical photos shows another print."),
    ],
)
def test_a_sentence_says_how_many_differ_of_how_many(number: int, compared: int, is_part: bool, said: str) -> None:
    assert words_groups.differ(number, compared, is_part=is_part) == said


@pytest.mark.parametrize(
    ("photos", "named", "offered"),
    [(6, {}, True), (5, {}, False), (6, {"status": "named", "name": "ACME 7"}, False)],
)
def test_a_comparison_is_offered_for_groups_without_a_name_that_have_enough_photos(
    archive_with: MakeArchive, templates: Environment, photos: int, named: dict[str, str], offered: bool
) -> None:
    archive = archive_with()
    group = store_group(archive.engine, *(unknown(number) for number in range(photos)), **named)
    assert ("data-compare" in str(show_group(str(group), archive, templates)[3])) is offered
