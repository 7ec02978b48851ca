from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.drawing import Defect
from engine.drawing.design import GENERATION
from engine.drawing.plan import Shot, plan_classes, plan_demo


@pytest.mark.parametrize("seed", range(20))
def test_forty_photos_hold_at_least_six_clear_ones_of_each_unknown_design(seed: int) -> None:
    shots = plan_demo(40, 8, seed)
    clear = Counter(shot.design for shot in shots if not shot.known and not shot.defects)
    assert len(clear) == 2
    assert min(clear.values()) >= 6
    assert len({shot.design for shot in shots if shot.known}) == 6


def test_a_demo_shows_every_defect_and_mostly_clear_photos() -> None:
    shots = plan_demo(40, 8, 1)
    assert {defect for shot in shots for defect in shot.defects} == set(Defect)
    assert 0.6 <= sum(not shot.defects for shot in shots) / len(shots) <= 0.85


@given(
    count=st.integers(1, 300),
    designs=st.integers(1, 60),
    seed=st.integers(0, 2**31),
    plan=st.sampled_from([plan_demo, plan_classes]),
)
def test_as_many_photos_as_asked_each_at_its_own_second(
    count: int, designs: int, seed: int, plan: Callable[[int, int, int], tuple[Shot, ...]]
) -> None:
    shots = plan(count, designs, seed)
    assert len(shots) == count
    assert len({shot.taken for shot in shots}) == count
    assert all(0 <= shot.design < designs for shot in shots)
    if count >= designs:
        assert {shot.design for shot in shots} == set(range(designs))


def test_classes_are_uneven_and_all_known() -> None:
    shots = plan_classes(2000, 38, 1)
    counts = Counter(shot.design for shot in shots)
    assert max(counts.values()) > 15 * min(counts.values())
    assert all(shot.known for shot in shots)


def test_the_same_seed_plans_the_same_photos() -> None:
    assert plan_demo(30, 8, 3) == plan_demo(30, 8, 3) != plan_demo(30, 8, 4)


def test_a_meter_is_photographed_more_than_once() -> None:
    shots = plan_demo(40, 8, 1)
    assert max(Counter((shot.design, shot.meter) for shot in shots).values()) >= 2


def test_families_are_as_large_as_the_original_utilitys() -> None:
    shots = plan_classes(400, 38, 1, families=True)
    makers = Counter(index % GENERATION for index in {shot.design for shot in shots})
    assert sorted(makers.values(), reverse=True) == [5, 4, 3, 3, 3, 2, 2, 2, 2, 2, *[1] * 10]
    counts, plain = (sorted(Counter(shot.design for shot in plan).values()) for plan in (shots, plan_classes(400, 38, 1)))
    assert counts == plain, "families change what is drawn, not how often"


def test_an_imbalance_of_zero_draws_all_designs_alike() -> None:
    counts = Counter(shot.design for shot in plan_classes(60, 6, 1, imbalance=0.0))
    assert set(counts.values()) == {10}
