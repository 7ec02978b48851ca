"""What every long command of the daemon does at its start: hear the signals, say where photos go."""

from __future__ import annotations

import signal
import threading

from daemon.home import Home


def stopped_by_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set. SIGIO is what the kernel sends when somebody writes a file we hold a lease on."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    return stop


def greet(home: Home) -> None:
    """Say where photos go."""
    print("MeterSieve is running.")  # noqa: T201
    print(f"  Inbox:  {home.inbox}    drop meter photos here")  # noqa: T201
    if all(path.name.startswith(".") for path in home.inbox.iterdir()):  # the watch keeps a marker there
        print(f"  No photos at hand? Draw some:  python -m engine sample --count 40 --out {home.inbox}")  # noqa: T201
    print("  Stop with Ctrl-C.", flush=True)  # noqa: T201
