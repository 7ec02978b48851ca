"""Judging measured numbers: scores, tags, Good or Poor, and what the person holding the phone can do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from engine.quality.thresholds import DEFECT_TAGS, Tag, Thresholds
from engine.verdict import Quality, Reason

_TAGGED = 0.5  # score from which a tag is said: every rule's cut lies there
UNSURE = (0.35, 0.65)  # scores between which a tag, said or not, is a close call

# To the person holding the phone. The gravest first: what spoils most of a photo, or hides what else is wrong with it.
ADVICE: Mapping[str, str] = {
    Tag.DAMAGED: "Part of the picture is missing: the upload broke off. Send the photo again.",
    Tag.LOW_INFORMATION: "There is almost nothing to see. Point the camera at the meter and check that nothing covers the lens.",
    # Where there is no display there is nothing to read, however sharp it is.
    Reason.NO_DISPLAY: "Point the camera at the meter's display, from near enough that the digits fill a third of the picture.",
    Tag.LOW_LIGHT: "Too dark: switch on a light or the phone's torch, held to the side.",
    Tag.OVEREXPOSED: "Too bright: tap the display on the screen so that the phone exposes for it, or shade the meter.",
    Tag.BLURRY: "Blurred: hold the phone with both hands, tap to focus on the display and wait a moment before you press.",
    Tag.GLARE: "A light reflects on the glass: step to the side or tilt the phone, and turn the flash off.",
    Tag.LOW_RESOLUTION: "Too little detail: move closer instead of zooming, and send the original photo, not a preview.",
    Tag.NOISY: "Grainy: more light helps; wipe the lens and keep the phone still.",
    Tag.LOW_CONTRAST: "The picture looks flat: wipe the lens and the meter's window, and avoid shooting against the light.",
    Tag.HAZY: "Hazy: wipe the lens and the meter's window clean.",
    Tag.SCREEN_PHOTO: "This looks like a photo of a screen: photograph the meter itself.",
    Tag.JPEG_ARTIFACTS: "Squeezed too hard: send the original file; messengers shrink photos.",
}
# One cause, one piece of advice: what a defect brings with it is tagged, but needs no advice of its own.
_BROUGHT_ALONG: Mapping[str, tuple[str, ...]] = {
    Tag.DAMAGED: (Tag.LOW_INFORMATION, Reason.NO_DISPLAY, Tag.LOW_CONTRAST, Tag.HAZY),
    Tag.LOW_LIGHT: (Tag.LOW_INFORMATION, Tag.LOW_CONTRAST, Tag.NOISY, Tag.HAZY),
    Tag.OVEREXPOSED: (Tag.LOW_INFORMATION, Tag.LOW_CONTRAST, Tag.HAZY),
    Tag.LOW_INFORMATION: (Reason.NO_DISPLAY, Tag.LOW_CONTRAST, Tag.HAZY),
}
GRAVITY: tuple[str, ...] = (*ADVICE, Tag.WELL_EXPOSED)  # every tag a photo can carry, the gravest first


def by_gravity(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags in the one order in which they are shown and told; those nobody knows come last."""
    places = {tag: place for place, tag in enumerate(GRAVITY)}
    return tuple(sorted(tags, key=lambda tag: (places.get(tag, len(places)), tag)))


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityJudgement:
    """What thresholds make of one photo's numbers.

    `scores` holds every tag, 0..1, higher = more of it; `quality_score` 0..1 is 1 minus the worst defect's score: a photo is
    as good as its worst defect lets it be. `tags` and `suggestions` come the gravest first; what another defect brings with
    it, as darkness brings noise, has a tag but no suggestion. `unsure` are the defects whose score is a close call, whether
    their tag is said or not.
    """

    quality: Quality
    quality_score: float
    tags: tuple[str, ...]
    scores: Mapping[str, float]
    suggestions: tuple[str, ...]
    unsure: tuple[str, ...] = ()


def judge(measures: Mapping[str, float], thresholds: Thresholds) -> QualityJudgement:
    """Judge the numbers of `measure` by `thresholds`.

    Raises:
        KeyError: a rule names a measure that was not taken.
    """
    scores = _scores(measures, thresholds)
    tags = tuple(tag for tag in Tag if scores[tag] >= _TAGGED)
    worst = max(score for tag, score in scores.items() if tag is not Tag.WELL_EXPOSED)
    return QualityJudgement(
        quality=Quality.POOR if worst >= _TAGGED else Quality.GOOD,
        quality_score=1 - worst,
        tags=by_gravity(tag.value for tag in tags),
        scores={tag.value: score for tag, score in scores.items()},
        suggestions=advice(tags),
        unsure=tuple(tag.value for tag in DEFECT_TAGS if UNSURE[0] <= scores[tag] < UNSURE[1]),
    )


def advice(tags: Collection[str]) -> tuple[str, ...]:
    """What the person holding the phone can do about these tags, the gravest first."""
    brought = {each for tag in tags for each in _BROUGHT_ALONG.get(tag, ())}
    return tuple(text for tag, text in ADVICE.items() if tag in tags and tag not in brought)


def _scores(measures: Mapping[str, float], thresholds: Thresholds) -> dict[Tag, float]:
    scores = dict.fromkeys(Tag, 0.0)
    for rule in thresholds.rules:
        scores[rule.tag] = max(scores[rule.tag], rule.score(measures))
    # Where there is nothing to see there is nothing to be blurred, flat or enlarged either: one reason is enough.
    for tag in (Tag.BLURRY, Tag.LOW_RESOLUTION):
        scores[tag] *= 1 - scores[Tag.LOW_INFORMATION]
    scores[Tag.WELL_EXPOSED] = 1 - max(scores[tag] for tag in (Tag.LOW_LIGHT, Tag.OVEREXPOSED, Tag.LOW_CONTRAST))
    return scores
