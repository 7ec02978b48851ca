"""`python -m engine group`: sort photos of unknown meters into groups of one design each, without a database."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ArgumentError, DataError, ModelError, PictureError
from engine.names import formula_safe, readable
from engine.spelling import counted
from engine.tables import open_table
from engine.verdict import Guess

if TYPE_CHECKING:
    from engine.grouping import Grouping, Plate
    from engine.runtime import Model

SUMMARY = "Group photos of unknown meters by design: groups.csv, summary.csv and a folder per group."
EXAMPLE = "python -m engine group sorted/clear/UNKNOWN --out groups"

GUESSES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class _Photo:
    """One photo to group; guesses only where a model judged it."""

    path: Path
    embedding: NDArray[np.float32]  # (D,)
    plate: Plate | None = None
    guesses: tuple[Guess, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "source",
        type=Path,
        metavar="FOLDER|EMBEDDINGS.npz",
        help="photos, or what `judge --embeddings` wrote (faster, less sure)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="new or empty folder for the results")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="photos read at once (default 2)")
    parser.add_argument("--models", type=Path, metavar="DIR", help="folder of the model bundles (default: as in the settings)")


def run(args: argparse.Namespace) -> int:
    """Group everything; 0 if all photos could be read, 3 if some could not."""
    from engine.grouping import group

    if args.jobs < 1:
        raise ArgumentError("--jobs must be at least 1.")
    _check_out(args.out, args.source)
    photos, failed = _read(args)
    plates = [photo.plate for photo in photos if photo.plate is not None]
    embeddings = np.stack([photo.embedding for photo in photos]) if photos else np.zeros((0, 1), np.float32)
    grouping = group(embeddings, plates if len(plates) == len(photos) else None)
    args.out.mkdir(parents=True, exist_ok=True)
    _write_photos(args.out / "groups.csv", photos, grouping)
    _write_summary(args.out / "summary.csv", photos, grouping)
    missing = _fill_folders(args.out, photos, grouping)
    _report(args.out, photos, grouping, missing)
    return 3 if failed else 0


def _check_out(out: Path, source: Path) -> None:
    """Results never mix with photos, nor with earlier results."""
    if not source.exists():
        raise ArgumentError(f"There is no file or folder {source}.")
    if out.resolve() == source.resolve() or source.resolve() in out.resolve().parents:
        raise ArgumentError(f"--out {out} lies in the photos' folder: the next run would group the copies. Choose another one.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ArgumentError(f"--out {out} is not an empty folder. Choose a new one, or empty it first.")


def _read(args: argparse.Namespace) -> tuple[list[_Photo], int]:
    """The photos that could be read, and how many could not."""
    return _read_folder(args) if args.source.is_dir() else (_read_embeddings(args.source), 0)


def _read_folder(args: argparse.Namespace) -> tuple[list[_Photo], int]:
    from tqdm import tqdm

    from engine import bundle, runtime
    from engine.labelled import SUFFIXES

    models_dir = args.models or args.models_dir
    current = bundle.current(models_dir, "meter_type")
    if current is None:
        raise ModelError(
            f"There is no meter_type model in {models_dir}. Train one (`python -m engine train meter_type PHOTOS --out models`)"
            " or name another folder with --models."
        )
    found = (path for path in sorted(args.source.rglob("*")) if path.is_file() and path.suffix.lower() in SUFFIXES)
    files = [path for path in found if not any(part.startswith(".") for part in path.relative_to(args.source).parts)]
    if not files:
        raise DataError(f"There are no photos in {args.source}.")
    model = runtime.load(current, cache=args.cache_dir, threads=1)
    details = runtime.load_current(models_dir, "details", cache=args.cache_dir, threads=1)
    with ThreadPoolExecutor(args.jobs) as pool:
        judged = pool.map(lambda path: _judge(path, model, details), files)
        read = list(tqdm(judged, total=len(files), unit="photo", disable=None))
    photos = [photo for photo in read if photo is not None]
    return photos, len(files) - len(photos)


def _judge(path: Path, model: Model, details: Model | None) -> _Photo | None:
    """Embedding, guesses and plate of one photo; None, and a line on stderr, where it cannot be read."""
    from engine.grouping.details import describe_whole
    from engine.picture import decode
    from engine.recognition import Rule, recognise

    try:
        pixels = decode(path.read_bytes()).pixels
    except (PictureError, OSError) as error:
        print(f"{readable(path)}: {error}", file=sys.stderr)
        return None
    recognised = recognise(model, pixels, rule=Rule.PLAIN)
    if recognised.embedding is None:
        raise ModelError(f"The model of {readable(path)} gives no embedding. Install another version.")
    plate = describe_whole(pixels, details)
    return _Photo(path=path, embedding=recognised.embedding, plate=plate, guesses=recognised.top3)


def _read_embeddings(file: Path) -> list[_Photo]:
    """What `judge --embeddings` wrote: `files` (N,), `embeddings` (N, D) and their `stamp`. Never unpickles."""
    if not zipfile.is_zipfile(file):
        raise DataError(f"{file} is no whole .npz file. Write it with `judge --embeddings`.")
    try:
        with np.load(file, allow_pickle=False) as saved:
            files, embeddings = saved["files"], np.asarray(saved["embeddings"], dtype=np.float32)
            versions = len(np.unique(saved["stamp"])) if "stamp" in saved else 1
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"{file} does not hold files and embeddings ({error}). Write it with `judge --embeddings`.") from error
    if files.dtype.kind != "U" or files.ndim != 1 or embeddings.ndim != 2 or len(files) != len(embeddings) or not embeddings.size:
        raise DataError(f"{file} must hold N file names and (N, D) embeddings, at least one. Write it with `judge --embeddings`.")
    if versions > 1:
        raise DataError(f"{file} holds embeddings of two model versions, which cannot be compared. Judge the photos again.")
    return [_Photo(path=Path(name), embedding=vector) for name, vector in zip(files.tolist(), embeddings, strict=True)]


def _write_photos(file: Path, photos: Sequence[_Photo], grouping: Grouping) -> None:
    """One row per photo. `image` and `cluster_id` repeat `file` and `group_id` under the names earlier systems used."""
    guesses = [f"top{rank}{part}" for rank in range(1, GUESSES + 1) for part in ("", "_confidence")]
    rows = []
    for index, photo in enumerate(photos):
        name, group_id = readable(photo.path), int(grouping.group_ids[index])
        x, y = grouping.map_xy[index].tolist()
        row = [name, group_id, round(float(grouping.strengths[index]), 4), round(x, 4), round(y, 4), name, group_id]
        told = [cell for guess in photo.guesses for cell in (guess.label, round(guess.confidence, 4))]
        rows.append([*row, *told, *[""] * (len(guesses) - len(told))])
    _write_csv(file, ["file", "group_id", "strength", "map_x", "map_y", "image", "cluster_id", *guesses], rows)


def _write_summary(file: Path, photos: Sequence[_Photo], grouping: Grouping) -> None:
    """One row per group, the largest first, and one for the photos in none (-1)."""
    members = {group_id: grouping.members(group_id) for group_id in grouping.groups()}
    rows = []
    for group_id, inside in sorted(members.items(), key=lambda item: (-len(item[1]), item[0])):
        guesses = Counter(photos[index].guesses[0].label for index in inside if photos[index].guesses)
        likeliest = guesses.most_common(1)[0][0] if guesses else ""
        strength = round(float(grouping.strengths[list(inside)].mean()), 4)
        rows.append([group_id, len(inside), readable(photos[inside[0]].path), f"group_{group_id}", strength, likeliest])
    rows.append([-1, len(photos) - sum(map(len, members.values())), "", "", "", ""])
    _write_csv(file, ["group_id", "photos", "exemplar", "folder", "mean_strength", "most_often_guessed"], rows)


def _write_csv(file: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with open_table(file, header) as table:
        table.writerows([formula_safe(cell) for cell in row] for row in rows)


def _fill_folders(out: Path, photos: Sequence[_Photo], grouping: Grouping) -> int:
    """Put each group's photos into group_N/; returns how many photos are not there to be copied."""
    missing = 0
    for group_id in grouping.groups():
        folder = out / f"group_{group_id}"
        folder.mkdir()
        for index in grouping.members(group_id):
            if photos[index].path.is_file():
                _copy(photos[index].path, folder)
            else:
                missing += 1
    return missing


def _copy(source: Path, folder: Path) -> None:
    """A hard link where the file system allows it, else a copy. Names never overwrite: `name (2).jpg`."""
    target, number = folder / source.name, 2
    while target.exists():
        target = folder / f"{source.stem} ({number}){source.suffix}"
        number += 1
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copy2(source, target)


def _report(out: Path, photos: Sequence[_Photo], grouping: Grouping, missing: int) -> None:
    alone = int((grouping.group_ids < 0).sum())
    found = f"{counted(len(photos), 'photo')}: {counted(len(grouping.groups()), 'group')}, {counted(alone, 'photo')} in none"
    print(f"{found}. See {out / 'summary.csv'}.")
    if photos and photos[0].plate is None:
        print("Grouped by embeddings alone. Give the folder of photos instead and their front plates are compared: surer groups.")
    if missing:
        are = "is" if missing == 1 else "are"
        print(
            f"{counted(missing, 'grouped photo')} {are} not where the embeddings file says; the folders of the groups lack them."
        )
