"""`python -m engine judge`: verdicts for files and folders, as lines of JSON, a CSV and embeddings."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ArgumentError, PictureError
from engine.names import formula_safe, readable
from engine.outputs import check_file
from engine.tables import open_table
from engine.verdict import Verdict

SUMMARY = "Judge photos: quality, tags, clear or unclear, meter type."
EXAMPLE = "python -m engine judge inbox/ --json verdicts.jsonl --csv verdicts.csv --embeddings embeddings.npz"

COLUMNS = (
    "file", "ok", "error", "quality", "quality_score", "tags", "close_calls", "clarity", "clear_probability", "good_bad",
    "good_probability", "meter_type", "top3", "known_score", "plain_type", "recognised_by",
    "type_confidence", "shared_details", "labelled_photos", "contradicted_type", "width", "height", "measures",
    "scores", "suggestions",
    "display_box", "display_score", "unclear_reasons", "stamps",
)  # fmt: skip
# A person who corrects the table tunes from it, and to `tune` unsure means what the person is unsure of.
OTHER_NAMES = {"close_calls": "unsure"}

TABLES = (".csv", ".json", ".jsonl", ".npz")  # what this command, and the archive, write beside photos

Judged = tuple[Path, Verdict | None, dict[str, Any]]  # the file, its verdict, its JSON line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="photo files, or folders (searched recursively)")
    parser.add_argument("--json", metavar="FILE", help="write one JSON object per line to FILE, or to the screen with '-'")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a table to FILE")
    parser.add_argument("--embeddings", type=Path, metavar="FILE.npz", help="write files, embeddings and their model version")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="photos judged at once (default 2)")
    parser.add_argument(
        "--rule", choices=("joint", "plain"), default="joint",
        help="what decides the meter type: network, plates and labelled photos (joint), or the confidence alone (plain)",
    )  # fmt: skip
    parser.add_argument("--models", type=Path, metavar="DIR", help="folder of the model bundles (default: as in the settings)")


def run(args: argparse.Namespace) -> int:
    """Judge everything; 0 if all could be judged, 3 if some could not."""
    from tqdm import tqdm

    from engine.appraise import load_models
    from engine.recognition import Rule

    if args.jobs < 1:
        raise ArgumentError("--jobs must be at least 1.")
    results = [Path(path) for path in (None if args.json == "-" else args.json, args.csv, args.embeddings) if path]
    earlier = {path.resolve() for path in results}  # of an earlier run, among the photos
    files = [path for path in _files(args.paths) if path.resolve() not in earlier]
    if not files:
        raise ArgumentError(f"There are no files in {', '.join(map(str, args.paths))}.")
    for path in results:
        check_file(path)
    models = load_models(args.models or args.models_dir, cache=args.cache_dir, threads=1, rule=Rule(args.rule))
    failed = 0
    embedded: list[tuple[str, NDArray[np.float32], str]] = []
    to_screen = args.json == "-" or not (args.json or args.csv or args.embeddings)
    with _lines(args.json, to_screen) as lines, open_table(args.csv, COLUMNS) if args.csv else nullcontext() as table:
        bar = tqdm(total=len(files), unit="photo", disable=True if to_screen else None)
        for path, verdict, line in _judge_all(files, models, args.jobs):
            failed += verdict is None
            if lines:
                lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            if table:
                table.writerow([_cell(name, line.get(OTHER_NAMES.get(name, name))) for name in COLUMNS])
            if args.embeddings and verdict is not None and verdict.embedding is not None:
                embedded.append((readable(path), verdict.embedding, verdict.stamps["meter_type"]))
            bar.update()
        bar.close()
    if args.embeddings:
        _save_embeddings(args.embeddings, embedded)
    return 3 if failed else 0


def _files(paths: list[Path]) -> Iterator[Path]:
    """Every file given or found below a given folder, in a stable order; hidden files and tables in folders are left out."""
    for path in paths:
        if path.is_dir():
            found = (each for each in path.rglob("*") if each.is_file() and each.suffix.lower() not in TABLES)
            yield from sorted(each for each in found if not any(part.startswith(".") for part in each.relative_to(path).parts))
        elif path.is_file():
            yield path
        else:
            raise ArgumentError(f"There is no file or folder {path}.")


def _judge_all(files: list[Path], models: Any, jobs: int) -> Iterator[Judged]:
    """In the order given, a bounded number of photos at once."""
    from engine.appraise import appraise
    from engine.picture import check_size

    def judged(path: Path) -> Judged:
        try:
            check_size(path.stat().st_size)
            verdict = appraise(path.read_bytes(), models=models)
        except PictureError as error:
            return path, None, _failure(path, error.reason, error)
        except OSError as error:
            return path, None, _failure(path, "permission", error)
        except Exception as error:  # a photo that trips the engine must not stop the others
            return path, None, _failure(path, "engine_error", error)
        return path, verdict, {"file": readable(path), "ok": True, "error": None, **verdict.as_json()}

    queue = iter(files)
    with ThreadPoolExecutor(jobs) as pool:
        while batch := list(islice(queue, jobs * 8)):
            yield from pool.map(judged, batch)


def _failure(path: Path, code: str, error: Exception) -> dict[str, Any]:
    return {"file": readable(path), "ok": False, "error": {"code": code, "message": str(error)}}


def _cell(name: str, value: Any) -> Any:
    """Nested values as JSON, text that a spreadsheet would run as a formula made harmless."""
    if name in ("tags", "close_calls", "unclear_reasons") and value is not None:
        return "|".join(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return formula_safe(value)


def _lines(name: str | None, to_screen: bool) -> Any:
    if to_screen:
        return nullcontext(sys.stdout)
    if name is None:
        return nullcontext()
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    return Path(name).open("w", encoding="utf-8", newline="")


def _save_embeddings(path: Path, embedded: list[tuple[str, NDArray[np.float32], str]]) -> None:
    if not embedded:
        raise ArgumentError("There is nothing to embed: no photo could be judged, or no meter_type model is installed.")
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        files=np.array([file for file, _, _ in embedded]),
        embeddings=np.stack([vector for _, vector, _ in embedded]),
        stamp=np.array(embedded[0][2]),
    )
