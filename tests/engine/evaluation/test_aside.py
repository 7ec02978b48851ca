"""Which meters are kept aside: a fixed share, the same for ever."""

from __future__ import annotations

from engine.evaluation.aside import SHARE, chooses, is_kept_aside

METERS = [f"meter {number}" for number in range(4000)]


def test_about_the_share_is_kept_aside_and_of_the_rest_a_fifth_chooses() -> None:
    assert abs(sum(map(is_kept_aside, METERS)) / len(METERS) - SHARE) < 0.02
    assert abs(sum(map(chooses, METERS)) / len(METERS) - 0.2) < 0.02


def test_the_two_draws_have_nothing_to_do_with_each_other() -> None:
    both = sum(is_kept_aside(meter) and chooses(meter) for meter in METERS) / len(METERS)
    assert abs(both - SHARE * 0.2) < 0.015


def test_the_choice_never_changes() -> None:
    kept = [number for number in range(20) if is_kept_aside(f"meter {number}")]
    assert kept == [2, 8, 10, 14, 19], "a meter that a version learned from would judge the next one"
