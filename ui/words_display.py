"""What the pages say of a photo: where its display is, why it cannot be read, what helps the next one, what was said before."""

from __future__ import annotations

from engine import quality
from engine.verdict import Reason

DISPLAY = "Display"
DISPLAY_ALT = "The meter's display in {name}"
DISPLAY_BOX = "Where the display was found"
NO_DISPLAY = "No display found."
WHOLE_JUDGED = "No display found: clarity was judged on the whole photo."
WHOLE_CLEAR = "Photo clear"  # beside "No display" the plain word would be read of the display
ONLY_CLEAR = "Unclear: only {percent} clear"  # clear is said from 80 % on: what lies between is not "43% sure" to be unclear
WHY_UNCLEAR = "Why it cannot be read"
WHY_UNCLEAR_DISPLAY = "Why the display cannot be read"
NEXT_PHOTO = "For the next photo"
EARLIER_SCALE = "Numbers of the earlier system"
EARLIER_SCALE_HINT = (
    "On its scales, to compare with its records. No tag rests on its sharpness or noise: it counts every fine edge as "
    "sharp, grain and texture too, so that a blurred photo can reach 100."
)
EARLIER = "Judged before"
EARLIER_LINE = "{words} (thresholds {version}, until {when})"
EARLIER_AND = " and "

REASONS = {
    Reason.BLURRY: "Blurred digits",
    Reason.GLARE: "Glare on the display",
    Reason.DARK: "Display too dark",
    Reason.OCCLUDED: "Display covered",
    Reason.BLANK_DISPLAY: "Blank display",
    Reason.NO_DISPLAY: "No display",
}
ADVICE = {
    Reason.BLURRY: "Hold the phone with both hands, tap on the display to focus, and move closer.",
    Reason.GLARE: "Step to the side until no light reflects on the digits; turn the flash off.",
    Reason.DARK: "Light the display with a torch from the side, or tap on it so that the phone exposes for it.",
    Reason.OCCLUDED: "Wipe the window, and move cables, seals or fingers away from the digits.",
    Reason.BLANK_DISPLAY: "The display shows nothing: press its button or wait for the next screen, then photograph it again.",
    Reason.NO_DISPLAY: quality.ADVICE[Reason.NO_DISPLAY],
}


def reason(name: str) -> str:
    """A reason in words."""
    return REASONS[Reason(name)]


def advice(name: str) -> str:
    """What to do about it."""
    return ADVICE[Reason(name)]
