"""Which measures may speak for which tag, and in which direction: few, each for a reason, chosen before the fit."""

from __future__ import annotations

from collections.abc import Mapping

from engine.quality.thresholds import Curve, Rule, Tag, Term

_SIGN = 1e-9  # a weight this small says a direction and no more: the fit starts from nothing


def _more(measure: str, curve: Curve = Curve.LINEAR) -> Term:
    return Term(measure=measure, weight=_SIGN, curve=curve)


def _less(measure: str, curve: Curve = Curve.LINEAR) -> Term:
    return Term(measure=measure, weight=-_SIGN, curve=curve)


def _either(measure: str) -> Term:
    """What a measure is compared with: how much contrast there is to be sharp with, how fine the pixels are."""
    return Term(measure=measure, weight=0.0)


PLANS: Mapping[Tag, tuple[Term, ...]] = {
    Tag.BLURRY: (
        _more("reblur"),
        _less("relative_sharpness"),
        _less("directional_sharpness"),
        _either("gradient"),
        _either("block_contrast"),
    ),
    Tag.LOW_LIGHT: (_less("brightness"),),
    Tag.OVEREXPOSED: (_more("over_exposure"), _more("bright_end")),
    Tag.LOW_CONTRAST: (_more("flatness"), _more("white_floor")),
    Tag.NOISY: (_more("luma_grain"), _more("chroma_grain"), _more("grain", Curve.LOG), _less("blockiness", Curve.LOG)),
    # The last four say what kind of scene it is: a sunlit street has white spots that are no reflection on glass.
    Tag.GLARE: (
        _more("glare_rise"),
        _more("white_area", Curve.ROOT),
        _either("block_contrast"),
        _either("gradient"),
        _either("saturation"),
        _either("range"),
    ),
    Tag.HAZY: (_more("dark_channel"), _less("block_contrast"), _less("saturation"), _either("coarse_detail")),
    Tag.LOW_INFORMATION: (_less("information", Curve.LOG),),
    Tag.JPEG_ARTIFACTS: (_more("blockiness", Curve.LOG), _either("pixel_detail")),
    Tag.LOW_RESOLUTION: (_less("pixel_detail"), _more("reblur")),
    Tag.DAMAGED: (_more("grey_field", Curve.ROOT),),
}

# True by definition, whatever is learned: so few pixels hold no readable digits.
FIXED: tuple[Rule, ...] = (Rule.at(Tag.LOW_RESOLUTION, "short_side", 160.0, -0.05, fixed=True),)


def unfitted() -> tuple[Rule, ...]:
    """The rules that a fit from nothing starts with."""
    return (*(Rule(tag=tag, terms=terms, bias=0.0) for tag, terms in PLANS.items()), *FIXED)
