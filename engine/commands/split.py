"""`python -m engine split`: labelled photos into train/, val/ and test/, copies and photos of one meter on one side."""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ArgumentError, DataError, PictureError
from engine.manifest import Entry, write_manifest
from engine.names import composed
from engine.spelling import counted
from engine.tables import ENCODING

if TYPE_CHECKING:
    from engine.splitting import Item, Rules

SUMMARY = "split labelled photos into train, val and test; copies and photos of one meter stay on one side"
EXAMPLE = "python -m engine split photos/by_type --out data/by_type"
SOURCES = "sources.json"  # licences of the photos; `train` reads it beside the label folders


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One photo as the source lists it."""

    path: Path
    name: str  # relative to the source
    label: str
    group: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to split, where to, and how it is shared out."""
    parser.add_argument("source", type=Path, help="a folder <label>/photo.jpg, or a CSV file that names photos and labels")
    parser.add_argument("--out", type=Path, required=True, metavar="DATA", help="new folder for train/, val/ and test/")
    parser.add_argument("--few", type=int, default=12, help="labels with fewer photos only train (default 12)")
    parser.add_argument("--many", type=int, default=30, help="labels with fewer photos train and test, no val (default 30)")
    parser.add_argument("--val-share", type=float, default=0.15, help="share of val (default 0.15)")
    parser.add_argument("--test-share", type=float, default=0.2, help="share of test (default 0.2)")
    parser.add_argument(
        "--near", type=int, default=48, metavar="BITS", help="near duplicates: signatures this close (default 48)"
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed splits the same photos alike (default 0)")
    parser.add_argument("--hard-links", action="store_true", help="link instead of copying: no space, but edits reach the source")
    parser.add_argument("--file-column", default="file", help="of the CSV: path, relative to --root (default file)")
    parser.add_argument("--label-column", default="label", help="of the CSV (default label)")
    parser.add_argument("--group-column", help="of the CSV: physical meter, scene or person (default group, if there is one)")
    parser.add_argument("--root", type=Path, help="where the CSV's files lie (default: beside the CSV)")


def run(args: argparse.Namespace) -> int:
    """Exit code 0, or 3 if some photos were left out; expected failures are raised as `EngineError`."""
    from engine.splitting import Rules, assign, clusters

    rules = Rules(
        few=args.few, many=args.many, val_share=args.val_share, test_share=args.test_share, near=args.near, seed=args.seed
    )  # fmt: skip
    _check_place(args.source, args.out)
    sources = _read_table(args) if args.source.is_file() else _read_folder(args.source)
    items, reasons = _examine(sources)
    used = [place for place in range(len(sources)) if place not in reasons]
    if not used:
        raise DataError(f"None of the {len(sources)} photos of {args.source} can be used.")
    chosen = [items[place] for place in used]
    belonging = clusters(chosen, rules.near)
    sides = dict(zip(used, assign(chosen, belonging, rules), strict=True))
    entries = _name(sources, items, sides, dict(zip(used, belonging, strict=True)), reasons)
    _write(args, sources, entries, rules)
    _tell(entries, args.out)
    return 3 if reasons else 0


def _check_place(source: Path, out: Path) -> None:
    if not source.exists():
        raise ArgumentError(f"{source} is not there.")
    if out.exists():
        raise ArgumentError(f"{out} exists. Name a new folder with --out, so that two splits never mix.")
    if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise ArgumentError(f"{out} lies in {source}, which would be changed. Name a folder outside it.")


def _read_folder(folder: Path) -> list[Source]:
    from engine.labelled import SUFFIXES

    found = []
    for place in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        files = sorted(path for path in place.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        found += [
            Source(path=path, name=path.relative_to(folder).as_posix(), label=composed(place.name), group="") for path in files
        ]
    if not found:
        raise DataError(f"No photos in {folder}. Lay them out as <label>/photo.jpg, or give a CSV file.")
    return found


def _read_table(args: argparse.Namespace) -> list[Source]:
    try:
        with args.source.open(encoding=ENCODING, newline="") as file:
            table = csv.DictReader(file)
            rows, columns = list(table), table.fieldnames or []
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{args.source} is not a CSV file in UTF-8 ({error}).") from error
    group = args.group_column or ("group" if "group" in columns else None)
    for option, column in (("file", args.file_column), ("label", args.label_column), ("group", group)):
        if column is not None and column not in columns:
            raise ArgumentError(
                f"{args.source} has no column {column!r}; name one of {', '.join(columns)} with --{option}-column."
            )
    root = args.root or args.source.parent
    found = [
        Source(
            path=root / row[args.file_column], name=row[args.file_column], label=_label(row[args.label_column] or ""),
            group=(row[group] or "") if group else "",
        )
        for row in rows
    ]  # fmt: skip
    if not found:
        raise DataError(f"{args.source} names no photos.")
    return found


def _label(text: str) -> str:
    """A label becomes a folder's name."""
    label = composed(text).strip()
    if label in (".", "..") or set(label) & set('/\\\0:*?"<>|'):
        raise DataError(f"The label {label!r} cannot be a folder's name. Use letters, digits, spaces or . _ + -.")
    return label


def _examine(sources: Sequence[Source]) -> tuple[list[Item], dict[int, str]]:
    """Fingerprints of all photos, and why some cannot be used, by position."""
    from tqdm import tqdm

    from engine.splitting import contradictions

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        looked = list(tqdm(pool.map(_look, sources), total=len(sources), desc="reading", unit="photo", disable=None, leave=False))
    items = [item for item, _ in looked]
    reasons = {place: reason for place, (_, reason) in enumerate(looked) if reason}
    usable = [place for place in range(len(items)) if place not in reasons]
    for place in contradictions([items[place] for place in usable]):
        reasons[usable[place]] = "the same file stands under another label too"
    return items, reasons


def _look(source: Source) -> tuple[Item, str]:
    """A photo's fingerprints, and why it cannot be used (empty if it can)."""
    from engine.picture import decode
    from engine.signature import signature
    from engine.splitting import Item

    item = Item(label=source.label, sha256="", group=source.group)
    if not source.label:
        return item, "it has no label"
    try:
        data = source.path.read_bytes()
    except OSError as error:
        return item, f"it cannot be read ({error.strerror})"
    item = replace(item, sha256=hashlib.sha256(data).hexdigest())
    try:
        return replace(item, signature=signature(decode(data).pixels)), ""
    except PictureError as error:
        return item, str(error)


def _name(
    sources: Sequence[Source],
    items: Sequence[Item],
    sides: Mapping[int, str],
    belonging: Mapping[int, int],
    reasons: Mapping[int, str],
) -> list[Entry]:
    """The manifest; photos keep their names, the second of a name gets a number."""
    taken: set[str] = set()
    entries = []
    for place, (source, item) in enumerate(zip(sources, items, strict=True)):
        file = ""
        if place not in reasons:
            folder = f"{sides[place]}/{source.label}"
            tries = (
                f"{folder}/{source.path.stem}{extra}{source.path.suffix}" for extra in chain([""], (f" ({n})" for n in count(2)))
            )
            file = next(name for name in tries if name.lower() not in taken)
            taken.add(file.lower())
        entries.append(
            Entry(
                file=file, label=source.label, side=str(sides.get(place, "")), cluster=str(belonging.get(place, "")),
                group=source.group, sha256=item.sha256, signature=(item.signature or b"").hex(), source=source.name,
                left_out=reasons.get(place, ""),
            )
        )  # fmt: skip
    return entries


def _write(args: argparse.Namespace, sources: Sequence[Source], entries: Sequence[Entry], rules: Rules) -> None:
    """Everything under a hidden name, then one rename: half a split is never taken for a whole one."""
    draft = args.out.with_name(f".{args.out.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        for source, entry in zip(sources, entries, strict=True):
            if entry.file:
                target = draft / entry.file
                target.parent.mkdir(parents=True, exist_ok=True)
                _place(source.path, target, link=args.hard_links)
        write_manifest(draft, entries)
        said = {"rules": asdict(rules), "photos": _counted(entries)}
        (draft / "split.json").write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        beside = (args.source if args.source.is_dir() else args.source.parent) / SOURCES
        if beside.is_file():
            shutil.copyfile(beside, draft / SOURCES)
        draft.rename(args.out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _place(source: Path, target: Path, *, link: bool) -> None:
    if not link:
        shutil.copyfile(source, target)
        return
    try:
        target.hardlink_to(source.resolve())
    except OSError as error:
        raise DataError(f"{source} cannot be linked to ({error.strerror}). Leave --hard-links out to copy.") from error


def _counted(entries: Sequence[Entry]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: {"train": 0, "val": 0, "test": 0})
    for entry in entries:
        if entry.side:
            found[entry.label][entry.side] += 1
    return dict(sorted(found.items()))


def _tell(entries: Sequence[Entry], out: Path) -> None:
    for entry in entries:
        if entry.left_out:
            print(f"left out: {entry.source}: {entry.left_out}", file=sys.stderr)
    by_label = _counted(entries)
    for label, sides in by_label.items():
        print(f"{label}: " + ", ".join(f"{side} {count}" for side, count in sides.items() if count))
    used = [entry for entry in entries if entry.side]
    apart = len({entry.cluster for entry in used})
    totals = ", ".join(f"{side} {sum(sides[side] for sides in by_label.values())}" for side in ("train", "val", "test"))
    print(f"{counted(len(used), 'photo')} of {counted(len(by_label), 'label')}, {apart} of them independent: {totals}; in {out}")
