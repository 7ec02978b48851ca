from __future__ import annotations

import logging
from pathlib import Path

import pytest

from benchmarks.day import simulate


def test_two_hours_leave_no_handle_no_thread_and_nothing_in_the_inbox(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    readings, ended = simulate(tmp_path, 2000, rounds_a_minute=1, hours=2)
    assert ended["left"] == 0
    assert 150 < ended["sent"] < 167  # the others were taken back while they waited
    assert readings[-1].remembered <= readings[-1].waiting
    assert ended["filed"] + ended["duplicate"] + ended["refused"] == ended["sent"]
    assert ended["duplicate"] > 0
    assert ended["refused"] > 0
    assert readings[-1].threads == readings[0].threads
    assert readings[-1].handles <= readings[0].handles + 1
