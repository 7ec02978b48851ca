"""What every long command of the daemon does at its start: hear the signals, tell the pages, say where photos go."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from db.records import beat


def stopped_by_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set.

    It is set by another thread: a signal interrupts the main one anywhere, also within the event's lock, as the second of two
    does that come at once (one for the process group, one handed on by `make`), and would wait for that lock for ever.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=stop.set, daemon=True).start())
    return stop


def say_starting(database: Engine) -> None:
    """The pages open long before the models are loaded, and shall not ask for a watcher that is coming."""
    with Session(database) as session, session.begin():
        beat(session, "watcher", state="starting", detail={}, now=datetime.now(UTC))


def greet(home: Home) -> None:
    """Say where photos go."""
    print("MeterSieve is running.")  # noqa: T201
    print(f"  Inbox:  {home.inbox}    drop meter photos here")  # noqa: T201
    if all(path.name.startswith(".") for path in home.inbox.iterdir()):  # the watch keeps a marker there
        print(f"  No photos at hand? Draw some:  python -m engine sample --count 40 --out {home.inbox}")  # noqa: T201
    print("  Stop with Ctrl-C.", flush=True)  # noqa: T201
