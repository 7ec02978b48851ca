import numpy as np
import pytest

from engine.grouping import describe_plate
from engine.grouping.recount import count_alike
from engine.grouping.verification import prepare_plate, shared_details
from tests.engine.grouping.drawn import plate_photo


def counted(one: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """After the first look, and after the second."""
    a, b = prepare_plate(describe_plate(one)), prepare_plate(describe_plate(other))
    return shared_details(a, b), count_alike(a, b)


def test_a_second_look_finds_more_of_one_design() -> None:
    first, second = zip(*(counted(plate_photo(1, 0), plate_photo(1, shot)) for shot in range(1, 5)), strict=True)
    assert sum(second) > 1.2 * sum(first)


def test_a_second_look_finds_hardly_more_across_designs() -> None:
    assert max(counted(plate_photo(1, shot), plate_photo(2, shot))[1] for shot in range(4)) < 12


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_meter_is_told_whichever_way_up_the_phone_was_held(quarters: int) -> None:
    upright, turned = plate_photo(1, 1), np.rot90(plate_photo(1, 2), quarters).copy()
    assert counted(upright, turned)[1] >= 60


def test_a_mirrored_plate_is_another_plate() -> None:
    assert counted(plate_photo(1, 1), plate_photo(1, 1)[:, ::-1].copy())[1] < 12


def test_a_photo_without_texture_shares_nothing() -> None:
    assert counted(np.full((480, 480, 3), 90, np.uint8), plate_photo(1, 1)) == (0, 0)
