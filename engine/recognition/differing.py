"""Which photos of a group show another print than its most typical ones: near twins that were grouped together.

Layouts and shared details merge designs that differ in a header or a line of print; whoever names such a group would have to
find the strangers by eye. The most typical photo and those that share most details with it stand for the group: at 60 shared
details 98 of 100 pairs of field photos show one design, so these five are one design even where the group is two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.grouping.recount import count_alike
from engine.recognition.marks import Look
from engine.recognition.sameness import REFERENCES, Print, contradicts


def differing(looks: Sequence[Look]) -> tuple[int, ...] | None:
    """Positions of the photos whose print contradicts that of the first and those most like it; None where nothing can be said.

    Photos whose plates cannot be laid over theirs are not among them: dark and blurred ones say nothing. Where that is most of
    the group, nothing is said at all. Some 4 s of one core for the five, and 0.2 s for each further photo.

    Args:
        looks: of a group's photos, the most typical first.
    """
    if len(looks) <= REFERENCES:
        return None
    first = looks[0]
    shared = [count_alike(first.details, look.details) for look in looks[1:]]
    nearest = sorted(range(1, len(looks)), key=lambda place: -shared[place - 1])[: REFERENCES - 1]
    chosen = {0, *nearest}
    typical = Print.of([looks[place] for place in sorted(chosen)])
    if not typical.says_something():
        return None
    shorts = {place: typical.falls_short(look) for place, look in enumerate(looks) if place not in chosen}
    if 2 * sum(short is not None and math.isfinite(short) for short in shorts.values()) < len(shorts):
        return None
    return tuple(place for place, short in shorts.items() if contradicts(short))
