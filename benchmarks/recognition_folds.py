"""Photos, folds and answers for `benchmarks.recognition`: every answer comes from a network that never saw the photo's meter."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.build_datasets import ONE_UNIT, Photo, read_field, read_meters, read_table
from engine.bundle import Network, stored
from engine.grouping import Plate, describe_plate
from engine.labelled import Labelled
from engine.picture import decode

LEAST_TYPED = 10  # hand-typed photos of other sources make a type from here on; fewer are unseen designs
LEAST_METERS = 3  # a field design of fewer meters cannot be learned and tested apart: an unseen design
FOLDS = 3
EPOCHS = 14  # fixed: no photo chooses when to stop


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One photo. `label` is None for what is no known type: an unseen design, another meter, no meter at all."""

    path: Path
    label: str | None
    meter: str  # the same physical meter, as well as it is known
    kind: str  # field, other sources, unseen designs, other meters, no meter

    @property
    def name(self) -> str:
        """Unique over all sources."""
        return f"{self.path.parent.name}/{self.path.name}"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fold:
    """What one fold's network says of N photos."""

    labels: tuple[str, ...]
    logits: NDArray[np.float32]  # (N, C)
    embeddings: NDArray[np.float32]  # (N, D)
    learned: NDArray[np.bool_]  # (N,) whether it was trained on the photo


def read(data: Path, least_meters: int = LEAST_METERS) -> list[Shown]:
    """Every photo that is learned from or measured on. With `least_meters` 1 every field design is a type, as shipped."""
    field, (typed, untyped) = read_field(data), read_meters(data)
    meters: dict[str, set[str]] = defaultdict(set)
    for photo in field:
        meters[photo.kind].add(photo.meter)
    counted = Counter(photo.kind for photo in typed)
    shown = [_shown(photo, "field", known=len(meters[photo.kind]) >= least_meters) for photo in field]
    shown += [_shown(photo, "other sources", known=counted[photo.kind] >= LEAST_TYPED) for photo in typed]
    strangers = [photo for photo in untyped if photo.row["meter_kind"] in ("gas", "water")]
    shown += [_plain(photo.path, "other meters") for photo in strangers]
    shown += [_plain(data / "quality" / row["file"], "no meter") for row in read_table(data / "quality" / "quality.csv")[::3]]
    faces = [row["image_path"] for row in read_table(data / "faces" / "dataset_labels.csv")]
    return shown + [_plain(data / "faces" / path, "no meter") for path in faces[::7]]


def fold_of(photos: list[Shown], folds: int = FOLDS) -> dict[str, int]:
    """Meter -> fold, so that each type's photos spread evenly. The same photos give the same folds."""
    by_label: dict[str, Counter[str]] = defaultdict(Counter)
    for photo in photos:
        if photo.label is not None:
            by_label[photo.label][photo.meter] += 1
    found: dict[str, int] = {}
    for label, meters in sorted(by_label.items()):
        filled = [0] * folds
        for meter in sorted(meters, key=lambda meter: (-meters[meter], _number(meter))):
            fold = min(range(folds), key=lambda k: (filled[k], _number(f"{label}{k}")))
            found[meter] = fold
            filled[fold] += meters[meter]
    return found


def answers(photos: list[Shown], fold: int | None, *, network: Network, weights: Path | None, cache: Path) -> Fold:
    """A network trained without the meters of `fold` (None: with all), asked about every photo. Kept in `cache`."""
    place = cache / f"{network}-{'all' if fold is None else fold}.npz"
    if not place.is_file():
        np.savez_compressed(
            place, allow_pickle=False, **_train(photos, fold, network, weights, place.with_suffix(".safetensors"))
        )
    with np.load(place, allow_pickle=False) as kept:
        row = {name: number for number, name in enumerate(kept["names"].tolist())}
        rows = np.array([row[photo.name] for photo in photos])
        return Fold(
            labels=tuple(kept["labels"].tolist()),
            logits=kept["logits"][rows].astype(np.float32),
            embeddings=kept["embeddings"][rows].astype(np.float32),
            learned=kept["learned"][rows],
        )


def plates(photos: list[Shown], cache: Path) -> list[Plate]:
    """The plate of every photo, described once."""
    cache.mkdir(parents=True, exist_ok=True)
    found = []
    for photo in photos:
        place = cache / f"{hashlib.sha256(photo.name.encode()).hexdigest()[:16]}.npz"
        if not place.is_file():
            place.write_bytes(describe_plate(decode(photo.path.read_bytes()).pixels).to_bytes())
        found.append(Plate.from_bytes(place.read_bytes()))
    return found


def _train(photos: list[Shown], fold: int | None, network: Network, weights: Path | None, out: Path) -> dict[str, NDArray[Any]]:
    import torch
    from safetensors.numpy import save_file

    from engine.networks import start, weights_of
    from engine.training.loop import answers as ask
    from engine.training.loop import fit
    from engine.training.photos import AS_SERVED, MARGIN, load_photos
    from engine.training.recipe import RECIPES

    labels = tuple(sorted({photo.label for photo in photos if photo.label is not None}))
    learned = learned_in(photos, fold)
    chosen = [Labelled(path=photo.path, label=photo.label) for photo, used in zip(photos, learned, strict=True) if used]
    recipe = replace(RECIPES["meter_type"], network=network, epochs=EPOCHS, patience=EPOCHS, seed=fold or 0, threads=1)
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    model, _ = start(recipe.network, len(labels), weights)
    taught = load_photos(chosen, labels, recipe.input, margin=MARGIN)
    # Its own photos tell of each epoch: their loss falls to the end, so the last epoch is kept and no test photo has a say.
    model = fit(model, taught, load_photos(chosen[::5], labels, recipe.input, margin=AS_SERVED), recipe, tell=print)
    save_file({name: stored(values) for name, values in weights_of(model).items()}, out)
    asked = load_photos(
        [Labelled(path=photo.path, label=photo.label) for photo in photos], labels, recipe.input, margin=AS_SERVED
    )
    said = ask(model, asked, recipe)
    return {
        "names": np.array([photo.name for photo in photos]), "labels": np.array(labels), "learned": np.array(learned),
        "logits": said.logits, "embeddings": said.embeddings.astype(np.float16),
    }  # fmt: skip


def learned_in(photos: list[Shown], fold: int | None) -> list[bool]:
    """Which photos a fold's network is trained on: the other folds' meters, and every third other meter, to teach doubt."""
    folds = fold_of(photos)
    strangers = [number for number, photo in enumerate(photos) if photo.kind == "other meters"][::3]
    return [
        (photo.label == ONE_UNIT or folds[photo.meter] != fold) if photo.label is not None else number in strangers
        for number, photo in enumerate(photos)
    ]


def _shown(photo: Photo, kind: str, *, known: bool) -> Shown:
    return Shown(
        path=photo.path, label=photo.kind if known else None, meter=photo.meter, kind=kind if known else "unseen designs"
    )


def _plain(path: Path, kind: str) -> Shown:
    return Shown(path=path, label=None, meter=path.name, kind=kind)


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)
