"""What looks like a named type without being called so: a photo whose print differs or proves nothing, or a whole group.

Near twins look alike, so nobody is named by this: it is offered to a person, who decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

AGAINST_FROM = 2.0  # standard deviations short, from which a photo's print speaks against the type (benchmarks/naming.py)
OTHER_FROM = 8.0  # from which it is plainly another
UNCOMPARED_FROM = 24  # details shared, from which a group is offered though its print cannot be compared
FARTHEST = 99.0  # stands for plates that cannot be laid over each other: databases and JSON hold no infinity


@dataclass(frozen=True, kw_only=True, slots=True)
class Resemblance:
    """Which type a photo or a group looks like."""

    name: str
    details: int  # shared with the labelled photo that is most alike
    short: float | None  # `Print.falls_short`, at most `FARTHEST`; None where the print says nothing


def resemblance(name: str, details: int, short: float | None) -> Resemblance:
    """What is kept of a photo that is closest to a type and not called so."""
    return Resemblance(name=name, details=details, short=None if short is None else min(short, FARTHEST))


def speaks_against(short: float | None) -> bool:
    """Whether a photo's print speaks strongly against the type that it looks like: no person should agree unseen."""
    return short is not None and short >= AGAINST_FROM


def may_be(like: Resemblance) -> bool:
    """Whether a group may be what a photo of it looks like: a print that is not plainly another, else clearly more details."""
    if like.short is None or like.short >= FARTHEST:
        return like.details >= UNCOMPARED_FROM
    return like.short < OTHER_FROM


def of_group(strongest: Sequence[Resemblance | None]) -> Resemblance | None:
    """What a group looks like, from its strongest photos: most of them must look like one type. A middle one speaks for them."""
    alike = [each for each in strongest if each is not None and may_be(each)]
    names = Counter(each.name for each in alike)
    if not names:
        return None
    name, photos = names.most_common(1)[0]
    if 2 * photos <= len(strongest):
        return None
    alike = [each for each in alike if each.name == name]
    shorts = [each.short for each in alike if each.short is not None]
    return Resemblance(
        name=name, details=median_low(each.details for each in alike), short=median_low(shorts) if shorts else None
    )
