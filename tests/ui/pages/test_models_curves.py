"""What the labels of each type are worth, in words, measured anew only where labels changed."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.naming import name_photos
from db.tables import Embedding, Photo
from engine.recognition.curve import Curve
from tests.archive import NOW, store, unknown
from ui.pages import models_curves
from ui.pages.models_curves import LearningCurves, told
from ui.words_models import curve_line


def curve(label: str, accuracy: float | None, gain: float | None = None, labels: int = 12, spread: float = 0.04) -> Curve:
    return Curve(label=label, labels=labels, accuracy=accuracy, spread=None if accuracy is None else spread, gain=gain)


def photos(database: Engine, numbers: range, design: int) -> list[Photo]:
    """Unknown photos of one design, each of a meter of its own."""
    rows = [unknown(number) for number in numbers]
    store(database, *rows)
    rng = np.random.default_rng(design)
    centre = rng.normal(size=16)
    for row in rows:
        vector = centre + rng.normal(0, 0.2, 16)
        store(database, Embedding(photo_id=row.id, stamp="v1", vector=(vector / np.linalg.norm(vector)).astype("<f4").tobytes()))
    return rows


@pytest.mark.parametrize(("given", "said"), [
    (curve("A", 0.91, 0.03), "12 labels: 91 % ± 4; another 10 would bring about +3"),
    (curve("A", 0.91, 0.001), "12 labels: 91 % ± 4; another 10 would change little"),
    (curve("A", 0.91, None, labels=5), "5 labels: 91 % ± 4; too few to tell what another 10 would bring"),
    (curve("A", 1.0, 0.0, labels=3, spread=0.63), "3 labels: 100 %, at least 37 %; too few to tell what another 10 would bring"),
    (curve("A", 1.0, 0.0, labels=30, spread=0.1), "30 labels: 100 %, at least 90 %; another 10 would change little"),
    (curve("A", 0.0, None, spread=0.3), "12 labels: 0 %, at most 30 %; too few to tell what another 10 would bring"),
    (curve("A", None, labels=1), "1 label: too few meters to say"),
])  # fmt: skip
def test_a_curve_is_told_in_plain_words(given: Curve, said: str) -> None:
    assert curve_line(given.labels, given.accuracy, given.spread, given.gain, 10) == said


def test_the_type_that_gains_most_comes_first_and_those_of_few_meters_are_named_apart() -> None:
    learning = told((curve("sure", 0.99, 0.0), curve("few", None, labels=2), curve("gains", 0.7, 0.08), curve("unclear", 0.6)))
    assert [row.label for row in learning.rows] == ["gains", "unclear", "sure"]
    assert learning.few == ("few (2 labels)",)
    assert [(row.low, row.share, row.high) for row in learning.rows] == [(66, 70, 74), (56, 60, 64), (95, 99, 100)]


def test_curves_are_measured_once_until_somebody_labels_or_another_version_judges(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = photos(database, range(1, 9), 1), photos(database, range(11, 19), 2)
    measured: list[int] = []
    monkeypatch.setattr(
        models_curves,
        "learning_curves",
        lambda session, look=models_curves.learning_curves: (measured.append(1), look(session))[1],
    )
    curves = LearningCurves()
    with Session(database) as session:
        assert curves.read(session, "v1") == curves.read(session, "v1") == models_curves.Learning(rows=(), few=())
        name_photos(session, [row.id for row in first], "ACME 7", by="ana", now=NOW)
        name_photos(session, [row.id for row in second], "GENUS 5", by="ana", now=NOW)
        session.commit()
        learning = curves.read(session, "v1")
        assert [(row.label, row.now) for row in learning.rows] == [
            ("ACME 7", "8 labels: 100 %, at least 69 %"),
            ("GENUS 5", "8 labels: 100 %, at least 69 %"),
        ]
        assert curves.read(session, "v1") is learning
        assert len(measured) == 2
        curves.read(session, "v2")
        assert len(measured) == 3
