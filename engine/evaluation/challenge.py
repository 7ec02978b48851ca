"""A newly trained version beside the one that judges, on the very same labelled photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.bundle import current, read_card
from engine.evaluation.judging import Judged, judge_all
from engine.evaluation.metrics import auc
from engine.labelled import FIXED_LABELS, Labelled
from engine.runtime import load
from engine.spelling import counted
from engine.verdict import UNKNOWN


@dataclass(frozen=True, kw_only=True, slots=True)
class Challenge:
    """`name` says what the two figures are, 0..1, the higher the better; `kind` which photos they are of."""

    name: str
    kind: str
    photos: int
    champion: float
    challenger: float

    @property
    def is_lost(self) -> bool:
        """Whether the new version is the worse one; what is no number proves nothing."""
        return not self.challenger >= self.champion

    def sentence(self, challenger: str, champion: str) -> str:
        """Both figures in words."""
        return (
            f"On the same {counted(self.photos, f'{self.kind} photo')} the {self.name} of {challenger} is {self.challenger:.3f}, "
            f"that of {champion}, which judged until now, {self.champion:.3f} ({champion} may have learned from some of them)."
        )


def challenge(champion: Path, challenger: Path, photos: Sequence[Labelled], *, kind: str, cache: Path) -> Challenge:
    """Both versions, given by their folders, judge the photos as the product does.

    Where labels are fixed (clarity, good_bad) and both occur, they are compared by the AUC, so that where the product's cut
    lies does not matter; else by right answers, UNKNOWN being right for what neither version knows. Raises `DataError`,
    `ModelError`.
    """
    folders = (champion, challenger)
    fixed = FIXED_LABELS.get(read_card(challenger).task)
    if fixed and {photo.label for photo in photos} >= set(fixed):
        before, after = (area_of(folder, photos, cache=cache) for folder in folders)
        return Challenge(name="AUC", kind=kind, photos=len(photos), champion=before, challenger=after)
    known = {label for folder in folders for label in read_card(folder).labels}
    truth = {photo.path: photo.label if photo.label in known else UNKNOWN for photo in photos}
    before, after = (_share_right(_judged(folder, photos, cache), truth) for folder in folders)
    return Challenge(name="share of right answers", kind=kind, photos=len(photos), champion=before, challenger=after)


def area_of(folder: Path, photos: Sequence[Labelled], *, cache: Path) -> float:
    """The AUC of a version on photos with two fixed labels, whatever the order of its logits."""
    judged = _judged(folder, photos, cache)
    card = read_card(folder)
    first = card.labels.index(FIXED_LABELS[card.task][0])
    return auc(judged.truth == first, judged.confidences[:, first])


def _share_right(judged: Judged, truth: Mapping[Path, str | None]) -> float:
    pairs = zip(judged.photos, judged.answers, strict=True)
    return float(np.mean([answer == truth[photo.path] for photo, answer in pairs]))


def _judged(folder: Path, photos: Sequence[Labelled], cache: Path) -> Judged:
    """What a version says; a label that it does not have is to it as good as none."""
    model = load(folder, cache=cache, threads=2)
    found = current(folder.parent.parent, "display") if model.card.view == "display" else None
    locator = load(found, cache=cache, threads=2) if found else None
    own = [Labelled(path=each.path, label=each.label if each.label in model.card.labels else None) for each in photos]
    return judge_all(model, own, locator=locator)
