"""Photos and verdicts for tests, drawn by code."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from daemon.hearing import MARKER
from engine.verdict import Clarity, Guess, Quality, Verdict


def pixels(seed: int = 0, width: int = 64, height: int = 96) -> np.ndarray:
    """A small picture with structure, different for every seed."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return np.kron(blocks, np.ones((8, 8, 1), np.uint8))


def encoded(picture: np.ndarray, format: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format=format, **options)
    return file.getvalue()


def jpeg(seed: int = 0) -> bytes:
    return encoded(pixels(seed), quality=90)


def verdict(meter_type: str | None = "ACME_1", clarity: Clarity | None = Clarity.CLEAR, **changes: Any) -> Verdict:
    """A verdict as a full set of models would give it."""
    values: dict[str, Any] = {
        "width": 64,
        "height": 96,
        "quality": Quality.GOOD,
        "quality_score": 0.9,
        "tags": ("well_exposed",),
        "measures": {"clarity": 80.0},
        "scores": {"blurry": 0.1},
        "suggestions": (),
        "clarity": clarity,
        "clear_probability": None if clarity is None else 0.9,
        "meter_type": meter_type,
        "top3": (Guess(label="ACME_1", confidence=0.8), Guess(label="ACME_2", confidence=0.1)),
        "known_score": 0.7,
        "stamps": {"thresholds": "1", "clarity": "v1", "meter_type": "v1"},
        "embedding": np.array([0.6, 0.8], np.float32),
    }
    return Verdict(**(values | changes))


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files by relative path."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def read(folder: Path) -> dict[str, bytes]:
    """All files below a folder by relative path, but for the marker that the watch keeps in the inbox."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MARKER)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
