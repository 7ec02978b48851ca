import cv2
import numpy as np
import pytest

from engine.grouping import describe_plate
from engine.grouping.verification import prepare_plate, shared_details
from tests.engine.grouping.drawn import plate, plate_photo


def shared(one: np.ndarray, other: np.ndarray) -> int:
    return shared_details(prepare_plate(describe_plate(one)), prepare_plate(describe_plate(other)))


def test_two_photos_of_one_design_share_many_details() -> None:
    assert shared(plate_photo(1, 1), plate_photo(1, 2)) >= 30


def test_photos_of_different_designs_share_a_tenth_of_that_at_most() -> None:
    across = max(shared(plate_photo(1, shot), plate_photo(2, shot)) for shot in range(4))
    assert across * 10 < shared(plate_photo(1, 1), plate_photo(1, 2))


def test_the_same_pair_always_counts_the_same() -> None:
    one, other = prepare_plate(plate(1, 1)), prepare_plate(plate(1, 2))
    counts = set()
    for seed in range(3):
        cv2.setRNGSeed(seed)  # whatever else used OpenCV's generator before
        counts.add(shared_details(one, other))
    assert len(counts) == 1


def test_a_mirrored_plate_is_another_plate() -> None:
    assert shared(plate_photo(1, 1), plate_photo(1, 1)[:, ::-1].copy()) < 8


def test_an_upside_down_plate_is_not_trusted() -> None:
    assert shared(plate_photo(1, 1), plate_photo(1, 1)[::-1, ::-1].copy()) < 8


def test_a_photo_without_texture_shares_nothing() -> None:
    assert shared(np.full((480, 480, 3), 90, np.uint8), plate_photo(1, 1)) == 0


def stamped(photo: np.ndarray, number: int, *, top: bool) -> np.ndarray:
    """As camera apps do: time, position and account number over one edge, of one look, each with its own digits."""
    strip = np.full((90, photo.shape[1], 3), 20, np.uint8)
    digits = np.random.default_rng(number).integers(10, 100, 12).tolist()
    lines = (
        "Time {}-{}-20{} {}:{}:{}".format(*digits[:6]),
        "Lat {}.{}{} Long {}.{}{}".format(*digits[6:]),
        "Account No {}{}{}{} Meter Reading".format(*digits[2:6]),
    )
    for line, text in enumerate(lines):
        cv2.putText(strip, text, (8, 24 + 27 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.75, (255, 255, 255), 2, cv2.LINE_AA)
    return np.concatenate([strip, photo] if top else [photo, strip])


@pytest.mark.parametrize("top", [True, False])
def test_time_and_place_printed_over_two_photos_are_no_shared_plate(top: bool) -> None:
    for shot in range(3):
        assert shared(stamped(plate_photo(1, shot), shot, top=top), stamped(plate_photo(2, shot), shot + 9, top=top)) < 12


@pytest.mark.parametrize("top", [True, False])
def test_photos_of_one_design_share_its_plate_below_what_is_printed_over_them(top: bool) -> None:
    assert shared(stamped(plate_photo(1, 1), 1, top=top), stamped(plate_photo(1, 2), 2, top=top)) >= 30
