"""Whether events come at all, told by a probe; with watchdog's observer replaced where it must stay silent or fail."""

from __future__ import annotations

import errno
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from daemon import hearing
from daemon.hearing import MARKER, Hearing
from tests.daemon.test_watch import Clock


class Observer:
    """Passes on what a test says happened; `deaf` roots say nothing."""

    made: list[Observer]
    fails: OSError | None = None

    def __init__(self) -> None:
        Observer.made.append(self)
        self.emitters: list[Any] = []

    def schedule(self, ear: Any, path: str, recursive: bool) -> None:
        self.ear = ear

    def start(self) -> None:
        if Observer.fails:
            raise Observer.fails

    def is_alive(self) -> bool:
        return False

    def say(self, path: Path) -> None:
        self.ear._hear(path)


@pytest.fixture(autouse=True)
def _fake_observer(monkeypatch: pytest.MonkeyPatch) -> None:
    Observer.made, Observer.fails = [], None
    monkeypatch.setattr(hearing, "Observer", Observer)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def tend(ears: Hearing, clock: Clock, seconds: float) -> None:
    for _ in range(int(seconds)):
        ears.tend()
        clock.now_s += 1.0


def test_a_probe_that_is_heard_means_events(inbox: Path) -> None:
    clock, woken = Clock(), threading.Event()
    ears = Hearing(inbox, woken, clock)
    tend(ears, clock, 1)
    assert ears.mode == "probing"
    Observer.made[0].say(inbox / MARKER)
    tend(ears, clock, 1)
    assert (ears.mode, ears.modes, ears.advice) == ("events", {".": "events"}, None)


def test_a_share_that_says_nothing_within_two_seconds_is_polled_and_said_so(inbox: Path) -> None:
    clock = Clock()
    ears = Hearing(inbox, threading.Event(), clock)
    tend(ears, clock, 5)
    assert ears.mode == "polling"
    assert "network share" in str(ears.advice)


def test_a_watcher_that_falls_deaf_later_is_noticed_by_the_next_probe(inbox: Path) -> None:
    clock = Clock()
    ears = Hearing(inbox, threading.Event(), clock)
    tend(ears, clock, 1)
    Observer.made[0].say(inbox / MARKER)
    tend(ears, clock, 2)
    assert ears.mode == "events"
    tend(ears, clock, 70)
    assert ears.mode == "polling"


def test_of_two_roots_only_the_mute_one_is_polled(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share = inbox / "share"
    share.mkdir()
    monkeypatch.setattr(hearing, "_mounted_below", lambda inbox: [share])
    clock = Clock()
    ears = Hearing(inbox, threading.Event(), clock)
    tend(ears, clock, 1)
    Observer.made[0].say(inbox / MARKER)
    tend(ears, clock, 5)
    assert (ears.mode, ears.modes) == ("polling", {".": "events", "share": "polling"})


@pytest.mark.parametrize(
    ("number", "sysctl"),
    [(errno.ENOSPC, "fs.inotify.max_user_watches"), (errno.EMFILE, "fs.inotify.max_user_instances")],
)
def test_a_used_up_limit_of_the_kernel_means_polling_and_names_the_sysctl(inbox: Path, number: int, sysctl: str) -> None:
    Observer.fails = OSError(number, "limit reached")
    clock = Clock()
    ears = Hearing(inbox, threading.Event(), clock)
    tend(ears, clock, 3)
    assert ears.mode == "polling"
    assert sysctl in str(ears.advice)


def test_a_removed_and_made_anew_inbox_is_watched_anew(inbox: Path, tmp_path: Path) -> None:
    clock, woken = Clock(), threading.Event()
    ears = Hearing(inbox, woken, clock)
    tend(ears, clock, 3)
    inbox.rename(tmp_path / "old")
    tend(ears, clock, 3)
    assert (ears.is_whole, ears.mode) == (False, "polling")
    assert "not there" in str(ears.advice)
    inbox.mkdir()
    made = len(Observer.made)
    woken.clear()
    tend(ears, clock, 70)
    assert len(Observer.made) > made
    assert woken.is_set()
    assert (ears.is_whole, (inbox / MARKER).is_file()) == (True, True)


def test_an_inbox_that_cannot_be_written_is_polled(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object, **__: object) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", read_only)
    clock = Clock()
    ears = Hearing(inbox, threading.Event(), clock)
    tend(ears, clock, 1)
    assert ears.mode == "polling"
    assert "Read-only file system" in str(ears.advice)


def test_the_real_observer_hears_the_probe_on_a_local_disk(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    woken = threading.Event()
    clock = Clock()
    ears = Hearing(inbox, woken, clock)
    ears.tend()
    for _ in range(200):
        if ears._roots[0].heard:
            break
        threading.Event().wait(0.05)
    clock.now_s += 1.0
    ears.tend()
    ears.close()
    assert ears.mode == "events"
    shutil.rmtree(inbox)
