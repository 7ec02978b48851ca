"""Where a number becomes a tag. Thresholds have a version, so that a verdict says by which ones it was made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp


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
    WELL_EXPOSED = "well_exposed"


TAGS: tuple[str, ...] = tuple(tag.value for tag in Tag)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One number's say in one tag: score = 1 / (1 + exp(-slope * (number - cut))), so the tag begins at the cut (score 0.5).

    `slope` is per unit of the measure; below zero, small numbers are the defect.
    """

    tag: Tag
    measure: str
    cut: float
    slope: float

    def score(self, number: float) -> float:
        """The defect's score, 0..1, monotone in `number`."""
        bounded = max(-60.0, min(60.0, self.slope * (number - self.cut)))
        return 1 / (1 + exp(-bounded))


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """A versioned set of rules. A tag with several rules has the highest of their scores."""

    version: str
    rules: tuple[Rule, ...]


def _rule(tag: Tag, measure: str, cut: float, slope: float) -> Rule:
    return Rule(tag=tag, measure=measure, cut=cut, slope=slope)


# Cuts are set on photos with known defects (see benchmarks/quality.py) so that clean photos rarely carry a tag.
DEFAULT_THRESHOLDS = Thresholds(
    version="2026-1",
    rules=(
        _rule(Tag.BLURRY, "blur", 0.5, 1.0),
        _rule(Tag.LOW_LIGHT, "brightness", 29.0, -0.35),
        _rule(Tag.OVEREXPOSED, "over_exposure", 1.5, 1.0),
        _rule(Tag.LOW_CONTRAST, "flatness", 1.2, 1.0),
        _rule(Tag.NOISY, "grain", 2.6, 2.0),
        _rule(Tag.GLARE, "glare", 250.0, 0.06),
        _rule(Tag.HAZY, "haze", 1.0, 1.0),
        _rule(Tag.LOW_INFORMATION, "information", 8.0, -0.7),
        _rule(Tag.JPEG_ARTIFACTS, "blockiness", 3.1, 3.0),
        _rule(Tag.LOW_RESOLUTION, "pixel_detail", 0.75, -9.0),
        _rule(Tag.LOW_RESOLUTION, "short_side", 160.0, -0.05),
        _rule(Tag.DAMAGED, "grey_field", 0.06, 60.0),
    ),
)
