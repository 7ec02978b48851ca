"""The gate before the pointer: may a newly trained version judge from now on? Pure: answers in, a ruling in words out.

Champion and challenger answer the same photos, kept aside from every training. They are compared over all of them, on each
type, on photos of no known type, and in wrong acceptances. Physical meters are drawn, not photos: photos of one meter
succeed and fail together. A version whose UNKNOWN nothing tests is never let in by itself, and what was not tested is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.verdict import UNKNOWN

RESAMPLES = 2000  # the 5 % limit is then sure to half a percent
NOISE = 0.05  # chance that equal models differ as much: below, a loss is called real
FEWEST_METERS = 10  # fewer say nothing about anything; a person decides
NAMED_LOSSES = 3  # losses within noise that the ruling mentions
NAMED_TYPES = 5  # types without photos that the ruling mentions by name
NO_STRANGERS = "UNKNOWN was not tested: no strangers are known. Groups that wait for a name or dismissed photos would test it."


class Decision(StrEnum):
    """What happens to a newly trained version."""

    PROMOTE = "promote"
    WAIT = "wait"  # for a person


class Kind(StrEnum):
    """What a slice of the photos asks."""

    ALL = "all"  # right answers over all photos
    TYPE = "type"  # right answers on one type
    UNKNOWN = "unknown"  # UNKNOWN said of photos that are of no type either version knows
    UNNAMED = "unnamed"  # UNKNOWN said of photos of groups that nobody has named
    WRONG = "wrong"  # answers that are not a wrong type: UNKNOWN costs a look, a wrong type costs trust


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """One photo that no training saw: what it is, and what each version says. `truth` None = no meter type at all."""

    truth: str | None
    meter: str  # photos of one physical meter share it
    champion: str  # a label or UNKNOWN
    challenger: str
    is_unnamed: bool = False  # of a group nobody has named: no person said what it is, and it should stay UNKNOWN until one does


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """Champion against challenger on part of the photos; shares 0..1, their difference with its 5-95 % interval."""

    kind: Kind
    name: str  # the type; empty for the other kinds
    photos: int
    meters: int
    champion: float
    challenger: float
    low: float
    high: float

    @property
    def worse(self) -> bool:
        """Worse beyond noise: even the upper end of the difference lies below zero."""
        return self.high < 0

    def as_json(self) -> dict[str, Any]:
        """Plain values, shares to four digits."""
        shares = {name: round(getattr(self, name), 4) for name in ("champion", "challenger", "low", "high")}
        told = {"kind": self.kind.value, "name": self.name, "photos": self.photos, "meters": self.meters}
        return {**told, **shares, "worse": self.worse}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """What the gate decided, why in sentences, and the figures behind."""

    decision: Decision
    reasons: tuple[str, ...]
    slices: tuple[Slice, ...]


def rule(answers: Sequence[Answered], known: Collection[str], *, seed: int = 0) -> Ruling:
    """Compare on N photos; `known` are the labels that either version has. Deterministic."""
    slices = compare(answers, known, seed=seed)
    meters = len({answer.meter for answer in answers if answer.truth is not None})  # what was dismissed is no meter
    blocking = [_loss(part) for part in sorted(slices, key=_difference) if part.worse]
    if meters < FEWEST_METERS:
        few = _number(meters, "labelled meter")
        few = f"Only {few} kept aside for judging; {FEWEST_METERS} are needed. Label more, or decide yourself."
        blocking.append(few)
    if not any(part.kind in (Kind.UNKNOWN, Kind.UNNAMED) for part in slices):
        blocking.append(NO_STRANGERS)
    decision = Decision.WAIT if blocking else Decision.PROMOTE
    lost = sorted((part for part in slices if part.challenger < part.champion and not part.worse), key=_difference)
    notes = [f"{_loss(part)} That is within noise." for part in lost[:NAMED_LOSSES]]
    untested = sorted(set(known) - {part.name for part in slices if part.kind is Kind.TYPE})
    notes += [_untested(untested, len(set(known)))] if untested else []
    good = [] if blocking else [_gain(slices)]
    return Ruling(decision=decision, reasons=(*blocking, *good, *notes), slices=slices)


def compare(answers: Sequence[Answered], known: Collection[str], *, seed: int = 0) -> tuple[Slice, ...]:
    """All slices that have photos: over all, wrong acceptances, UNKNOWN, groups without a name, then each type by name.

    Of photos in groups without a name nobody said what they are: they count in their own slice only.
    """
    said_by_people = [answer for answer in answers if not answer.is_unnamed]
    unnamed = [answer for answer in answers if answer.is_unnamed]
    strangers = [answer for answer in said_by_people if answer.truth not in known]
    of_type: dict[str, list[Answered]] = defaultdict(list)
    for answer in said_by_people:
        if answer.truth in known and answer.truth is not None:
            of_type[answer.truth].append(answer)

    def is_right(said: str, answer: Answered) -> bool:
        return said == (answer.truth if answer.truth in known else UNKNOWN)

    def is_not_wrong(said: str, answer: Answered) -> bool:
        return said in (UNKNOWN, answer.truth)

    def stays_unknown(said: str, answer: Answered) -> bool:
        return said == UNKNOWN

    asked = [
        (Kind.ALL, "", said_by_people, is_right),
        (Kind.WRONG, "", said_by_people, is_not_wrong),
        (Kind.UNKNOWN, "", strangers, is_right),
        (Kind.UNNAMED, "", unnamed, stays_unknown),
        *((Kind.TYPE, name, of_type[name], is_right) for name in sorted(of_type)),
    ]
    return tuple(_slice(kind, name, photos, succeeds, seed) for kind, name, photos, succeeds in asked if photos)


def _slice(kind: Kind, name: str, answers: Sequence[Answered], succeeds: Callable[[str, Answered], bool], seed: int) -> Slice:
    champion = np.array([succeeds(answer.champion, answer) for answer in answers])
    challenger = np.array([succeeds(answer.challenger, answer) for answer in answers])
    _, places = np.unique([answer.meter for answer in answers], return_inverse=True)
    photos = np.bincount(places)
    gains = np.bincount(places, weights=challenger.astype(float) - champion.astype(float)).astype(np.float64)
    low, high = _interval(gains, photos, seed)
    return Slice(
        kind=kind,
        name=name,
        photos=len(answers),
        meters=len(photos),
        champion=float(champion.mean()),
        challenger=float(challenger.mean()),
        low=low,
        high=high,
    )


def _interval(gains: NDArray[np.float64], photos: NDArray[np.intp], seed: int) -> tuple[float, float]:
    """5-95 % of the difference when meters are drawn with replacement, M of them with their gains and photos.

    One meter of average size on which both do the same is added: without it a single photo would "prove" its own loss,
    for a bootstrap of one has no spread. Two meters lost of two are then the fewest that can be called real.
    """
    gains, sizes = np.append(gains, 0.0), np.append(photos, photos.mean())
    rng = np.random.default_rng(seed)
    differences = []
    for _ in range(RESAMPLES // 100):  # a hundred at a time: 10,000 meters are 8 MB
        drawn = rng.integers(0, len(gains), (100, len(gains)))
        differences.append(gains[drawn].sum(1) / sizes[drawn].sum(1))
    low, high = np.quantile(np.concatenate(differences), [NOISE, 1 - NOISE])
    return float(low), float(high)


def _difference(part: Slice) -> float:
    return part.challenger - part.champion


def _loss(part: Slice) -> str:
    numbers = f"{part.challenger:.0%} instead of {part.champion:.0%} of {_counted(part)}"
    match part.kind:
        case Kind.ALL:
            return f"Fewer photos are right: {numbers}."
        case Kind.WRONG:
            return (
                f"More photos get a wrong type: {1 - part.challenger:.1%} instead of {1 - part.champion:.1%} of {_counted(part)}."
            )
        case Kind.UNKNOWN:
            return f"Fewer unknown meters are seen to be unknown: {numbers}."
        case Kind.UNNAMED:
            named = f"{1 - part.challenger:.0%} instead of {1 - part.champion:.0%} of {_counted(part)}"
            return f"More photos of groups that nobody has named would get a type: {named}."
        case Kind.TYPE:
            return f"{part.name} is recognised less often: {numbers}."


def _gain(slices: Sequence[Slice]) -> str:
    """Of a ruling that promotes: over all, and on which strangers."""
    part = slices[0]
    strangers = [_counted(each) for each in slices if each.kind in (Kind.UNKNOWN, Kind.UNNAMED)]
    tested = f"UNKNOWN was tested on {' and '.join(strangers)}"
    right = f"{part.challenger:.0%} right, before {part.champion:.0%}, of {_counted(part)}"
    return f"Not worse beyond noise wherever it was tested: {right}. {tested}."


def _untested(names: Sequence[str], known: int) -> str:
    """The types that no photo kept aside shows, in words."""
    rest = len(names) - NAMED_TYPES
    listed = ", ".join(names[:NAMED_TYPES]) + (f" and {rest} more" if rest > 0 else "")
    return f"Not tested, because no photos of them are kept aside: {len(names)} of {_number(known, 'type')} ({listed})."


def _counted(part: Slice) -> str:
    return f"{_number(part.photos, 'photo')} of {_number(part.meters, 'meter')}"


def _number(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
