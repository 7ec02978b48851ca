"""How far the labels of each type carry, as the Models page shows it: measured once for each state of the labels."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.labels import labels_state
from db.review import learning_curves
from engine.recognition.curve import MORE, Curve
from ui import words


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One type with a figure. Shares are percent, 0..100."""

    label: str
    share: int
    low: int
    high: int
    now: str
    more: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Learning:
    """All labelled types: those with a figure, what gains most first, and those of too few meters."""

    rows: tuple[Row, ...]
    few: tuple[str, ...]  # "GENUS5 (2 labels)"


class LearningCurves:
    """Measures curves where labels changed; the page asks every few seconds, and a measurement takes up to a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: tuple[str, str] | None = None
        self._learning = Learning(rows=(), few=())

    def read(self, session: Session, version: str) -> Learning:
        """As the labels stand now, seen by this version of the meter type model."""
        with self._lock:  # two people who open the page share one measurement
            seen = (version, labels_state(session))
            if seen != self._seen:
                self._learning = told(learning_curves(session))
                self._seen = seen
            return self._learning


def told(curves: tuple[Curve, ...]) -> Learning:
    """Curves as the page lists them."""
    measured = sorted(
        (curve for curve in curves if curve.accuracy is not None),
        key=lambda curve: (-(curve.gain or 0), curve.accuracy, curve.label),
    )
    few = (curve for curve in curves if curve.accuracy is None)
    return Learning(
        rows=tuple(_row(curve) for curve in measured),
        few=tuple(f"{curve.label} ({words.models.count_labels(curve.labels)})" for curve in few),
    )


def _row(curve: Curve) -> Row:
    accuracy, spread = curve.accuracy or 0.0, curve.spread or 0.0
    return Row(
        label=curve.label,
        share=round(100 * accuracy),
        low=round(100 * max(accuracy - spread, 0)),
        high=round(100 * min(accuracy + spread, 1)),
        now=words.models.curve_now(curve.labels, accuracy, spread),
        more=words.models.curve_more(curve.gain, spread, MORE),
    )
