"""Which measures may speak for which tag, and in which direction: few, each for a reason, beside what kind of photo it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.quality.thresholds import Curve, Rule, Tag, Term

_SIGN = 1e-9  # a weight this small says a direction and no more: the fit starts from nothing


def _more(measure: str, curve: Curve = Curve.LINEAR, *, bent: bool = False) -> Term:
    return Term(measure=measure, weight=_SIGN, curve=curve, piece=bent)


def _less(measure: str, curve: Curve = Curve.LINEAR, *, bent: bool = False) -> Term:
    return Term(measure=measure, weight=-_SIGN, curve=curve, piece=bent)


def _either(measure: str, *, bent: bool = False) -> Term:
    """What a measure is compared with: how much contrast there is to be sharp with, how fine the pixels are."""
    return Term(measure=measure, weight=0.0, piece=bent)


def _context(measure: str) -> Term:
    """What kind of photo it is; held back ten times as hard."""
    return Term(measure=measure, weight=0.0, curve=_BUNCHED.get(measure, Curve.LINEAR), context=True)


# What kind of photo it is: its light and colour, how much there is to see and to hide noise in, how it was packed. Never its
# size in pixels: the fit would know the photos' sources by it.
# fmt: off
_CONTEXT = (
    "brightness", "bright_end", "black_end", "white_floor", "blown", "crushed", "range", "dark_channel", "saturation",
    "green_ratio", "glare", "glare_rise", "white_peak", "white_area", "middle_white", "information",
    "coarse_detail", "reblur", "relative_sharpness", "directional_sharpness",
    "block_sharpness", "texture", "coarse_texture", "luma_grain", "chroma_grain", "coarse_luma_grain", "coarse_chroma_grain",
    "grain", "pixel_detail", "blockiness",
)
# fmt: on
_BUNCHED = dict.fromkeys(("information", "blockiness", "block_sharpness", "grain"), Curve.LOG) | dict.fromkeys(
    ("white_area", "middle_white", "blown", "crushed"), Curve.ROOT
)


def _beside_context(*own: Term, but: Collection[str] = ()) -> tuple[Term, ...]:
    """The terms and, where a defect is read differently in different photos, what kind of photo it is (`but` left out)."""
    taken = {term.measure for term in own} | {*but}
    return (*own, *(_context(measure) for measure in _CONTEXT if measure not in taken))


PLANS: Mapping[Tag, tuple[Term, ...]] = {
    Tag.BLURRY: _beside_context(
        _less("core_slope", bent=True),
        _more("reblur", bent=True),
        _less("relative_sharpness", bent=True),
        _less("directional_sharpness", bent=True),
        # What there is to be sharp: seen at a size at which blur is not.
        _either("coarse_detail", bent=True),
        _either("coarse_contrast", bent=True),
        # Read on one scale whatever is in the photo, so that no bend is needed.
        _more("blur_width"),
        _more("blur_width_low"),
    ),
    # Dark things are dark, too: with contrast and much on them. A sky is bright, whatever the light below it.
    Tag.LOW_LIGHT: (
        _less("brightness"),
        _less("ground_light"),
        _either("black_end"),
        _either("coarse_contrast"),
        _either("information"),
    ),
    # Paper, snow and white walls are bright, too: without colour, and with little on them.
    Tag.OVEREXPOSED: (
        _more("over_exposure"),
        _more("bright_end"),
        _less("crushed", Curve.ROOT),
        _context("saturation"),
        _context("information"),
    ),
    Tag.LOW_CONTRAST: (_more("flatness"), _more("white_floor")),
    Tag.NOISY: (
        _more("luma_grain", bent=True),
        _more("chroma_grain", bent=True),
        _more("coarse_luma_grain", bent=True),
        _more("coarse_chroma_grain", bent=True),
        _more("grain", Curve.LOG, bent=True),
        _more("colour_noise", bent=True),
        _either("quiet_texture", bent=True),
        _either("coarse_texture", bent=True),
        _context("contrast"),
        _context("black_end"),
    ),
    # A sunlit street has white spots that are no reflection on glass, and a sky is white by itself.
    Tag.GLARE: _beside_context(
        _more("ground_rise"),
        _more("ground_white", Curve.ROOT),
        _more("middle_white", Curve.ROOT),
        _either("coarse_contrast"),
        _either("saturation"),
        _either("middle_spread"),
        but=("glare_rise", "white_area"),  # they see the sky
    ),
    Tag.HAZY: _beside_context(
        _more("dark_channel"),
        _less("saturation"),
        _either("coarse_detail"),
        _more("white_floor"),
        _less("coarse_contrast"),
    ),
    Tag.LOW_INFORMATION: (_less("information", Curve.LOG),),
    Tag.JPEG_ARTIFACTS: _beside_context(_more("blockiness", Curve.LOG), _either("pixel_detail")),
    Tag.LOW_RESOLUTION: _beside_context(_less("pixel_detail"), _more("reblur"), _more("interpolation"), _more("enlarged")),
    Tag.DAMAGED: (_more("grey_field", Curve.ROOT),),
}

# True by definition, whatever is learned: so few pixels hold no readable digits.
FIXED: tuple[Rule, ...] = (Rule.at(Tag.LOW_RESOLUTION, "short_side", 160.0, -0.05, fixed=True),)


def unfitted() -> tuple[Rule, ...]:
    """The rules that a fit from nothing starts with."""
    return (*(Rule(tag=tag, terms=terms, bias=0.0) for tag, terms in PLANS.items()), *FIXED)
