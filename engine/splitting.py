"""Which labelled photos train, choose and test: what belongs together stays on one side. Pure: values in, values out."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import DataError
from engine.signature import NEAR, Signature, near_pairs


class Side(StrEnum):
    """What a photo is for; also the folder it goes to."""

    TRAIN = "train"  # learned from
    VAL = "val"  # chosen by
    TEST = "test"  # only measured on


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One labelled photo as far as splitting needs to know it."""

    label: str
    sha256: str  # of the file
    signature: Signature | None = None  # of the pixels; None = near to nothing
    group: str = ""  # the same physical meter, scene or person; empty = not known


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How a label's photos are shared out. Labels with few photos train only, with some also test, with many choose too."""

    few: int = 12  # labels with fewer photos than this only train: two or three test photos say nothing
    many: int = 30  # labels with fewer than this train and test
    val_share: float = 0.15  # of the photos of a label with many
    test_share: float = 0.2  # of the photos of a label that is tested
    near: int = NEAR  # photos whose signatures differ in at most so many bits are one picture
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises `DataError` for rules that leave nothing to learn from."""
        if not (0 <= self.val_share < 1 and 0 <= self.test_share < 1 and self.val_share + self.test_share < 1):
            raise DataError("The shares of val and test must be 0 or more and below 1 together: something has to train.")
        if self.few > self.many:
            raise DataError(f"`few` ({self.few}) must not be above `many` ({self.many}).")

    def shares(self, photos: int) -> dict[Side, float]:
        """What of a label with so many photos goes to test and val."""
        if photos < self.few:
            return {}
        test = {Side.TEST: self.test_share}
        return test if photos < self.many else {**test, Side.VAL: self.val_share}


def clusters(items: Sequence[Item], near: int = NEAR) -> tuple[int, ...]:
    """(N,) the number of each item's cluster: the same file, nearly the same picture or the same group, also by way of others."""
    parents = list(range(len(items)))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    first: dict[tuple[str, str], int] = {}
    for place, item in enumerate(items):
        for key in [("sha256", item.sha256), *([("group", item.group)] if item.group else [])]:
            parents[root(place)] = root(first.setdefault(key, place))
    for one, other in near_pairs([item.signature for item in items], near):
        parents[root(other)] = root(one)
    numbers: dict[int, int] = {}
    return tuple(numbers.setdefault(root(place), len(numbers)) for place in range(len(items)))


def contradictions(items: Sequence[Item]) -> frozenset[int]:
    """Positions of items whose very file also stands under another label: nobody knows which is right."""
    labels: dict[str, set[str]] = defaultdict(set)
    for item in items:
        labels[item.sha256].add(item.label)
    return frozenset(place for place, item in enumerate(items) if len(labels[item.sha256]) > 1)


def assign(items: Sequence[Item], belonging: Sequence[int], rules: Rules) -> tuple[Side, ...]:
    """(N,) the side of each item; all items of a cluster (`belonging`, as `clusters` gives it) are on one side.

    Every label keeps something to train on; a label that should be tested is, if it has a second cluster. The same items and seed
    give the same sides, whatever the files' names and order.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for place, number in enumerate(belonging):
        members[number].append(place)
    order = sorted(members, key=lambda number: _draw(rules.seed, min(items[place].sha256 for place in members[number])))
    labels = {number: Counter(items[place].label for place in members[number]) for number in order}
    sides = _fill(order, labels, rules)
    return tuple(sides[number] for number in belonging)


def _fill(order: Sequence[int], labels: Mapping[int, Counter[str]], rules: Rules) -> dict[int, Side]:
    """Cluster -> side: in turn, each takes the first side that still wants about as many photos of all its labels."""
    totals = _total(labels.values())
    left = {label: {side: share * count for side, share in rules.shares(count).items()} for label, count in totals.items()}
    train = Counter(totals)
    sides = dict.fromkeys(order, Side.TRAIN)

    def move(number: int, side: Side) -> None:
        sides[number] = side
        train.subtract(labels[number])
        for label, count in labels[number].items():
            left[label][side] -= count

    def may(number: int, side: Side, least: float) -> bool:
        return all(
            left[label].get(side, 0.0) > 0 and left[label][side] >= least * count and train[label] > count
            for label, count in labels[number].items()
        )

    for number in order:
        wanted = [side for side in (Side.TEST, Side.VAL) if may(number, side, 0.5)]
        if wanted:
            move(number, wanted[0])
    for side in (Side.TEST, Side.VAL):  # a label of few large clusters: its smallest, rather than none
        for label in sorted(totals):
            untouched = left[label].get(side) == rules.shares(totals[label]).get(side, 0.0) * totals[label]
            free = [
                number for number in order if label in labels[number] and sides[number] is Side.TRAIN and may(number, side, 0)
            ]
            if untouched and free:
                move(min(free, key=lambda number: labels[number].total()), side)
    return sides


def _draw(seed: int, sha256: str) -> str:
    return hashlib.sha256(f"{seed}:{sha256}".encode()).hexdigest()


def _total(counts: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counts:
        total.update(counter)
    return total
