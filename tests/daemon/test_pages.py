from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from daemon.pages import Pages


class Ended:
    """A process that has ended by itself."""

    returncode = 1

    def poll(self) -> int:
        return 1

    def terminate(self) -> None: ...


def kept_running(monkeypatch: pytest.MonkeyPatch, start: Callable[..., Ended], *, pause_s: float) -> Pages:
    monkeypatch.setattr("daemon.pages.subprocess.Popen", start)
    monkeypatch.setattr("daemon.pages.FIRST_PAUSE_S", pause_s)
    pages = Pages([])
    pages.start()
    return pages


def test_pages_that_cannot_be_started_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    again = threading.Event()
    tries = 0

    def start(*_: Any, **__: Any) -> Ended:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise BlockingIOError(11, "no more processes")
        again.set()
        return Ended()

    pages = kept_running(monkeypatch, start, pause_s=0.01)
    assert again.wait(10)
    pages.stop()
    assert not pages._thread.is_alive()


def test_pages_that_a_signal_to_all_ended_first_are_not_called_a_fault(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    started = threading.Event()

    def start(*_: Any, **__: Any) -> Ended:
        started.set()
        return Ended()

    pages = kept_running(monkeypatch, start, pause_s=60.0)
    assert started.wait(10)
    pages.stop()
    assert not pages._thread.is_alive()
    assert not caplog.records
