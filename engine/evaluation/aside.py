"""Which physical meters are kept aside from training: a fixed share, told by their name alone."""

from __future__ import annotations

import hashlib

SHARE = 0.2  # of the meters; a constant, for a meter that some version learned from must never be kept aside later
_VALIDATION = 0.2  # of the rest: chooses the epoch and the temperature where a whole network is trained


def is_kept_aside(meter: str) -> bool:
    """Whether the photos of this meter only judge trainings. The same for ever, on every machine."""
    return _draw("aside", meter) < SHARE


def chooses(meter: str) -> bool:
    """Whether the photos of a meter that is not kept aside validate a training instead of teaching it."""
    return _draw("validation", meter) < _VALIDATION


def _draw(purpose: str, meter: str) -> float:
    """0..1, evenly spread over meters."""
    return int.from_bytes(hashlib.sha256(f"{purpose}:{meter}".encode()).digest()[:8]) / 2**64
