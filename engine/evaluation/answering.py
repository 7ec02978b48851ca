"""What one version of the meter type model says of many photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from engine.appraise import Models, appraise
from engine.errors import PictureError
from engine.runtime import load


def answer(folder: Path, photos: Sequence[Path], *, cache: Path, threads: int, tell: Callable[[float], None]) -> list[str | None]:
    """The meter type (a label or UNKNOWN) of each photo; None where the file cannot be read. `tell` hears how far, 0..1.

    By the bundle alone, without what people labelled since. Raises `ModelError`.
    """
    models = Models(meter_type=load(folder, cache=cache, threads=threads))
    said: list[str | None] = []
    for number, path in enumerate(photos):
        tell(number / len(photos))
        try:
            said.append(appraise(path.read_bytes(), models=models).meter_type)
        except (OSError, PictureError):
            said.append(None)
    return said
