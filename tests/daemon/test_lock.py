from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from daemon.lock import Busy, is_locked, locked

HOLD = """
import sys
from pathlib import Path
from daemon.lock import locked
with locked(Path(sys.argv[1])):
    print('held', flush=True)
    input()
"""


def test_a_second_holder_is_told_who_has_it(tmp_path: Path) -> None:
    with locked(tmp_path / "x.lock"), pytest.raises(Busy, match=str(os.getpid())), locked(tmp_path / "x.lock"):
        pass
    assert not is_locked(tmp_path / "x.lock")


def test_who_waits_has_it_once_it_is_free_and_gives_up_when_told_to_stop(tmp_path: Path) -> None:
    class Turn(threading.Event):
        """Waiting for it lets the holder go."""

        def wait(self, timeout: float | None = None) -> bool:
            holder.close()
            return self.is_set()

    holder = ExitStack()
    holder.enter_context(locked(tmp_path / "x.lock"))
    with locked(tmp_path / "x.lock", unless=Turn()):
        assert is_locked(tmp_path / "x.lock")
    stopped = threading.Event()
    stopped.set()
    with locked(tmp_path / "x.lock"), pytest.raises(Busy), locked(tmp_path / "x.lock", unless=stopped):
        pass


def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "x.lock")], stdin=-1, stdout=-1)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    assert is_locked(tmp_path / "x.lock")
    process.kill()
    process.communicate()
    with locked(tmp_path / "x.lock"):
        pass


def test_a_lock_that_never_was_is_free(tmp_path: Path) -> None:
    assert not is_locked(tmp_path / "none.lock")


def test_asking_whether_it_is_locked_does_not_keep_a_holder_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with locked(tmp_path / "x.lock"):
        pass
    asking = os.open(tmp_path / "x.lock", os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    monkeypatch.setattr("daemon.lock.time.sleep", lambda _: os.close(asking))  # the asker is done by then
    with locked(tmp_path / "x.lock"):
        pass


def test_asking_whether_it_is_locked_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.lock").write_text("123")
    (tmp_path / "x.lock").chmod(0o444)
    assert not is_locked(tmp_path / "x.lock")
    assert (tmp_path / "x.lock").read_text() == "123"
