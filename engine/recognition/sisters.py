"""A photo's print judged together with the prints of photos that show the same plate: its sisters.

Glare, dirt or blur spoil the print of one photo, or hide what tells a twin; seldom that of most photos of one plate. So the
middle one of a photo and its sisters speaks for it. It takes two to outvote a photo: one alone could lend its print to a twin.
Not outvoted is a photo whose print is clear, be it the only one of its type among twins, or plainly another one. Figures by
benchmarks/naming.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from engine.recognition.resemblance import FARTHEST, OTHER_FROM, Resemblance

CLEAR_WITHIN = 1.0  # standard deviations that a photo may fall short by for its print to be clearly the type's
MOST = 4  # sisters that are asked
SHARED_FROM = 10  # details that sisters share
AMONG = 24  # closest photos that are compared for being sisters


@dataclass(frozen=True, slots=True)
class Sister:
    """Another photo that looks like a type, or is called so for its print."""

    shared: int  # details, with the photo that is judged
    alike: Resemblance  # what it looks like by itself


def with_sisters(own: Resemblance | None, others: Sequence[Sister]) -> Resemblance | None:
    """What a photo looks like, by itself (`own`) and by those of others that are its sisters.

    A photo that looks like nothing by itself looks like the sister that it shares most with, as far as the others agree. Where
    the print of the type says nothing, nor do sisters.
    """
    sisters = sorted((each for each in others if each.shared >= SHARED_FROM), key=lambda each: -each.shared)
    if own is None and sisters:
        own = replace(sisters[0].alike, details=sisters[0].shared, short=FARTHEST)
    if own is None or own.short is None or own.short <= CLEAR_WITHIN or OTHER_FROM <= own.short < FARTHEST:
        return own
    shorts = [each.alike.short for each in sisters if each.alike.name == own.name and each.alike.short is not None][:MOST]
    pairs = len(shorts) // 2
    return replace(own, short=median([own.short, *shorts[: 2 * pairs]]))
