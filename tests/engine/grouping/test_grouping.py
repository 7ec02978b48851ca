import numpy as np
import pytest

from engine.errors import DataError
from engine.grouping import NOISE, Grouping, Options, Plate, describe_plate, group
from tests.engine.grouping.drawn import embedding, plate, plate_photo

BLANK = describe_plate(np.full((100, 100, 3), 77, np.uint8))


def photos(*sizes: int) -> tuple[np.ndarray, list[Plate], np.ndarray]:
    """Embeddings, plates and designs of `sizes[d]` photos of each design d."""
    which = [(design, shot) for design, size in enumerate(sizes) for shot in range(size)]
    return np.stack([embedding(*each) for each in which]), [plate(*each) for each in which], np.array([d for d, _ in which])


def partition(ids: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(ids == one).tolist()) for one in set(ids.tolist()) - {NOISE}}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_photos_are_no_group(count: int) -> None:
    grouping = group(*photos(count)[:2]) if count else group(np.zeros((0, 4), np.float32), [])
    assert grouping.group_ids.tolist() == [NOISE] * count
    assert grouping.strengths.tolist() == [0.0] * count
    assert grouping.map_xy.shape == (count, 2)
    assert grouping.groups() == ()


@pytest.mark.parametrize("count", [3, 5])
def test_a_few_photos_of_one_design_are_one_group(count: int) -> None:
    assert group(*photos(count)[:2]).group_ids.tolist() == [0] * count


def test_twelve_photos_of_three_designs_are_two_groups_and_two_strangers() -> None:
    embeddings, plates, designs = photos(5, 5, 2)
    grouping = group(embeddings, plates)
    assert partition(grouping.group_ids) == partition(np.where(designs == 2, NOISE, designs))


def test_a_lone_photo_that_has_one_block_of_print_in_common_with_a_group_stays_outside() -> None:
    lone = plate_photo(5, 0)
    lone[300:360, 60:150] = plate_photo(1, 1)[300:360, 60:150]
    plates = [*(plate(1, shot) for shot in range(4)), describe_plate(lone), *(plate(3, shot) for shot in range(3))]
    embeddings = np.stack([*(embedding(1, shot) for shot in range(4)), *(embedding(3, shot) for shot in range(4))])
    assert group(embeddings, plates).group_ids.tolist() == [0, 0, 0, 0, NOISE, 1, 1, 1]
    anywhere = Options(few_spread_from=0.0)
    assert group(embeddings, plates, options=anywhere).group_ids.tolist() == [0, 0, 0, 0, 0, 1, 1, 1]


def test_a_photo_without_texture_is_in_no_group_however_near_its_embedding() -> None:
    embeddings, plates, _ = photos(5)
    grouping = group(np.vstack([embeddings, embeddings[:1]]), [*plates, BLANK])
    assert grouping.group_ids.tolist() == [0, 0, 0, 0, 0, NOISE]
    assert grouping.strengths[5] == 0.0


def test_photos_lying_on_their_side_join_those_of_their_design() -> None:
    embeddings, plates, designs = photos(6, 5)
    for shot, quarters in ((1, 1), (3, 3), (4, 2)):
        plates[shot] = describe_plate(np.rot90(plate_photo(0, shot), quarters).copy())
    assert partition(group(embeddings, plates).group_ids) == partition(designs)


def test_the_order_of_the_photos_does_not_matter() -> None:
    embeddings, plates, _ = photos(5, 4, 3)
    order = np.random.default_rng(0).permutation(len(plates))
    straight = group(embeddings, plates).group_ids
    shuffled = group(embeddings[order], [plates[index] for index in order]).group_ids
    back = np.empty_like(shuffled)
    back[order] = shuffled
    assert partition(back) == partition(straight)


def test_a_second_grouping_compares_only_new_pairs_and_agrees() -> None:
    embeddings, plates, _ = photos(5, 2)
    earlier = group(embeddings[:6], plates[:6])
    later = group(embeddings, plates, known_pairs=earlier.verified)
    assert set(later.verified) == {(i, 6) for i in range(6)}
    assert later.group_ids.tolist() == group(embeddings, plates).group_ids.tolist()


def test_the_exemplar_comes_first_and_every_member_once() -> None:
    grouping = Grouping(
        group_ids=np.array([0, 1, 0, 0, NOISE]),
        strengths=np.array([1.0, 1.0, 1.0, 0.5, 0.0]),
        typicality=np.array([1.0, 1.0, 2.0, 1.5, 0.0]),
        map_xy=np.zeros((5, 2), np.float32),
    )
    assert (grouping.groups(), grouping.members(0), grouping.members(1)) == ((0, 1), (2, 3, 0), (1,))


def blobs(count: int, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.arange(count) % 3
    vectors = rng.normal(size=(3, 32))[truth] + rng.normal(0, noise, (count, 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), truth


def test_few_embeddings_alone_are_grouped_too() -> None:
    vectors, truth = blobs(24)
    assert partition(group(vectors, None).group_ids) == partition(truth)


def test_many_embeddings_are_grouped_by_layouts_the_same_way_every_time() -> None:
    vectors, truth = blobs(90)
    one, other = (group(vectors, None, options=Options(seeds=1)) for _ in range(2))
    assert partition(one.group_ids) == partition(truth)
    np.testing.assert_array_equal(one.group_ids, other.group_ids)
    np.testing.assert_array_equal(one.map_xy, other.map_xy)
    assert one.map_xy.min() == 0.0
    assert one.map_xy.max() == 1.0
    assert ((one.strengths >= 0) & (one.strengths <= 1)).all()


def test_more_photos_than_a_consensus_can_hold_are_still_grouped() -> None:
    vectors, truth = blobs(120)
    grouping = group(vectors, None, options=Options(consensus_up_to=100, all_pairs_up_to=50))
    assert partition(grouping.group_ids) == partition(truth)


def test_a_large_group_is_not_torn_apart_by_layouts() -> None:
    count = 60
    vectors = np.repeat(np.eye(1, 8, dtype=np.float32), count, axis=0)
    rng = np.random.default_rng(0)
    known = {(i, j): int(rng.integers(20, 90)) for i in range(count) for j in range(i + 1, count)}
    assert partition(group(vectors, [BLANK] * count, known_pairs=known).group_ids) == {frozenset(range(count))}


def test_groups_before_live_on_among_many_photos_and_are_forgotten_among_few(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, truth = blobs(60)
    monkeypatch.setattr("engine.grouping.clustering.continued", lambda found, previous, together: np.full(len(found), 0))
    one = group(vectors, None, options=Options(seeds=1, continued_from=60), previous=truth)
    assert one.groups() == (0,)
    few = group(vectors, None, options=Options(seeds=1, continued_from=61), previous=truth)
    assert partition(few.group_ids) == partition(truth)


def test_groups_of_twins_that_rarely_match_surely_stay_apart() -> None:
    count = 60
    rng = np.random.default_rng(0)
    vectors = np.repeat(np.eye(1, 8, dtype=np.float32), count, axis=0)
    known = {}
    for i in range(count):
        for j in range(i + 1, count):
            known[i, j] = int(rng.integers(15, 60)) if i % 2 == j % 2 else int(rng.integers(0, 14))
    ids = group(vectors, [BLANK] * count, known_pairs=known).group_ids
    assert partition(ids) == partition(np.arange(count) % 2)


def test_twins_that_layouts_put_together_are_split_where_no_strong_pair_binds_them_and_stragglers_go_with_their_likest() -> None:
    designs = np.array([0] * 4 + [1] * 3 + [2] * 18)
    rng = np.random.default_rng(0)
    known = {}
    for i in range(len(designs)):
        for j in range(i + 1, len(designs)):
            twins = designs[i] < 2 and designs[j] < 2
            span = (45, 90) if designs[i] == designs[j] else (26, 39) if twins else (0, 6)
            known[i, j] = int(rng.integers(*span))
    known |= {(min(0, j), max(0, j)): 39 if designs[j] == 0 else 20 for j in range(1, 7)}  # photo 0 is a poor one of design 0
    vectors, plates = np.repeat(np.eye(1, 8, dtype=np.float32), len(designs), axis=0), [BLANK] * len(designs)
    merged = group(vectors, plates, known_pairs=known, options=Options(core_from=10**6)).group_ids
    assert partition(merged) == {frozenset(range(7)), frozenset(range(7, 25))}
    assert partition(group(vectors, plates, known_pairs=known).group_ids) == partition(designs)


def test_two_photos_of_a_rare_design_that_layouts_put_with_another_are_a_group_of_their_own() -> None:
    designs = np.array([0] * 2 + [1] * 24 + [2] * 24)
    rng = np.random.default_rng(0)
    count = len(designs)
    known = {(i, j): int(rng.integers(0, 5)) for i in range(count) for j in range(i + 1, count)}
    known |= {(i, j): int(rng.integers(45, 90)) for i, j in known if designs[i] == designs[j]}
    known |= {(0, 1): 200} | {(i, j): 12 for i in (0, 1) for j in range(2, 26)}
    vectors = np.repeat(np.eye(1, 8, dtype=np.float32), count, axis=0)
    assert partition(group(vectors, [BLANK] * count, known_pairs=known).group_ids) == partition(designs)


def test_embeddings_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(DataError, match="finite"):
        group(np.full((3, 4), np.nan, np.float32), None)


def test_every_photo_needs_its_plate() -> None:
    with pytest.raises(DataError, match="3 embeddings but 1 plates"):
        group(np.eye(3, dtype=np.float32), [BLANK])
