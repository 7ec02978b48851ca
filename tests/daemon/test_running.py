"""How a running daemon is told to end."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from daemon.running import stopped_by_signals


@pytest.fixture
def signals_as_they_were() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.timeout(20)
@pytest.mark.usefixtures("signals_as_they_were")
def test_a_second_signal_within_the_first_does_not_hang() -> None:
    stop = stopped_by_signals()
    with stop._cond:  # type: ignore[attr-defined]  # where a signal may find the main thread
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    assert stop.wait(10)
