"""Threshold versions on the disk: those shipped with the engine, those tuned here, and which one judges.

`models/thresholds/<version>.json` holds what was tuned, `models/thresholds/CURRENT` the one line that says which version
judges; where there is none, the newest shipped one does. A version's file is never changed once written.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from engine.errors import ModelError
from engine.quality.thresholds import Thresholds

DEFAULT_VERSION = "2026-4"
_SHIPPED = Path(__file__).parent / "shipped"
FOLDER, _CURRENT = "thresholds", "CURRENT"


@cache
def shipped(version: str = DEFAULT_VERSION) -> Thresholds:
    """A set that comes with the engine."""
    return read(_SHIPPED / f"{version}.json")


def read(path: Path) -> Thresholds:
    """One version's file. Raises `ModelError` where it is missing or no threshold set."""
    try:
        return TypeAdapter(Thresholds).validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(f"The thresholds {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise ModelError(f"{path} is no threshold set: {problem['msg']} at {place or 'its top'}.") from error


def write(thresholds: Thresholds, folder: Path) -> Path:
    """Write a version below `folder`; raises `ModelError` where it exists already."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{thresholds.version}.json"
    try:
        with path.open("xb") as file:
            file.write(TypeAdapter(Thresholds).dump_json(thresholds, indent=1, exclude_defaults=True) + b"\n")
    except FileExistsError as error:
        raise ModelError(f"{path} exists already; a version is never changed. Give the new one another name.") from error
    return path


def find(models_dir: Path, version: str) -> Thresholds:
    """A version by its name, tuned or shipped. Raises `ModelError` naming those there are."""
    if version not in (known := versions(models_dir)):
        raise ModelError(f"There is no threshold version {version!r}. Known: {', '.join(known)}.")
    tuned = models_dir / FOLDER / f"{version}.json"
    return read(tuned) if tuned.is_file() else shipped(version)


def versions(models_dir: Path) -> tuple[str, ...]:
    """The names of all versions, shipped ones first."""
    tuned = sorted((models_dir / FOLDER).glob("*.json"))
    return tuple(dict.fromkeys(path.stem for path in (*sorted(_SHIPPED.glob("*.json")), *tuned)))


def active_version(models_dir: Path) -> str:
    """The name of the version that judges."""
    try:
        return (models_dir / FOLDER / _CURRENT).read_text(encoding="utf-8").strip() or DEFAULT_VERSION
    except FileNotFoundError:
        return DEFAULT_VERSION
    except OSError as error:
        raise ModelError(f"{models_dir / FOLDER / _CURRENT} cannot be read: {error.strerror}.") from error


def active(models_dir: Path) -> Thresholds:
    """The version that judges. Raises `ModelError` where `CURRENT` names one that is missing or damaged."""
    return find(models_dir, active_version(models_dir))


def adopt(models_dir: Path, version: str) -> None:
    """Let `version` judge from now on; one line, rewritten in one step. Raises `ModelError` if it cannot be read."""
    find(models_dir, version)
    folder = models_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{_CURRENT}.{os.getpid()}"
    beside.write_text(version + "\n", encoding="utf-8")
    beside.replace(folder / _CURRENT)


def rollback(models_dir: Path) -> str:
    """Return to the version that the active one was tuned from; its name. Raises `ModelError` where it has none."""
    now = active(models_dir)
    if now.parent is None:
        raise ModelError(f"{now.version} was tuned from no other version; name one with --adopt.")
    adopt(models_dir, now.parent)
    return now.parent


def next_version(models_dir: Path, stem: str = "tuned") -> str:
    """`tuned-1`, `tuned-2`, ...: the first that is free."""
    number = 1
    while f"{stem}-{number}" in versions(models_dir):
        number += 1
    return f"{stem}-{number}"
