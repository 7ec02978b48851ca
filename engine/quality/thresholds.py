"""Where numbers become a tag. Thresholds have a version, so that a verdict says by which ones it was made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import exp, log, sqrt
from typing import ClassVar

from pydantic import ConfigDict

from engine.errors import ArgumentError
from engine.spelling import hint


class Tag(StrEnum):
    """What can be said of a photo's quality. All but `WELL_EXPOSED` are defects."""

    BLURRY = "blurry"
    LOW_LIGHT = "low_light"
    OVEREXPOSED = "overexposed"
    LOW_CONTRAST = "low_contrast"
    NOISY = "noisy"
    GLARE = "glare"
    HAZY = "hazy"
    LOW_INFORMATION = "low_information"
    JPEG_ARTIFACTS = "jpeg_artifacts"
    LOW_RESOLUTION = "low_resolution"
    DAMAGED = "damaged"
    SCREEN_PHOTO = "screen_photo"
    WELL_EXPOSED = "well_exposed"


TAGS: tuple[str, ...] = tuple(tag.value for tag in Tag)
DEFECT_TAGS: tuple[Tag, ...] = tuple(tag for tag in Tag if tag is not Tag.WELL_EXPOSED)


_STRICT = ConfigDict(extra="forbid")  # of a version's file: a key that nobody reads would be silently without effect


class Curve(StrEnum):
    """How a number enters a sum. Shares and powers are bunched near zero; a root or a logarithm spreads them."""

    LINEAR = "linear"
    LOG = "log"  # ln(number + 1)
    ROOT = "root"

    def of(self, number: float) -> float:
        """The number on this curve; what is below zero counts as zero, but on the line."""
        if self is Curve.LOG:
            return log(max(number, 0.0) + 1)
        return sqrt(max(number, 0.0)) if self is Curve.ROOT else number

    def inverse(self, value: float) -> float:
        """The number that lies at `value` on this curve."""
        if self is Curve.LOG:
            return exp(value) - 1
        return value * value if self is Curve.ROOT else value


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One measure's share in a sum: weight * curve(number), the number held within `low`..`high`.

    Beyond the range that the weight was fitted on nothing is known, and a single wild number must not decide. `context` says
    what kind of photo it is, not what is wrong with it; a fit trusts it less. `piece`: one of several terms of a measure, side
    by side, that make a bent line; its range stays. Without one yet, a fit splits it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    measure: str
    weight: float
    curve: Curve = Curve.LINEAR
    low: float | None = None
    high: float | None = None
    context: bool = False
    piece: bool = False

    def share(self, number: float) -> float:
        """In logits; monotone in `number`."""
        return self.weight * self.place(number)

    def place(self, number: float) -> float:
        """On the curve, within the range."""
        if self.low is not None and number < self.low:
            number = self.low
        elif self.high is not None and number > self.high:
            number = self.high
        return number if self.curve is Curve.LINEAR else self.curve.of(number)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A tag's score: 1 / (1 + exp(-(bias + sum of the terms' shares))). The tag is said from 0.5.

    `fixed` rules hold by definition and are not learned.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    tag: Tag
    terms: tuple[Term, ...]
    bias: float
    fixed: bool = False

    @classmethod
    def at(cls, tag: Tag, measure: str, cut: float, slope: float, *, fixed: bool = False) -> Rule:
        """One measure, 0.5 at its `cut`, `slope` logits per unit; below zero, small numbers are the defect."""
        return cls(tag=tag, terms=(Term(measure=measure, weight=slope),), bias=-slope * cut, fixed=fixed)

    def logit(self, measures: Mapping[str, float]) -> float:
        """Even odds at 0. Raises `KeyError` for a measure that was not taken."""
        return self.bias + sum(term.share(measures[term.measure]) for term in self.terms)

    def score(self, measures: Mapping[str, float]) -> float:
        """0..1, monotone in every measure."""
        return 1 / (1 + exp(-max(-60.0, min(60.0, self.logit(measures)))))


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """How good one tag is on photos that its rule was not fitted to (whole groups of photos left out in turn)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    positives: int
    negatives: int
    auc: float
    auc_interval: tuple[float, float]  # 5 and 95 %, groups resampled
    f1: float  # at the cut
    precision: float
    recall: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """A versioned set of rules. A tag with several rules has the highest of their scores."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    version: str
    rules: tuple[Rule, ...]
    parent: str | None = None  # the version it was tuned from, and that a rollback returns to
    created: str | None = None  # ISO date
    fitted_on: str | None = None  # photos and groups, in words
    good_tagged: float | None = None  # share of good, left-out photos that are given a defect tag they are not known to have
    figures: Mapping[Tag, Figures] = field(default_factory=dict)

    def with_cuts(self, cuts: Mapping[Tag, float]) -> Thresholds:
        """The same rules with other cuts: `cuts` maps a tag to the score, as it is now, from which it shall be said (0..1).

        Scores move so that 0.5 is the cut again. The version gets a suffix that follows from the cuts, so that a stamp
        tells two sites apart.
        """
        if not cuts:
            return self
        moved = tuple(
            replace(rule, bias=rule.bias - log(cuts[rule.tag] / (1 - cuts[rule.tag]))) if rule.tag in cuts else rule
            for rule in self.rules
        )
        said = ",".join(f"{tag.value}={cut:g}" for tag, cut in sorted(cuts.items()))
        return replace(self, version=f"{self.version}+{hashlib.sha256(said.encode()).hexdigest()[:8]}", rules=moved)


@dataclass(frozen=True, slots=True)
class SiteCuts:
    """Sites that say tags from other scores than 0.5: (site, ((tag, score), ...)), ..."""

    cuts: tuple[tuple[str, tuple[tuple[Tag, float], ...]], ...] = ()

    @classmethod
    def parse(cls, said: Mapping[str, Mapping[str, float]]) -> SiteCuts:
        """As the settings say them: site -> tag -> score. Raises `ArgumentError` for what is no tag or no score."""
        return cls(tuple((site, tuple(_cut(site, *each) for each in cuts.items())) for site, cuts in said.items() if cuts))

    def checked(self, thresholds: Thresholds) -> SiteCuts:
        """These very cuts. Raises `ArgumentError` for a tag that these thresholds never say: a cut of it would have no effect."""
        told = {rule.tag for rule in thresholds.rules}
        for site, cuts in self.cuts:
            if never := [tag.value for tag, _ in cuts if tag not in told]:
                raise ArgumentError(
                    f"sites.{site}.thresholds: {thresholds.version} has no rule for {never[0]}, so it is never said. Take it out."
                )
        return self

    def of(self, site: str | None) -> Mapping[Tag, float]:
        """A site's own cuts, for `Thresholds.with_cuts`; empty where it has none. Settings call no site ""."""
        return dict(next((cuts for name, cuts in self.cuts if name == (site or "")), ()))


NO_SITE_CUTS = SiteCuts()


def _cut(site: str, name: str, score: float) -> tuple[Tag, float]:
    if name not in TAGS or name == Tag.WELL_EXPOSED:
        known = [tag.value for tag in DEFECT_TAGS]
        raise ArgumentError(f"sites.{site}.thresholds: {name!r} is no quality tag.{hint(name, known)} Tags: {', '.join(known)}.")
    if not 0 < score < 1:
        raise ArgumentError(
            f"sites.{site}.thresholds: {name} = {score:g} is no score between 0 and 1 (0.5 holds where none is set)."
        )
    return Tag(name), score
