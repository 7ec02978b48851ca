"""Learning curves: honest about other meters, silent where nothing can be said."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.recognition.curve import curves


def unit(points: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True), dtype=np.float32)


def test_well_separated_types_are_right_and_more_labels_bring_nothing() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(2, 32))
    vectors = unit(np.repeat(centres, 10, axis=0) + rng.normal(scale=0.05, size=(20, 32)))
    found = curves(vectors, ["A"] * 10 + ["B"] * 10, [f"m{number}" for number in range(20)])
    assert [(curve.label, curve.labels, curve.accuracy, curve.gain) for curve in found] == [
        ("A", 10, 1.0, 0.0),
        ("B", 10, 1.0, 0.0),
    ]


def test_overlapping_types_are_told_to_gain_from_more_labels() -> None:
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(3, 24))
    vectors = unit(np.repeat(centres, 24, axis=0) + rng.normal(scale=2.0, size=(72, 24)))
    found = curves(vectors, [kind for kind in "ABC" for _ in range(24)], [f"m{number}" for number in range(72)])
    assert all(curve.accuracy is not None and 0.4 < curve.accuracy < 1 and (curve.spread or 0) > 0 for curve in found)
    assert sum(curve.gain or 0 for curve in found) > 0


def test_photos_of_the_asked_meter_never_help_it() -> None:
    rng = np.random.default_rng(2)
    meters = rng.normal(size=(8, 32))  # each meter looks like itself alone
    vectors = unit(np.repeat(meters, 6, axis=0) + rng.normal(scale=0.01, size=(48, 32)))
    found = curves(vectors, ["A"] * 24 + ["B"] * 24, [f"m{number // 6}" for number in range(48)])
    assert max(curve.accuracy or 0 for curve in found) < 0.8


def test_too_few_meters_say_nothing() -> None:
    found = curves(unit(np.eye(4)), ["A", "A", "B", "B"], ["1", "1", "2", "3"])
    assert [(curve.accuracy, curve.gain) for curve in found] == [(None, None), (None, None)]
