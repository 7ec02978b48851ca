"""A fitted version beside the one that judges, on the same labelled photos: rules that got no better are put back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.quality.cuts import f_score
from engine.quality.examples import Example
from engine.quality.fitting import LeftOut
from engine.quality.judgement import judge
from engine.quality.thresholds import Figures, Tag, Thresholds

CHANCE = 0.5  # AUC


@dataclass(frozen=True, kw_only=True, slots=True)
class Against:
    """`figures`: of every tag that was fitted, on photos left out; `f1_now` by the version that judges, on the same photos.

    `thresholds` is the fitted version with the rules of `kept` as they were: left out, their F1 was lower than now, or chance
    did as well. Shares of good photos with one of the other fitted tags: `good` left out, `good_now`; None where no photo is
    known to be good.
    """

    thresholds: Thresholds
    figures: Mapping[Tag, Figures]
    f1_now: Mapping[Tag, float]
    kept: tuple[Tag, ...]
    good: float | None
    good_now: float | None

    def worse(self, budget: float) -> str:
        """Why the version is worse than the one that judges, in words; "" where it is not. `budget`: aimed at, 0..1."""
        if self.good is None or self.good_now is None or self.good <= max(budget, self.good_now):
            return ""
        return f"{self.good:.1%} of the good photos would carry one of these tags, {self.good_now:.1%} do now, {budget:.0%} may"


def against(fitted: Thresholds, left_out: LeftOut, start: Thresholds, examples: Sequence[Example]) -> Against:
    """Compare, and put back what got worse. `fitted` and `left_out` are what a fit of `examples` from `start` gave."""
    now = [judge(each.measures, start).tags for each in examples]
    f1_now = {tag: _f1(tag, examples, now) for tag in fitted.figures}
    kept = tuple(tag for tag, each in fitted.figures.items() if each.f1 < f1_now[tag] or each.auc_interval[0] <= CHANCE)
    figures = {tag: each for tag, each in fitted.figures.items() if tag not in kept}
    before = {rule.tag: rule for rule in start.rules if not rule.fixed}
    rules = tuple(before[rule.tag] if rule.tag in kept and not rule.fixed else rule for rule in fitted.rules)
    good = np.array([each.good for each in examples], bool)
    said = np.any([left_out.said[tag] for tag in figures], axis=0) if figures else np.zeros(len(examples), bool)
    said_now = np.array([bool(figures.keys() & tags) for tags in now], bool)
    share = float(said[good].mean()) if good.any() else None
    return Against(
        thresholds=replace(fitted, rules=rules, figures=figures, good_tagged=share),
        figures=fitted.figures,
        f1_now=f1_now,
        kept=kept,
        good=share,
        good_now=float(said_now[good].mean()) if good.any() else None,
    )


def _f1(tag: Tag, examples: Sequence[Example], tags: Sequence[Collection[str]]) -> float:
    """Of `tags`, on the photos of which it is known whether they have the tag."""
    known = [(tag in each.present, tag in said) for each, said in zip(examples, tags, strict=True) if tag not in each.unsure]
    truth, said = np.array(known).T
    return f_score(truth, said)[2]
