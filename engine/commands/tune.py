"""`python -m engine tune`: thresholds fitted to a user's own labelled photos, and which version judges."""

from __future__ import annotations

import argparse
import datetime
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ArgumentError, DataError, ModelError, PictureError
from engine.outputs import check_folder

if TYPE_CHECKING:
    from engine.quality import Thresholds
    from engine.quality.against import Against
    from engine.quality.examples import Example

SUMMARY = "fit the quality thresholds to your own labelled photos; list, adopt and roll back threshold versions"
EXAMPLE = "python -m engine tune labelled.csv        # then: python -m engine tune --adopt tuned-1"

PENALTIES = (1.0, 10.0, 100.0, 1000.0)  # the largest leaves little but the cut free: right for a few dozen photos


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A table to learn from, or what to do with the versions there are."""
    parser.add_argument(
        "labelled", nargs="?", type=Path, help="CSV with the columns file (or image), tags and, if known, unsure, group"
    )
    parser.add_argument("--name", help="the new version's name (default: tuned-1, tuned-2, ...)")
    parser.add_argument("--list", action="store_true", help="show the versions, their figures, and which one judges")
    parser.add_argument(
        "--adopt", nargs="?", const="", metavar="VERSION", help="let a version judge, or the one just tuned unless it is worse"
    )
    parser.add_argument("--rollback", action="store_true", help="return to the version that the active one was tuned from")


def run(args: argparse.Namespace) -> int:
    """Exit code 0, or 3 if some photos or versions could not be read; expected failures are raised as `EngineError`."""
    from engine.quality import versions

    failed = 0
    if args.rollback and (args.labelled or args.adopt is not None):
        raise ArgumentError("--rollback goes alone: it says by itself which version judges.")
    if args.labelled:
        args.adopt, failed = _tune(args)
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


def _tune(args: argparse.Namespace) -> tuple[str | None, int]:
    """Fit and write a version; which one is to be adopted now, if any, and how many photos could not be read."""
    from engine.quality import versions
    from engine.quality.against import against
    from engine.quality.fitting import FitOptions, fit

    check_folder(args.models_dir / versions.FOLDER)
    start = versions.active(args.models_dir)
    version = versions.next_version(args.models_dir) if args.name is None else args.name
    versions.check_name(version, args.models_dir)
    examples, failed = _measured(args.labelled)
    options = FitOptions(penalties=PENALTIES)
    today = datetime.date.today().isoformat()
    fitted, left_out = fit(examples, start, version=version, created=today, options=options, tell=_say)
    reasons = _not_learned(examples, start)
    if not fitted.figures:
        raise DataError(f"No rule can be fitted. {' '.join(reasons) or 'No photo has a tag.'}")
    found = against(fitted, left_out, start, examples)
    print(f"Tuned from {start.version} on {fitted.fitted_on}")
    _print_figures(found, start)
    for reason in reasons:
        print(f"  {reason}")
    if not found.thresholds.figures:
        print(f"No version is written: nothing is better than what {start.version} says of these photos.")
        return (None if args.adopt in ("", version) else args.adopt), failed
    print(f"Written: {versions.write(found.thresholds, args.models_dir / versions.FOLDER)}")
    _print_preview(examples, start, found.thresholds)
    return _to_adopt(args.adopt, version, found.worse(options.good_budget)), failed


def _not_learned(examples: Sequence[Example], start: Thresholds) -> list[str]:
    """A sentence per tag that somebody labelled and no rule is fitted to."""
    from engine.quality import DEFECT_TAGS
    from engine.quality.fitting import lacking

    labelled = [tag for tag in DEFECT_TAGS if any(tag in each.present for each in examples)]
    return [f"{tag.value} is not learned: {why}." for tag in labelled if (why := lacking(examples, start, tag))]


def _to_adopt(asked: str | None, version: str, worse: str) -> str | None:
    """The version that shall judge now, if any: the new one where that was asked for and it is not worse. Tells the rest."""
    if worse:
        print(f"{version} is worse than what judges now: {worse}.")
    if asked is not None and (asked not in ("", version) or not worse):
        return asked or version
    all_the_same = " all the same" if worse else ""
    print(f"Nothing is changed{'' if worse else ' yet'}. See: python -m daemon retag --dry-run --thresholds {version}")
    print(f"Let it judge{all_the_same}: python -m engine tune --adopt {version}")
    return None


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
        raise DataError(f"None of the photos in {table} can be read. They are looked for beside it and in the working folder.")
    return examples, failed


def _print_figures(found: Against, start: Thresholds) -> None:
    print(f"On photos left out of the fit (now: by {start.version}, on the same photos):")
    print(
        f"  {'tag':<16} {'with':>5} {'without':>8} {'AUC (5-95 %)':>20} {'F1':>5} {'F1 now':>7} {'precision':>10} {'recall':>7}"
    )
    for tag, each in found.figures.items():
        low, high = each.auc_interval
        area = f"{each.auc:.3f} ({low:.3f}-{high:.3f})"
        print(
            f"  {tag.value:<16} {each.positives:>5} {each.negatives:>8} {area:>20} {each.f1:>5.2f} "
            f"{found.f1_now[tag]:>7.2f} {each.precision:>10.2f} {each.recall:>7.2f}"
        )
    perhaps = f" ({start.version} may have learned from these very photos)" if start.parent else ""
    for tag in found.kept:
        if (f1 := found.figures[tag].f1) < found.f1_now[tag]:
            print(f"  {tag.value} keeps its rule: its F1 would fall from {found.f1_now[tag]:.3f} to {f1:.3f}{perhaps}.")
        else:
            print(f"  {tag.value} keeps its rule: by its AUC the fitted one may be guessing.")
    if found.thresholds.figures and found.good is not None:
        others = "the other" if found.kept else "these"
        print(f"  good photos with one of {others} tags: {found.good:.1%} (now {found.good_now:.1%})")


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
        figures = ", ".join(f"{tag.value} {found.f1:.2f}/{found.auc:.3f}" for tag, found in each.figures.items())
        print(
            textwrap.fill(
                f"F1/AUC left out, against all photos without the tag: {figures or 'not measured'}",
                120,
                initial_indent="    ",
                subsequent_indent="      ",
            )
        )
    print("* judges")
    return failed
