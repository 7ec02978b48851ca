"""What looks like a named type is offered to a person: which print speaks against it, and when a whole group does."""

from __future__ import annotations

import math

import pytest

from engine.recognition.resemblance import FARTHEST, Resemblance, of_group, resemblance, speaks_against


def like(name: str, details: int = 20, short: float | None = 1.8) -> Resemblance:
    return resemblance(name, details, short)


@pytest.mark.parametrize(("short", "against"), [(None, False), (1.6, False), (1.9, False), (2.0, True), (math.inf, True)])
def test_a_print_that_falls_far_short_speaks_against_the_type_and_one_that_says_nothing_does_not(
    short: float | None, against: bool
) -> None:
    assert speaks_against(like("A", short=short).short) is against


def test_plates_that_cannot_be_laid_over_each_other_are_kept_as_a_number() -> None:
    assert like("A", short=math.inf).short == FARTHEST


def test_a_group_looks_like_a_type_where_most_of_its_strongest_photos_do() -> None:
    assert of_group([like("A", 30, 1.0), like("A", 10, 4.0), None]) == like("A", 10, 1.0)
    assert of_group([like("A", 40, None), like("A", 30, None)]) == like("A", 30, None)
    assert of_group([like("A"), like("B"), None]) is None
    assert of_group([like("A"), None]) is None
    assert of_group([None, None, None]) is None
    assert of_group([]) is None


@pytest.mark.parametrize(
    ("details", "short", "offered"),
    [
        (16, 7.9, True),
        (60, 8.0, False),
        (16, 11.3, False),
        (23, None, False),
        (24, None, True),
        (17, math.inf, False),
        (24, math.inf, True),
    ],
)
def test_a_group_whose_print_is_plainly_another_or_unproven_by_few_details_looks_like_nothing(
    details: int, short: float | None, offered: bool
) -> None:
    assert (of_group([like("A", details, short)] * 3) is not None) is offered
