"""Intervals by drawing again: whole groups (physical meters, scenes), since photos of one group succeed and fail together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]
RESAMPLES = 300  # enough for a 5-95 % interval to two digits
LOW, HIGH = 5, 95  # percent


def group_numbers(names: Sequence[str]) -> Indices:
    """(N,) a number per group from N names; an empty name is a group of its own."""
    numbers: dict[object, int] = {}
    keys = (name or (place,) for place, name in enumerate(names))
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def draws(groups: Indices, seed: int) -> NDArray[np.int32]:
    """(RESAMPLES, N) how often each row is drawn when as many groups as there are are drawn with replacement."""
    rng = np.random.default_rng(seed)
    count = int(groups.max()) + 1
    often = rng.multinomial(count, np.full(count, 1 / count), RESAMPLES)
    return np.asarray(often[:, groups], dtype=np.int32)


def with_interval(name: str, measure: Callable[[Indices], float], groups: Indices, seed: int) -> dict[str, Any]:
    """{name: value, name_interval: [5 %, 95 %]} of a figure of rows; `groups` (N,) tells which rows are drawn together."""
    every = np.arange(len(groups))
    values = [measure(np.repeat(every, often)) for often in draws(groups, seed)]
    low, high = np.nanpercentile(values, [LOW, HIGH]) if not np.isnan(values).all() else (np.nan, np.nan)
    return {name: round(measure(every), 4), f"{name}_interval": [round(float(low), 4), round(float(high), 4)]}
