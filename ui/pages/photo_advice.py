"""Advice once: a defect may be a tag of the photo and a reason why its display cannot be read, with advice of its own each."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.quality import ADVICE, Tag
from engine.verdict import Reason

SAME_ADVICE: dict[Reason, str] = {
    Reason.BLURRY: Tag.BLURRY,
    Reason.GLARE: Tag.GLARE,
    Reason.DARK: Tag.LOW_LIGHT,
    Reason.NO_DISPLAY: Reason.NO_DISPLAY,  # reason and tag in one
}


def left_to_say(suggestions: Iterable[str], reasons: Collection[str]) -> tuple[str, ...]:
    """The suggestions without those that the advice on the reasons gives already."""
    said = {ADVICE[tag] for reason, tag in SAME_ADVICE.items() if reason in reasons}
    return tuple(text for text in suggestions if text not in said)
