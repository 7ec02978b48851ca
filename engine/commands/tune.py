"""`python -m engine tune`: thresholds fitted to a user's own labelled photos, and which version judges."""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ArgumentError, DataError, ModelError, PictureError
from engine.outputs import check_folder

if TYPE_CHECKING:
    from engine.quality import Tag, Thresholds
    from engine.quality.examples import Example

SUMMARY = "fit the quality thresholds to your own labelled photos; list, adopt and roll back threshold versions"
EXAMPLE = "python -m engine tune labelled.csv        # then: python -m engine tune --adopt tuned-1"

PENALTIES = (1.0, 10.0, 100.0, 1000.0)  # the largest leaves little but the cut free: right for a few dozen photos


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A table to learn from, or what to do with the versions there are."""
    parser.add_argument("labelled", nargs="?", type=Path, help="CSV with the columns file, tags and, if known, unsure, group")
    parser.add_argument("--name", help="the new version's name (default: tuned-1, tuned-2, ...)")
    parser.add_argument("--list", action="store_true", help="show the versions, their figures, and which one judges")
    parser.add_argument("--adopt", nargs="?", const="", metavar="VERSION", help="let a version, or the one just tuned, judge")
    parser.add_argument("--rollback", action="store_true", help="return to the version that the active one was tuned from")


def run(args: argparse.Namespace) -> int:
    """Exit code 0, or 3 if some photos or versions could not be read; expected failures are raised as `EngineError`."""
    from engine.quality import versions

    failed = 0
    if args.rollback and (args.labelled or args.adopt is not None):
        raise ArgumentError("--rollback goes alone: it says by itself which version judges.")
    if args.labelled:
        version, failed = _tune(args.labelled, args.models_dir, args.name)
        if args.adopt == "":
            args.adopt = version
    elif args.adopt == "":
        raise ArgumentError("--adopt needs the name of a version where nothing is tuned. See --list.")
    elif not (args.adopt or args.rollback or args.list):
        raise ArgumentError("Give a CSV of labelled photos, or --list, --adopt VERSION or --rollback.")
    if args.adopt:
        versions.adopt(args.models_dir, args.adopt)
    if args.rollback or args.adopt:
        now = versions.rollback(args.models_dir) if args.rollback else args.adopt
        print(f"{now} judges from now on; bring the archive along with: python -m daemon retag")
    if args.list:
        failed += _print_versions(args.models_dir)
    return 3 if failed else 0


def _tune(table: Path, models_dir: Path, name: str | None) -> tuple[str, int]:
    from engine.quality import versions
    from engine.quality.fitting import LEAST, LEAST_GROUPS, FitOptions, fit

    check_folder(models_dir / versions.FOLDER)
    start = versions.active(models_dir)
    version = versions.next_version(models_dir) if name is None else name
    versions.check_name(version, models_dir)
    examples, failed = _measured(table)
    fitted, _ = fit(
        examples,
        start,
        version=version,
        created=datetime.date.today().isoformat(),
        options=FitOptions(penalties=PENALTIES),
        tell=_say,
    )
    if not fitted.figures:
        raise DataError(
            f"No tag has enough photos: one is learned from at least {LEAST} photos with it and {LEAST} without, "
            f"each of at least {LEAST_GROUPS} groups."
        )
    path = versions.write(fitted, models_dir / versions.FOLDER)
    print(f"{path}: tuned from {start.version} on {fitted.fitted_on}")
    _print_figures(fitted, start, examples)
    _print_preview(examples, start, fitted)
    print(f"Nothing is changed yet. See the archive's changes: python -m daemon retag --dry-run --thresholds {version}")
    print(f"Let it judge: python -m engine tune --adopt {version}")
    return version, failed


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _measured(table: Path) -> tuple[list[Example], int]:
    """The labelled photos with their numbers, and how many could not be read."""
    from tqdm import tqdm

    from engine.picture import read_picture
    from engine.quality import measure_picture
    from engine.quality.examples import Example, read_labelled

    examples, failed = [], 0
    for photo in tqdm(read_labelled(table, _say), desc="measuring", unit="photo", disable=None):
        try:
            picture = read_picture(photo.path)
        except PictureError as error:
            print(f"left out: {photo.path}: {error}", file=sys.stderr)
            failed += 1
            continue
        examples.append(
            Example(
                measures=measure_picture(picture),
                present=photo.present,
                unsure=photo.unsure,
                group=photo.group,
                good=not photo.present and not photo.unsure,
            )
        )
    if not examples:
        raise DataError(f"None of the photos in {table} can be read. Its files are looked for beside it.")
    return examples, failed


def _print_figures(thresholds: Thresholds, start: Thresholds, examples: list[Example]) -> None:
    from engine.quality import judge

    tags = [judge(each.measures, start).tags for each in examples]
    print(f"On photos left out of the fit (now: by {start.version}, on the same photos):")
    print(
        f"  {'tag':<16} {'with':>5} {'without':>8} {'AUC (5-95 %)':>20} {'F1':>5} {'F1 now':>7} {'precision':>10} {'recall':>7}"
    )
    for tag, each in thresholds.figures.items():
        low, high = each.auc_interval
        area = f"{each.auc:.3f} ({low:.3f}-{high:.3f})"
        print(
            f"  {tag.value:<16} {each.positives:>5} {each.negatives:>8} {area:>20} {each.f1:>5.2f} "
            f"{_f1(tag, examples, tags):>7.2f} {each.precision:>10.2f} {each.recall:>7.2f}"
        )
    if thresholds.good_tagged is not None:
        good = [bool(thresholds.figures.keys() & said) for each, said in zip(examples, tags, strict=True) if each.good]
        print(f"  good photos with one of these tags: {thresholds.good_tagged:.1%} (now {sum(good) / len(good):.1%})")


def _f1(tag: Tag, examples: list[Example], tags: list[tuple[str, ...]]) -> float:
    """Of `tags`, on the photos of which it is known whether they have the tag."""
    import numpy as np

    from engine.quality.cuts import f_score

    known = [(tag in each.present, tag in said) for each, said in zip(examples, tags, strict=True) if tag not in each.unsure]
    truth, said = np.array(known).T
    return f_score(truth, said)[2]


def _print_preview(examples: list[Example], before: Thresholds, after: Thresholds) -> None:
    from engine.quality import judge
    from engine.quality.preview import Tagged, preview

    print(f"On the labelled photos, {after.version} instead of {before.version}:")
    photos = (Tagged(tags=judge(each.measures, before).tags, measures=each.measures, thresholds=after) for each in examples)
    for line in preview(photos, after.version).lines():
        print(f"  {line}")


def _print_versions(models_dir: Path) -> int:
    """One line each; how many cannot be read."""
    from engine.quality import versions

    now, failed = versions.active_version(models_dir), 0
    for name in dict.fromkeys((*versions.versions(models_dir), now)):  # what judges may be gone: it is listed all the same
        mark = "*" if name == now else " "
        try:
            each = versions.find(models_dir, name)
        except ModelError as error:
            print(f"{mark} {name:<14} cannot be used: {error}")
            failed += 1
            continue
        origin = f"from {each.parent}" if each.parent else "shipped"
        print(f"{mark} {name:<14} {each.created or '':<11} {origin:<14} {each.fitted_on or ''}")
    print("* judges")
    return failed
