"""In a group of two near twins, those with the other print are found; in a group of one design nobody is."""

from __future__ import annotations

from collections.abc import Sequence

from engine.grouping import describe_plate
from engine.grouping.verification import prepare_plate
from engine.recognition.differing import differing
from engine.recognition.marks import Look, look_at
from tests.engine.grouping.drawn import plate_photo

ONE_LINE, TWO_LINES = ("STATIC METER EM101",), ("1P2W STATIC", "WATTHOUR METER")


def looks(headed: Sequence[str], *shots: int, design: int = 1) -> list[Look]:
    photos = (plate_photo(design, shot, headed=headed) for shot in shots)
    return [look_at(pixels, prepare_plate(describe_plate(pixels))) for pixels in photos]


def test_the_photos_with_the_other_print_are_found_wherever_they_stand() -> None:
    one, two = looks(ONE_LINE, 0, 1, 2, 3, 4, 5), looks(TWO_LINES, 10, 11, 12)
    assert differing([one[0], two[0], *one[1:4], two[1], *one[4:], two[2]]) == (1, 5, 8)


def test_in_a_group_of_one_print_nobody_differs() -> None:
    assert differing(looks(ONE_LINE, *range(7))) == ()


def test_of_a_group_that_is_mostly_other_meters_nothing_is_said() -> None:
    others = [look for design in (2, 3, 4) for look in looks((), 20, 21, design=design)]
    assert differing([*looks(ONE_LINE, 0, 1, 2, 3, 4), *others]) is None


def test_of_few_photos_nothing_is_said() -> None:
    assert differing(looks(ONE_LINE, 0, 1, 2)) is None
    assert differing([]) is None
