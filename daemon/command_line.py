"""What `python -m daemon` can be told."""

from __future__ import annotations

import argparse
import getpass
from pathlib import Path

COMMANDS = {
    "run": ("Watch the inbox and work until told to stop (SIGTERM or Ctrl-C).", "python -m daemon run --ui"),
    "once": ("Deal with what is in the inbox now, then exit.", "python -m daemon once --home ~/meters"),
    "status": ("Say how the archive and its daemon are doing.", "python -m daemon status --json"),
    "regroup": ("Group the unknown meters now.", "python -m daemon regroup"),
    "retry": ("Look at refused files again.", "python -m daemon retry --reason engine_error"),
    "retrain": (
        "Learn from the labels of people; a version that is nowhere worse judges from then on.",
        "python -m daemon retrain --dry-run",
    ),
    "rejudge": (
        "Judge unknown and doubtful photos again with the version that judges now.",
        "python -m daemon rejudge --most 1000",
    ),
    "retag": ("Judge the stored numbers of all photos by the thresholds that judge now.", "python -m daemon retag --dry-run"),
    "models": ("List the versions of a model.", "python -m daemon models"),
    "promote": ("Let a version judge from the next photo on.", "python -m daemon promote v3"),
    "rollback": ("Let the version before the current one judge again.", "python -m daemon rollback"),
    "retain": ("Remove the files that retention lets go; their rows stay.", "python -m daemon retain --dry-run"),
    "check": ("Say where files and rows do not agree; change nothing.", "python -m daemon check --deep"),
    "reconcile": (
        "Make files and rows agree again, as after a restored backup. The daemon must be stopped.",
        "python -m daemon reconcile --dry-run",
    ),
    "notify-test": ("Send a test message to every address of notify_urls.", "python -m daemon notify-test --home archive"),
    "export": ("Write one row per arrival to a file.", "python -m daemon export --out archive.xlsx"),
}
BEGINNING = ("run", "once", "status")  # the commands that begin a new archive where there is none


def parser() -> argparse.ArgumentParser:
    """Every command with its help, an example and its options."""
    whole = argparse.ArgumentParser(prog="python -m daemon", description="Watch, file, regroup and export meter photos.")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, example) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=f"Example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument(
            "--home", type=Path, metavar="DIR", help="folder of inbox/, sorted/ and db/ (default: this checkout)"
        )
        if name == "run":
            command.add_argument("--ui", action="store_true", help="start the pages too")
        if name == "status":
            command.add_argument("--json", action="store_true", help="as one JSON object")
        if name == "regroup":
            command.add_argument("--newest", type=int, metavar="ID", help="leave later photos in no group to the next run")
        if name == "export":
            command.add_argument("--out", type=Path, required=True, metavar="FILE", help="ends in .jsonl, .csv or .xlsx")
        if name in ("check", "reconcile"):
            command.add_argument("--deep", action="store_true", help="read every file and compare its bytes, too")
        if name == "reconcile":
            command.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        if name == "retain":
            command.add_argument("--dry-run", action="store_true", help="say which files would go, and remove nothing")
        if name == "retry":
            command.add_argument("ids", type=int, nargs="*", metavar="ID", help="photos; none = all that are refused")
            command.add_argument("--reason", metavar="CODE", help="only those refused for this reason, such as truncated")
            command.add_argument("--due", action="store_true", help="only those whose time has come")
            command.add_argument("--by", default="command line", help=argparse.SUPPRESS)
        if name == "retag":
            command.add_argument("--dry-run", action="store_true", help="say how many photos would gain or lose which tag")
            command.add_argument("--thresholds", metavar="VERSION", help="with --dry-run: another version than the active one")
        if name in ("retrain", "rejudge", "models", "promote", "rollback"):
            _add_model_arguments(name, command)
    return whole


def _add_model_arguments(name: str, command: argparse.ArgumentParser) -> None:
    if name in ("models", "promote", "rollback"):
        command.add_argument("--task", choices=["meter_type", "clarity", "good_bad"], default="meter_type")
    if name == "promote":
        command.add_argument("version", metavar="VERSION", help="one of those that `models` lists")
    if name in ("retrain", "promote", "rollback"):
        command.add_argument("--by", default=getpass.getuser(), metavar="WHO", help="who is recorded (default: you)")
    if name == "retrain":
        command.add_argument("--dry-run", action="store_true", help="say what would be learned and kept aside, and do nothing")
    if name == "rejudge":
        command.add_argument("--most", type=int, metavar="N", help="stop after so many photos; the next run goes on")
