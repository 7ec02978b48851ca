"""Which photos to draw: how many of each design, of which meters, when they were taken and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle

import numpy as np

from engine.drawing.camera import Defect
from engine.drawing.design import GENERATION

_FIRST_DAY = datetime(2026, 4, 12, 8, 30)  # photos are drawn as if taken from here on
_SPOILED = 0.3  # share of photos with a defect
IMBALANCE = 0.9  # exponent of the counts in a training set; 0 = all designs alike
_FAMILIES = (5, 4, 3, 3, 3, 2, 2, 2, 2, 2, *(1,) * 10)  # models of one maker among the original utility's 38 labels


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """One photo to draw. `known` is false for designs that stand for types no model was taught."""

    design: int
    known: bool
    meter: int
    reading: int
    defects: tuple[Defect, ...]
    seed: int
    taken: datetime


def plan_demo(count: int, designs: int, seed: int) -> tuple[Shot, ...]:
    """A day's uploads: of `designs` designs the last quarter (at least one of two or more) are unknown.

    Unknown designs come about three times as often as the others: of 40 photos of 8 designs each of the two unknown ones has at
    least six clear photos, enough to be found as a group.
    """
    unknown = max(1, designs // 4) if designs > 1 else 0
    weights = np.concatenate([np.linspace(1.2, 0.8, designs - unknown), np.full(unknown, 3.2)])
    return _plan(_share_out(count, weights), frozenset(range(designs - unknown, designs)), seed)


def plan_classes(
    count: int, designs: int, seed: int, *, imbalance: float = IMBALANCE, families: bool = False
) -> tuple[Shot, ...]:
    """A training set: every design known, their counts as uneven as real archives' (the k-th is weighed k to the -imbalance).

    With `families` designs are not all different: of 38, as the original utility's labels say, 28 share ten makers.
    """
    ranks = np.random.default_rng(seed).permutation(designs) + 1
    shots = _plan(_share_out(count, ranks**-imbalance), frozenset(), seed)
    return tuple(replace(shot, design=_relative(shot.design)) for shot in shots) if families else shots


def _relative(number: int) -> int:
    """The catalogue's index of design `number`, where designs come in families."""
    rest, first = number, 0
    for size in cycle(_FAMILIES):
        if rest < size:
            return first + rest * GENERATION
        rest, first = rest - size, first + 1
    raise AssertionError("a cycle does not end")


def _share_out(count: int, weights: np.ndarray) -> list[int]:
    """`count` in whole parts by weight; every design has one photo while there are enough."""
    least = 1 if count >= weights.size else 0
    exact = weights / weights.sum() * (count - least * weights.size)
    parts = np.floor(exact).astype(int)
    rest = count - least * weights.size - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:rest]] += 1
    return [int(part) + least for part in parts]


def _plan(counts: Sequence[int], unknown: frozenset[int], seed: int) -> tuple[Shot, ...]:
    rng = np.random.default_rng(seed)
    mishaps = cycle([Defect(name) for name in rng.permutation([defect.value for defect in Defect])])
    wanted = [(index, turn) for index, number in enumerate(counts) for turn in range(number)]
    spoiled = {
        (index, int(turn))
        for index, number in enumerate(counts)
        for turn in rng.permutation(number)[: int(number * _SPOILED + rng.random())]
    }
    shots = []
    taken = _FIRST_DAY + timedelta(days=int(rng.integers(60)), seconds=int(rng.integers(3600)))
    for place in rng.permutation(len(wanted)):
        index, turn = wanted[place]
        taken += timedelta(seconds=int(rng.integers(21, 260)))
        meter = int(rng.integers(1 + counts[index] * 2 // 5))
        shots.append(
            Shot(
                design=index,
                known=index not in unknown,
                meter=meter,
                reading=_reading(index, meter, turn),
                defects=(next(mishaps),) if (index, turn) in spoiled else (),
                seed=int(rng.integers(2**31)),
                taken=taken,
            )
        )
    return tuple(shots)


def _reading(index: int, meter: int, turn: int) -> int:
    """A meter's reading, somewhat higher each time it is photographed."""
    own = np.random.default_rng((index, meter, 11))
    return int(own.integers(8_000, 900_000) + turn * own.integers(40, 2_500))
