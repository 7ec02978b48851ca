"""Splitting: what belongs together stays together, every label can be learned, the shares are about what was asked for."""

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DataError
from engine.signature import BITS
from engine.splitting import Item, Rules, Side, assign, clusters, contradictions


def flipped(bits: int, start: int = 0) -> bytes:
    """A signature that differs from the all-zero one in so many bits."""
    return sum(1 << place for place in range(start, start + bits)).to_bytes(BITS // 8)


@st.composite
def archives(draw: st.DrawFn) -> list[Item]:
    """Photos of a few labels, meters and looks, some of them copies."""
    rows = draw(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60), st.integers(0, 14)), min_size=1, max_size=90))
    return [
        Item(
            label=label, sha256=f"{label}{file}", group=f"{label}-{group}" if group else "", signature=flipped(60, file * 3 % 200)
        )
        for label, file, group in rows
    ]


RULES = st.builds(
    Rules,
    few=st.integers(0, 10), many=st.integers(10, 40), near=st.integers(0, 8),
    val_share=st.floats(0, 0.45), test_share=st.floats(0, 0.45), seed=st.integers(0, 99),
)  # fmt: skip


@given(archives(), RULES)
def test_no_file_look_or_meter_lies_on_two_sides(items: list[Item], rules: Rules) -> None:
    sides = assign(items, clusters(items, rules.near), rules)
    seen: dict[tuple[str, object], set[Side]] = defaultdict(set)
    for item, side in zip(items, sides, strict=True):
        for key in ("sha256", "group", "signature"):
            if getattr(item, key):
                seen[key, getattr(item, key)].add(side)
    assert all(len(where) == 1 for where in seen.values())


@given(archives(), RULES)
def test_every_label_trains_and_few_photos_only_train(items: list[Item], rules: Rules) -> None:
    sides = assign(items, clusters(items, rules.near), rules)
    totals = Counter(item.label for item in items)
    found = Counter((item.label, side) for item, side in zip(items, sides, strict=True))
    for label, count in totals.items():
        assert found[label, Side.TRAIN] >= 1
        if count < rules.few:
            assert found[label, Side.TRAIN] == count
        if count < rules.many:
            assert found[label, Side.VAL] == 0


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 500)), min_size=1, max_size=120, unique=True), RULES)
def test_photos_that_belong_to_nothing_are_shared_out_as_asked(rows: list[tuple[str, int]], rules: Rules) -> None:
    items = [Item(label=label, sha256=f"{label}{file}") for label, file in rows]
    found = Counter(zip((item.label for item in items), assign(items, clusters(items), rules), strict=True))
    for label, count in Counter(label for label, _ in rows).items():
        for side, share in rules.shares(count).items():
            if count > 2:
                assert abs(found[label, side] - share * count) <= 1


@given(archives(), RULES, st.randoms(use_true_random=False))
def test_the_sides_do_not_depend_on_the_order_of_the_files(items: list[Item], rules: Rules, random: object) -> None:
    places = list(range(len(items)))
    random.shuffle(places)  # type: ignore[attr-defined]
    shuffled = [items[place] for place in places]
    first, second = (assign(order, clusters(order, rules.near), rules) for order in (items, shuffled))
    assert [first[place] for place in places] == list(second)


def test_another_seed_gives_another_split() -> None:
    items = [Item(label="a", sha256=str(number)) for number in range(60)]
    assert len({assign(items, clusters(items), Rules(seed=seed)) for seed in range(5)}) == 5


def test_photos_belong_together_by_way_of_others() -> None:
    chain = [
        Item(label="a", sha256="1", group="meter"), Item(label="a", sha256="2", group="meter", signature=flipped(10)),
        Item(label="a", sha256="3", signature=flipped(20)), Item(label="b", sha256="3"), Item(label="a", sha256="4"),
    ]  # fmt: skip
    assert clusters(chain, near=12) == (0, 0, 0, 0, 1)


def test_a_label_of_two_meters_is_tested_on_one_of_them() -> None:
    items = [Item(label="a", sha256=str(number), group=f"meter {number % 2}") for number in range(20)]
    assert Counter(assign(items, clusters(items), Rules())) == {Side.TRAIN: 10, Side.TEST: 10}


def test_a_label_of_one_meter_only_trains() -> None:
    items = [Item(label="a", sha256=str(number), group="the only meter") for number in range(50)]
    assert set(assign(items, clusters(items), Rules())) == {Side.TRAIN}


def test_the_same_file_under_two_labels_is_a_contradiction() -> None:
    items = [Item(label="a", sha256="1"), Item(label="b", sha256="1"), Item(label="a", sha256="2"), Item(label="a", sha256="2")]
    assert contradictions(items) == {0, 1}


def test_rules_that_leave_nothing_to_learn_from_are_refused() -> None:
    with pytest.raises(DataError, match="train"):
        Rules(val_share=0.5, test_share=0.5)
    with pytest.raises(DataError, match="few"):
        Rules(few=31)
