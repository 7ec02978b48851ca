import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.grouping import Options
from engine.grouping.similarity import _standardised, candidate_pairs, compare
from tests.engine.grouping.drawn import embedding, plate


def unit(rows: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, 8)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_few_photos_are_all_compared_with_each_other() -> None:
    first, _ = candidate_pairs(unit(20), Options())
    assert len(first) == 20 * 19 // 2


@given(st.integers(12, 80), st.integers(0, 5))
def test_of_many_photos_each_is_compared_once_with_each_of_its_nearest(count: int, seed: int) -> None:
    vectors, options = unit(count, seed), Options(all_pairs_up_to=0, candidates=10)
    first, second = candidate_pairs(vectors, options)
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    assert len(pairs) == len(first)
    assert all(i < j for i, j in pairs)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    for photo in range(count):
        nearest = int(cosines[photo].argmax())
        assert (min(photo, nearest), max(photo, nearest)) in pairs


def test_the_standardised_cosine_is_measured_against_all_pairs() -> None:
    vectors = unit(30)
    first, second = np.triu_indices(30, 1)
    cosines = np.einsum("md,md->m", vectors[first], vectors[second], dtype=np.float64)
    expected = (cosines - cosines.mean()) / cosines.std()
    np.testing.assert_allclose(_standardised(cosines, vectors), expected, atol=1e-5)


def test_known_pairs_are_not_compared_again() -> None:
    plates = [plate(1, shot) for shot in range(3)]
    vectors = np.stack([embedding(1, shot) for shot in range(3)])
    pairs, new = compare(vectors, plates, {(0, 1): 99, (1, 2): 7}, Options())
    assert set(new) == {(0, 2)}
    assert pairs.shared.tolist() == [99, new[0, 2], 7]


def test_what_was_compared_before_counts_on_when_only_the_nearest_photos_are_compared() -> None:
    plates = [plate(1, shot) for shot in range(4)]
    vectors, options = unit(4, seed=1), Options(all_pairs_up_to=0, candidates=1)
    nearest = set(zip(*(each.tolist() for each in candidate_pairs(vectors, options)), strict=True))
    far = next((i, j) for i in range(4) for j in range(i + 1, 4) if (i, j) not in nearest)
    pairs, new = compare(vectors, plates, {far: 99}, options)
    found = dict(zip(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True), pairs.shared.tolist(), strict=True))
    assert set(new) == nearest
    assert found == new | {far: 99}


def test_neighbours_come_nearest_first_and_begin_with_the_photo_itself() -> None:
    vectors = unit(20)
    pairs, _ = compare(vectors, None, {}, Options())
    indices, distances = pairs.neighbours(6)
    assert indices[:, 0].tolist() == list(range(20))
    assert (np.diff(distances[:, 1:], axis=1) >= 0).all()
    cosines = vectors @ vectors.T - 2 * np.eye(20)
    assert indices[:, 1].tolist() == cosines.argmax(axis=1).tolist()


@pytest.mark.parametrize("count", [2, 3])
def test_identical_embeddings_do_not_divide_by_zero(count: int) -> None:
    vectors = np.repeat(unit(1), count, axis=0)
    pairs, _ = compare(vectors, [plate(1, shot) for shot in range(count)], {}, Options())
    assert np.isfinite(pairs.similarity).all()
