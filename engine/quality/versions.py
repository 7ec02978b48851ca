"""Threshold versions on the disk: those shipped with the engine, those tuned here, and which one judges.

`models/thresholds/<version>.json` holds what was tuned, `models/thresholds/CURRENT` the one line that says which version
judges; where there is none, `DEFAULT_VERSION` does, also when the next release brings another. A version's file is never
changed once written.
"""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache
from math import isfinite
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from engine.errors import ArgumentError, ModelError
from engine.outputs import write_whole
from engine.quality.measures import measure_names
from engine.quality.thresholds import Figures, Rule, Term, Thresholds
from engine.spelling import hint

DEFAULT_VERSION = "2026-7"
_SHIPPED = Path(__file__).parent / "shipped"
FOLDER, _CURRENT = "thresholds", "CURRENT"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")  # a file's name and part of a stamp; "+" begins a site's suffix
_OURS = re.compile(r"\d{4}-\d+")  # what a release comes with


@cache
def shipped(version: str = DEFAULT_VERSION) -> Thresholds:
    """A set that comes with the engine."""
    return read(_SHIPPED / f"{version}.json")


def read(path: Path) -> Thresholds:
    """One version's file. Raises `ModelError` where it is missing or cannot judge."""
    try:
        thresholds = TypeAdapter(Thresholds).validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(f"The thresholds {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise ModelError(f"{path} is no threshold set: {_problem(error)}") from error
    if thresholds.version != path.stem:
        raise ModelError(f"{path} says that it is version {thresholds.version}. Name it {thresholds.version}.json.")
    if why := _unusable(thresholds):
        raise ModelError(f"{path} is no threshold set: {why}.")
    return thresholds


def _problem(error: ValidationError) -> str:
    """What is wrong with a file, and where in it."""
    problem = error.errors()[0]
    loc = [str(part) for part in problem["loc"]]
    if problem["type"] != "unexpected_keyword_argument":
        return f"{problem['msg']} at {'.'.join(loc) or 'its top'}."
    *place, key = loc
    kind = Term if "terms" in place else Rule if "rules" in place else Figures if "figures" in place else Thresholds
    known = [each.name for each in fields(kind)]
    advice = hint(key, known) or f" Keys: {', '.join(known)}."
    return f"{key!r} at {'.'.join(place) or 'its top'} is no key.{advice}"


def _unusable(thresholds: Thresholds) -> str | None:
    """Why the rules cannot judge a photo, as those of a file that was edited by hand may not."""
    if not thresholds.rules:
        return "it has no rules"
    for rule in thresholds.rules:
        if strange := sorted({term.measure for term in rule.terms} - measure_names()):
            return f"the rule of {rule.tag.value} names {strange[0]!r}, which is no measure"
        if not all(map(isfinite, (rule.bias, *(term.weight for term in rule.terms)))):
            return f"the rule of {rule.tag.value} holds what is no number"
    return None


def check_name(version: str, models_dir: Path) -> None:
    """Raise `ArgumentError` where a new version cannot be called so."""
    if not _NAME.fullmatch(version):
        raise ArgumentError(
            f"{version!r} is no name for a version. Use 1 to 60 letters, digits or . _ -, a letter or digit first."
        )
    if _OURS.fullmatch(version):  # the user's file would take the place of a release's
        raise ArgumentError(
            f"{version}: a year and a number is what versions that come with the product are called. Use another."
        )
    if version in versions(models_dir):
        raise ArgumentError(f"There is a version {version} already; give the new one another --name.")


def write(thresholds: Thresholds, folder: Path) -> Path:
    """Write a version below `folder`; raises `ModelError` where it exists already."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{thresholds.version}.json"
    if path.exists():
        raise ModelError(f"{path} exists already; a version is never changed. Give the new one another name.")
    write_whole(path, TypeAdapter(Thresholds).dump_json(thresholds, indent=1, exclude_defaults=True) + b"\n")
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
        return (models_dir / FOLDER / _CURRENT).read_text(encoding="utf-8", errors="replace").strip() or DEFAULT_VERSION
    except FileNotFoundError:
        return DEFAULT_VERSION
    except OSError as error:
        raise ModelError(f"{models_dir / FOLDER / _CURRENT} cannot be read: {error.strerror}.") from error


def active(models_dir: Path) -> Thresholds:
    """The version that judges. Raises `ModelError` where `CURRENT` names one that is missing or damaged."""
    try:
        return find(models_dir, active_version(models_dir))
    except ModelError as error:
        raise ModelError(f"{error} To let another one judge: python -m engine tune --adopt {DEFAULT_VERSION}") from error


def adopt(models_dir: Path, version: str) -> None:
    """Let `version` judge from now on; one line, rewritten in one step. Raises `ModelError` if it cannot be read."""
    find(models_dir, version)
    folder = models_dir / FOLDER
    if version == DEFAULT_VERSION:  # its name would outlive it
        (folder / _CURRENT).unlink(missing_ok=True)
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / _CURRENT, f"{version}\n".encode())


def before(models_dir: Path, thresholds: Thresholds) -> str | None:
    """What a rollback from these returns to: the version they were tuned from; where that is gone, `DEFAULT_VERSION`."""
    if thresholds.parent is None or thresholds.parent in versions(models_dir):
        return thresholds.parent
    return DEFAULT_VERSION


def rollback(models_dir: Path) -> str:
    """Return to the version `before` the active one; its name. Raises `ModelError` where that was tuned from none."""
    now = active(models_dir)
    if (earlier := before(models_dir, now)) is None:
        raise ModelError(f"{now.version} was tuned from no other version; name one with --adopt.")
    adopt(models_dir, earlier)
    return earlier


def next_version(models_dir: Path, stem: str = "tuned") -> str:
    """`tuned-1`, `tuned-2`, ...: the first that is free."""
    number = 1
    while f"{stem}-{number}" in versions(models_dir):
        number += 1
    return f"{stem}-{number}"
