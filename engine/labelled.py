"""Folders of labelled photos: `<label>/photo.jpg`, or the same under train/, val/ and test/."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import DataError
from engine.manifest import read_clusters
from engine.names import composed
from engine.verdict import Clarity, GoodBad

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".gif"})
UNKNOWN_FOLDER = "unknown"  # in any case of letters: photos of none of the types; teaches doubt, measures doubt
FIXED_LABELS: dict[str, tuple[str, ...]] = {
    "clarity": (Clarity.CLEAR.value, Clarity.UNCLEAR.value),
    "good_bad": (GoodBad.GOOD.value, GoodBad.BAD.value),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """One photo file and its label; None = none of the labels (the folder `unknown`)."""

    path: Path
    label: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Splits:
    """What is learned from, what is chosen by, what is only measured on (may be empty)."""

    train: tuple[Labelled, ...]
    val: tuple[Labelled, ...]
    test: tuple[Labelled, ...]
    labels: tuple[str, ...]


def read_splits(folder: Path, task: str, *, seed: int, val_share: float = 0.2) -> Splits:
    """Read `folder`; where it holds no val/, `val_share` of each label's training photos is set aside, chosen by `seed`.

    Photos that belong together by the manifest of `engine split` are set aside together.

    Raises `DataError` with advice: no photos, fewer than two labels, labels that the task does not have.
    """
    train = read_folder(folder / "train" if (folder / "train").is_dir() else folder, task)
    val = read_folder(folder / "val", task) if (folder / "val").is_dir() else ()
    test = read_folder(folder / "test", task) if (folder / "test").is_dir() else ()
    labels = FIXED_LABELS.get(task) or tuple(sorted({photo.label for photo in train if photo.label is not None}))
    missing = [label for label in labels if all(photo.label != label for photo in train)]
    if len(labels) < 2 or missing:
        wanted = " and ".join(missing) or "at least two labels"
        raise DataError(f"{folder} has no training photos for {wanted}. Lay them out as <label>/photo.jpg.")
    strange = sorted({photo.label for photo in (*val, *test) if photo.label is not None} - set(labels))
    if strange:
        raise DataError(f"val/ or test/ holds labels that train/ lacks: {', '.join(strange)}. Move them to an `unknown` folder.")
    if not val:
        train, val = _set_aside(train, val_share, seed, read_clusters(folder))
    return Splits(train=train, val=val, test=test, labels=labels)


def read_folder(folder: Path, task: str) -> tuple[Labelled, ...]:
    """All photos below `folder`, labelled by the folder right under it. Raises `DataError` if there are none."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder. Lay the photos out as <label>/photo.jpg.")
    spelled = {label.lower(): label for label in FIXED_LABELS.get(task, ())}
    photos = []
    for place in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        label = _label_of(place.name, task, spelled)
        files = sorted(path for path in place.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        photos += [Labelled(path=path, label=label) for path in files]
    if not photos:
        raise DataError(f"No photos in {folder}. Lay them out as <label>/photo.jpg.")
    return tuple(photos)


def read_unlabelled(folder: Path) -> tuple[Labelled, ...]:
    """All photos at any depth below `folder`, as photos of none of the labels. Raises `DataError` if there are none."""
    photos = tuple(
        Labelled(path=path, label=None)
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    if not photos:
        raise DataError(f"No photos in {folder}.")
    return photos


def counts(photos: Iterable[Labelled]) -> dict[str, int]:
    """Photos per label, the unlabelled ones as `unknown`."""
    return dict(sorted(Counter(photo.label or UNKNOWN_FOLDER for photo in photos).items()))


def fingerprint(photos: Sequence[Labelled]) -> str:
    """sha256 over labels and content, whatever the files' names, places and order: the same data gives the same value."""
    lines = sorted(f"{photo.label}:{hashlib.sha256(photo.path.read_bytes()).hexdigest()}" for photo in photos)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _label_of(name: str, task: str, spelled: dict[str, str]) -> str | None:
    if spelled:
        if name.lower() not in spelled:
            raise DataError(f"{task} knows the labels {', '.join(spelled.values())}; the folder {name!r} is none of them.")
        return spelled[name.lower()]
    return None if name.lower() == UNKNOWN_FOLDER else composed(name)


def _set_aside(
    photos: tuple[Labelled, ...], share: float, seed: int, clusters: Mapping[Path, str]
) -> tuple[tuple[Labelled, ...], tuple[Labelled, ...]]:
    """Of each label about `share`, by whole clusters, but never its only one; clusters of two labels stay."""
    rng = np.random.default_rng(seed)
    by_label: dict[str | None, dict[object, list[Path]]] = defaultdict(lambda: defaultdict(list))
    labels: dict[object, set[str | None]] = defaultdict(set)
    for photo in photos:
        cluster = clusters.get(photo.path) or photo.path
        by_label[photo.label][cluster].append(photo.path)
        labels[cluster].add(photo.label)
    aside: set[Path] = set()
    for together in by_label.values():
        wanted, found = max(1, round(sum(map(len, together.values())) * share)), 0
        for cluster in [list(together)[place] for place in rng.permutation(len(together))[: len(together) - 1]]:
            size = len(together[cluster])
            if len(labels[cluster]) == 1 and (found == 0 or found + size <= wanted):
                aside.update(together[cluster])
                found += size
            if found >= wanted:
                break
    return tuple(p for p in photos if p.path not in aside), tuple(p for p in photos if p.path in aside)
