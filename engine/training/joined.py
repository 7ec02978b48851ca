"""Training all layers on a base data set and labelled photos together, where the base's photos are at hand."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.bundle import WEIGHTS, read_card
from engine.errors import DataError
from engine.evaluation.aside import chooses
from engine.training.recipe import RECIPES
from engine.training.renew import Lesson, Renewal, Tell
from engine.training.train import Order, train

SIDES = ("train", "val", "test")


def train_all(order: Renewal, lessons: Sequence[Lesson], base: Path, out: Path, *, tell: Tell) -> Path:
    """Train from the champion's weights on `base` and the lessons, laid out in `out` meanwhile; the new version's folder.

    CURRENT is left alone. Raises `DataError` or `ModelError`.
    """
    card = read_card(order.champion)
    recipe = replace(
        RECIPES[card.task],
        network=card.network,
        width=card.input.width,
        height=card.input.height,
        fit=card.input.fit,
        threads=order.threads,
    )

    def say(line: str) -> None:
        epoch = re.match(r"epoch (\d+)/(\d+)", line)
        tell(line, int(epoch[1]) / int(epoch[2]) if epoch else 0.0)

    try:
        return train(
            Order(
                task=card.task,
                data=join(base, lessons, out),
                models_dir=order.models_dir,
                recipe=recipe,
                weights=order.champion / WEIGHTS,
                weights_licence="; ".join(card.licences) or None,
                command=order.command,
                promote=False,
                today=order.today,
            ),
            tell=say,
        )
    finally:
        shutil.rmtree(out, ignore_errors=True)


def join(base: Path, lessons: Sequence[Lesson], out: Path) -> Path:
    """Make `out` anew: links to the photos of `base` (train/, val/, perhaps test/) and to the lessons; returns it.

    A lesson validates where the draw by its meter says so, but the first meter of each label always teaches: a label that
    only validates cannot be learned. Raises `DataError` where `base` has no train/ and val/.
    """
    if not all((base / side).is_dir() for side in SIDES[:2]):
        raise DataError(f"{base} needs train/ and val/ folders (`python -m engine split` makes them).")
    if out.exists():
        shutil.rmtree(out)
    for side in SIDES:
        for photo in sorted(path for path in (base / side).rglob("*") if path.is_file()):
            link = out / photo.relative_to(base)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(photo.resolve())
    first: dict[str, str] = {}
    for lesson in lessons:
        teaches = lesson.meter == first.setdefault(lesson.label, lesson.meter) or not chooses(lesson.meter)
        folder = out / ("train" if teaches else "val") / lesson.label / "labelled"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{lesson.sha256}{lesson.path.suffix}").symlink_to(lesson.path.resolve())
    return out
