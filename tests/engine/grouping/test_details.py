"""Details described by a network beside SIFT: how they are cut out, kept and compared."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engine.errors import DataError
from engine.grouping import Options, Plate
from engine.grouping.details import WINDOW, cut_out, describe_learned
from engine.grouping.similarity import compare
from tests.engine.grouping.drawn import describer, embedding, plate, plate_photo


def spotted(side: int) -> np.ndarray:
    """A dark square right above the middle of a light picture."""
    picture = np.full((side, side), 200, np.uint8)
    cv2.rectangle(picture, (side // 2 - 6, side // 2 - 26), (side // 2 + 6, side // 2 - 14), 20, -1)
    return picture


def test_a_detail_is_cut_out_upright_whatever_its_direction() -> None:
    picture = spotted(201)
    middle = np.array([[100, 100, 8, 0]], np.float32)
    turned = np.asarray(np.rot90(picture), dtype=np.uint8)  # by 90 degrees against the clock: angles fall by 90
    upright = cut_out(picture, middle)[0].astype(int)
    assert upright[:12].min() < 60
    assert upright[16:].min() > 150
    followed = cut_out(turned, middle + np.float32([0, 0, 0, 270]))[0].astype(int)
    assert np.abs(followed - upright).mean() < 3


def test_a_detail_twice_as_large_shows_twice_as_much() -> None:
    picture = spotted(201)
    small = cut_out(picture, np.array([[100, 100, 100 / WINDOW, 0]], np.float32))[0]
    large = cut_out(picture, np.array([[100, 100, 200 / WINDOW, 0]], np.float32))[0]
    assert (small < 100).sum() == pytest.approx(4 * (large < 100).sum(), rel=0.35)


def test_a_plate_keeps_what_the_network_said_of_its_details() -> None:
    before = describe_learned(plate(1, 1), plate_photo(1, 1), describer("v3"))
    after = Plate.from_bytes(before.to_bytes())
    assert before.learned is not None
    assert (before.learned.shape, after.learned_by) == (before.descriptors.shape, "v3")
    np.testing.assert_array_equal(after.learned, before.learned)
    assert Plate.from_bytes(plate(1, 1).to_bytes()).learned is None


def test_descriptions_of_another_number_of_details_are_refused() -> None:
    wrong = replace(plate(1, 1), learned=np.zeros((3, 128), np.int8), learned_by="v1")
    with pytest.raises(DataError, match="wrong shape"):
        Plate.from_bytes(wrong.to_bytes())


def test_a_photo_without_texture_has_nothing_to_describe() -> None:
    even = np.full((300, 200, 3), 128, np.uint8)
    described = describe_learned(
        Plate(keypoints=np.zeros((0, 4), np.float32), descriptors=np.zeros((0, 128), np.uint8)), even, describer()
    )
    assert described.learned is not None
    assert described.learned.shape == (0, 128)


def random_descriptions(count: int, seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(count, 128))
    return np.rint(254 * values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.int8)


def shared(a: Plate, b: Plate) -> int:
    vectors = np.stack([embedding(1, 0), embedding(1, 1)])
    _, new = compare(vectors, [a, b], {}, Options())
    return new[0, 1]


def test_plates_are_compared_by_the_network_where_one_version_described_both() -> None:
    same = plate(1, 1)
    by_sift = shared(same, same)
    apart = [replace(same, learned=random_descriptions(len(same), seed), learned_by="v1") for seed in (1, 2)]
    assert by_sift > 100
    assert shared(apart[0], apart[0]) > 100
    assert shared(apart[0], apart[1]) < 12


@pytest.mark.parametrize("other", [("v2", 2), ("", None)])
def test_plates_that_two_versions_described_or_only_one_are_compared_by_sift(other: tuple[str, int | None]) -> None:
    same = plate(1, 1)
    version, seed = other
    one = replace(same, learned=random_descriptions(len(same), 1), learned_by="v1")
    two = replace(same, learned=None if seed is None else random_descriptions(len(same), seed), learned_by=version)
    assert shared(one, two) == shared(same, same)
