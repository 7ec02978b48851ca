"""A fitted version beside the one that judges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.quality import Rule, Tag, Thresholds
from engine.quality.against import Against, against
from engine.quality.examples import Example
from engine.quality.fitting import LeftOut
from engine.quality.thresholds import Figures

DARK = frozenset({Tag.LOW_LIGHT})
NOW = Thresholds(
    version="now", rules=(Rule.at(Tag.LOW_LIGHT, "brightness", 30.0, -0.5), Rule.at(Tag.GLARE, "glare", 250.0, 0.06))
)
FITTED = replace(
    NOW, version="new", rules=(Rule.at(Tag.LOW_LIGHT, "brightness", 60.0, -0.5), Rule.at(Tag.GLARE, "glare", 180.0, 0.06))
)
EXAMPLES = [
    Example(
        measures={"brightness": 20.0 if number < 4 else 50.0, "glare": 200.0}, present=DARK if number < 4 else frozenset(),
        group=str(number), good=number >= 4,
    )
    for number in range(10)
]  # fmt: skip


def figures(f1: float, low: float = 0.9) -> Figures:
    return Figures(positives=4, negatives=6, auc=0.95, auc_interval=(low, 1.0), f1=f1, precision=f1, recall=f1)


def compared(low_light: Figures, glare: Figures, said: dict[Tag, list[int]]) -> Against:
    """The version fitted to `EXAMPLES`; `said`: by rules that had not seen them, the photos by number."""
    flags = {tag: np.isin(np.arange(10), numbers) for tag, numbers in said.items()}
    fitted = replace(FITTED, figures={Tag.LOW_LIGHT: low_light, Tag.GLARE: glare})
    return against(fitted, LeftOut(logits={}, said=flags), NOW, EXAMPLES)


def test_a_rule_that_tells_its_tag_worse_than_now_is_put_back() -> None:
    found = compared(figures(0.9), figures(0.8), {Tag.LOW_LIGHT: [0, 1, 2, 3], Tag.GLARE: [4]})
    assert found.f1_now == {Tag.LOW_LIGHT: 1.0, Tag.GLARE: 0.0} and found.kept == (Tag.LOW_LIGHT,)
    assert found.thresholds.rules == (NOW.rules[0], FITTED.rules[1])
    assert set(found.thresholds.figures) == {Tag.GLARE}, "figures are of what was learned"
    assert found.thresholds.good_tagged == found.good == pytest.approx(1 / 6)


def test_a_rule_that_chance_does_as_well_is_put_back_though_nothing_was_told_before() -> None:
    found = compared(figures(1.0), figures(0.3, low=0.4), {Tag.LOW_LIGHT: [0, 1, 2, 3], Tag.GLARE: [4]})
    assert found.kept == (Tag.GLARE,) and found.thresholds.rules == (FITTED.rules[0], NOW.rules[1])


def test_more_good_photos_with_a_tag_than_now_and_than_aimed_at_is_worse() -> None:
    found = compared(figures(1.0), figures(0.8), {Tag.LOW_LIGHT: [0, 1, 2, 3], Tag.GLARE: [4, 5]})
    assert found.worse(0.03) == "33.3% of the good photos would carry one of these tags, 0.0% do now, 3% may"
    assert found.worse(0.5) == "", "as many are allowed"
    assert not replace(found, good_now=0.4).worse(0.03), "now it is more"
    assert not replace(found, good=None, good_now=None).worse(0.03), "no photo is known to be good"
