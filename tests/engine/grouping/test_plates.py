import cv2
import numpy as np
import pytest

from engine.errors import DataError
from engine.grouping import Plate, describe_plate
from tests.engine.grouping.drawn import plate, plate_photo


def test_a_photo_without_texture_has_no_features() -> None:
    described = describe_plate(np.full((300, 200, 3), 128, np.uint8))
    assert (len(described), described.keypoints.shape, described.descriptors.shape) == (0, (0, 4), (0, 128))


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (900, 3), (20, 30), (60, 400)])
def test_the_oddest_picture_sizes_can_be_described(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert len(describe_plate(noise)) <= 900


def test_a_plate_survives_storage_unchanged() -> None:
    for before in (plate(1, 1), describe_plate(np.zeros((50, 50, 3), np.uint8))):
        after = Plate.from_bytes(before.to_bytes())
        np.testing.assert_array_equal(after.keypoints, before.keypoints)
        np.testing.assert_array_equal(after.descriptors, before.descriptors)


def test_a_stored_plate_is_small() -> None:
    assert len(plate(1, 1).to_bytes()) < 135_000


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 damaged", plate(1, 1).to_bytes()[:500]])
def test_damaged_storage_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(DataError, match="Describe the photo again"):
        Plate.from_bytes(data)


def test_features_of_the_wrong_shape_are_refused() -> None:
    wrong = Plate(keypoints=np.zeros((3, 4), np.float32), descriptors=np.zeros((2, 128), np.uint8))
    with pytest.raises(DataError, match="wrong shape"):
        Plate.from_bytes(wrong.to_bytes())


def test_text_printed_over_the_lower_edge_of_a_portrait_photo_is_not_described() -> None:
    photo = np.full((1280, 720, 3), 200, np.uint8)
    photo[:720] = cv2.resize(plate_photo(1, 1), (720, 720))
    stamped = photo.copy()
    cv2.putText(stamped, "2024-03-01 12:00 LAT 20.29 LON 85.82", (20, 1240), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (0, 0, 0), 2)
    np.testing.assert_array_equal(describe_plate(stamped).descriptors, describe_plate(photo).descriptors)


def test_the_whole_of_a_landscape_photo_is_described() -> None:
    photo = np.full((600, 1100, 3), 200, np.uint8)
    photo[120:600, 600:1080] = plate_photo(1, 1)
    scale = (540 * 570 / (600 * 1100)) ** 0.5
    lowest, rightmost = describe_plate(photo).keypoints[:, 1].max(), describe_plate(photo).keypoints[:, 0].max()
    assert lowest > 550 * scale
    assert rightmost > 1000 * scale


@pytest.mark.parametrize("top", [True, False])
def test_print_that_takes_nearly_all_details_leaves_them_to_the_meter(top: bool) -> None:
    rng = np.random.default_rng(0)
    photo = np.full((800, 720, 3), 190, np.uint8)
    photo[160:640, 120:600] = cv2.GaussianBlur(plate_photo(1, 1), (0, 0), 1.2)
    for line in range(5):
        text = "".join(rng.choice(list("ABCDEFGHKLMNPRSTUVWXYZ0123456789"), 60))
        row = (16 + 22 * line) if top else (798 - 22 * line)
        cv2.putText(photo, text, (2, row), cv2.FONT_HERSHEY_SIMPLEX, 0.62, (0, 0, 0), 1, cv2.LINE_AA)
    described = describe_plate(photo)
    width, height = described.size
    from_edge = described.keypoints[:, 1] if top else height - described.keypoints[:, 1]
    assert from_edge.min() > 0.16 * width
    assert len(described) > 150
