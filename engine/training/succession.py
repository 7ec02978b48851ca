"""Whether a version that was just trained takes over from the one that judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.bundle import promote, read_card
from engine.errors import EngineError
from engine.evaluation.challenge import Challenge, area_of, challenge
from engine.labelled import Labelled, read_splits
from engine.training.train import Order
from engine.training.train_readability import read_rated
from engine.verdict import Clarity


def settle(order: Order, champion: Path, challenger: Path, *, cache: Path, tell: Callable[[str], object]) -> str:
    """Promote the challenger unless it is worse on the same photos; why it waits, or "" where it judges now.

    Tells both figures, or that there are none to compare.
    """
    try:
        compared = _compare(order, champion, challenger, cache)
    except EngineError as error:
        return f"it could not be compared with {champion.name}, which judges: {error}"
    if isinstance(compared, str):
        tell(f"Not compared with {champion.name}, which judged until now: {compared}.")
    else:
        tell(compared.sentence(challenger.name, champion.name))
        if compared.is_lost:
            return f"it is worse than {champion.name}, which goes on judging"
    promote(order.models_dir, order.task, challenger.name)
    return ""


def _compare(order: Order, champion: Path, challenger: Path, cache: Path) -> Challenge | str:
    """Both on the test photos, else those of validation; where no figure can be compared, why."""
    if order.task in ("display", "details"):
        return f"there is no figure of two {order.task} versions on the same photos"
    if order.recipe.view == "display":
        left_out = read_card(challenger).metrics.get("out_of_fold")
        return _compare_left_out(order, champion, left_out, cache) if left_out else "no photos were left out of the training"
    splits = read_splits(order.data, order.task, seed=order.recipe.seed)
    kind, photos = ("test", splits.test) if splits.test else ("validation", splits.val)
    return challenge(champion, challenger, photos, kind=kind, cache=cache)


def _compare_left_out(order: Order, champion: Path, left_out: dict[str, Any], cache: Path) -> Challenge:
    """The challenger was measured by networks that had not seen the photo; the champion is asked about the same photos."""
    photos: Sequence[Labelled] = [
        Labelled(path=each.path, label=(Clarity.CLEAR if each.clear else Clarity.UNCLEAR).value)
        for each in read_rated(order.data, order.models_dir)
        if each.clear in (0.0, 1.0) and each.box
    ]
    before = area_of(champion, photos, cache=cache)
    return Challenge(name="AUC", kind="left-out", photos=len(photos), champion=before, challenger=left_out["auc"])
