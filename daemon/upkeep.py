"""What an operator asks of kept files and of messages: look again, make files and rows agree, let old files go, test messages."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine

from daemon.home import Home
from daemon.lock import locked
from daemon.near import NearPhotos
from daemon.retry import Judge, Retrying, refused_photos
from daemon.sole import sole_watcher
from db.retention import Limits
from engine.spelling import counted

SHOWN = 20  # lines of a dry run
DONE, USAGE, PARTLY = 0, 2, 3  # exit codes


def look_again(
    home: Home, database: Engine, args: argparse.Namespace, *, judge: Judge, template: str, max_bytes: int, most_looks: int
) -> str:
    """Look again at the refused files that the arguments mean; says what became of them."""
    with locked(home.db / "retry.lock"):
        ids = refused_photos(database, args.ids, reason=args.reason, due=args.due, limit=most_looks)
        if not ids:
            return "Nothing to look at again."
        retrying = Retrying(
            home=home,
            database=database,
            judge=judge,
            template=template,
            max_bytes=max_bytes,
            limit=most_looks,
            near=NearPhotos(),
        )
        ended = retrying.retry(ids, by=args.by)
    return f"Looked again at {len(ids)}: " + ", ".join(f"{number} {outcome}" for outcome, number in sorted(ended.items()))


def make_agree(home: Home, database: Engine, args: argparse.Namespace, stop: threading.Event) -> int:
    """`check` looks, `reconcile` acts; both say what they find. The exit code says whether something is wrong and stays so."""
    from daemon.reconcile import compare, put_right, told

    if args.command == "check" or args.dry_run:
        found = compare(home, database, deep=args.deep)
        print(told(found))  # noqa: T201
        return DONE if args.command == "reconcile" or found.is_sound else PARTLY
    with sole_watcher(home, database, stop):
        found = put_right(home, database, deep=args.deep, now=datetime.now(UTC))
    print(told(found, done=True))  # noqa: T201
    return PARTLY if found.missing or found.damaged else DONE


def tell_retention(home: Home, database: Engine, limits: Limits, *, dry_run: bool) -> str:
    """Let files go, or say which would."""
    from daemon.retain import retain

    if not limits:
        return "Every file is kept: no limit is set. Set one in settings.toml, for example:\n  [retention.duplicate]\n  days = 30"
    with locked(home.db / "retain.lock"):
        went = retain(home, database, limits, dry_run=dry_run)
    lines = [*went.lines[:SHOWN], *([f"... and {went.files - SHOWN} more"] if went.files > SHOWN else [])] if dry_run else []
    verb = "would be removed" if dry_run else "removed; their rows stay"
    return "\n".join([*lines, f"{counted(went.files, 'file')}, {went.size_bytes / 1e6:,.1f} MB {verb}"])


def send_test(addresses: Sequence[str]) -> int:
    """Send a test message to every address; the exit code says whether all took it."""
    from daemon.notify import deliver, kind

    if not addresses:
        print('notify_urls is empty. Set it in settings.toml: notify_urls = ["mailto://..."]', file=sys.stderr)  # noqa: T201
        return USAGE
    taken = deliver(addresses, "A test: failures of MeterSieve are told here.")
    for number, (address, ok) in enumerate(zip(addresses, taken, strict=True), 1):
        print(f"address {number} ({kind(address)}): {'sent' if ok else 'not taken'}")  # noqa: T201
    return DONE if all(taken) else PARTLY
