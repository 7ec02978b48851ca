"""Advice once: a defect may be a tag of the photo and a reason why its display cannot be read, with advice of its own each."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from engine.quality import DEFECT_TAGS, Tag, by_gravity
from engine.verdict import Reason

SAME_ADVICE = {Reason.BLURRY: Tag.BLURRY, Reason.GLARE: Tag.GLARE, Reason.DARK: Tag.LOW_LIGHT}


def left_to_say(suggestions: Sequence[str], tags: Collection[str], reasons: Collection[str]) -> tuple[str, ...]:
    """The suggestions without those that the advice on the reasons gives already.

    The engine makes one suggestion of each defect it measures, in the order of the tags; where it did not, all are left.
    """
    measured = [tag for tag in by_gravity(tags) if tag in DEFECT_TAGS]
    if len(measured) != len(suggestions):
        return tuple(suggestions)
    said = {SAME_ADVICE[reason] for reason in map(Reason, reasons) if reason in SAME_ADVICE}
    return tuple(text for tag, text in zip(measured, suggestions, strict=True) if tag not in said)
