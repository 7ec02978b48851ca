"""What the pages say of a photo's quality: two opinions of it, how sure each is, tags over time."""

from __future__ import annotations

GOOD = "Good"
POOR = "Poor"
BAD = "Bad"
QUALITIES = {"Good": GOOD, "Poor": POOR, "Bad": BAD}
SURE = "{percent} sure"
MEASURED = "Measured quality"
LEARNED = "Learned quality"
DISAGREE = (
    "The two disagree: the learned one was taught with photos spoilt on purpose and cannot say what it sees. "
    "Tags and advice follow the measured one."
)
BARS = "Defects of the whole photo"
BARS_KEY = "The worst first. Mark = a tag from here on; band = unsure, a close call."
UNSURE = "unsure"
THRESHOLDS = "quality thresholds"
TAG_SHARES = "Quality tags"
POOR_PHOTOS = "Poor photos"
TAG_SHARES_LEAD = "Share of the photos of these days"
