"""Signatures: copies of a photo are near, other photos are far."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.picture import Pixels
from engine.preprocess import resized
from engine.signature import BITS, NEAR, distance, distances, near_pairs, signature

SIGNATURES = st.binary(min_size=BITS // 8, max_size=BITS // 8)


def a_scene(seed: int, width: int = 180, height: int = 240) -> Pixels:
    """Soft light and dark patches, as a photo has them."""
    patches = np.random.default_rng(seed).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def recompressed(pixels: Pixels, quality: int) -> Pixels:
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR))


COPIES = {
    "recompressed": lambda pixels: recompressed(pixels, 30),
    "shrunk": lambda pixels: resized(pixels, 90, 120),
    "brightened": lambda pixels: np.clip(pixels * 1.2 + 10, 0, 255).astype(np.uint8),
    "trimmed": lambda pixels: pixels[3:-3, 3:-3],
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_near(name: str) -> None:
    for seed in range(5):
        original, copy = signature(a_scene(seed)), signature(COPIES[name](a_scene(seed)))
        assert original is not None and copy is not None and distance(original, copy) <= NEAR


def test_other_photos_are_far() -> None:
    found = [signature(a_scene(seed)) for seed in range(30)]
    assert list(near_pairs(found)) == []


def test_an_even_picture_has_no_signature_and_is_near_to_nothing() -> None:
    black = np.random.default_rng(0).integers(0, 4, (60, 60, 3), dtype=np.uint8)
    assert signature(black) is None
    assert list(near_pairs([None, None, signature(a_scene(0))])) == []


def test_a_picture_of_one_pixel_is_no_error() -> None:
    assert signature(np.zeros((1, 1, 3), np.uint8)) is None


@given(SIGNATURES, SIGNATURES, SIGNATURES)
def test_the_distance_is_one(a: bytes, b: bytes, c: bytes) -> None:
    assert distance(a, a) == 0 and distance(a, b) == distance(b, a)
    assert distance(a, c) <= distance(a, b) + distance(b, c)
    assert 0 <= distance(a, b) <= BITS


@given(st.lists(st.one_of(st.none(), SIGNATURES), max_size=12), st.integers(90, BITS // 2))
def test_near_pairs_are_those_that_comparing_one_by_one_finds(found: list[bytes | None], limit: int) -> None:
    wanted = {
        (first, second)
        for first, a in enumerate(found)
        for second, b in enumerate(found)
        if first < second and a is not None and b is not None and distance(a, b) <= limit
    }
    assert set(near_pairs(found, limit)) == wanted


@given(SIGNATURES, st.lists(SIGNATURES, max_size=8))
def test_many_distances_at_once_are_the_single_ones(one: bytes, others: list[bytes]) -> None:
    assert distances(one, others).tolist() == [distance(one, other) for other in others]
