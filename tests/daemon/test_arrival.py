from __future__ import annotations

import fcntl
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from daemon.arrival import StillChanging, Vanished, is_being_written, read
from daemon.inbox import Sighting, look


def the_only(inbox: Path) -> Sighting:
    (seen,) = look(inbox)
    return seen


def test_a_file_is_read_and_hashed(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"abc")
    done = read(the_only(tmp_path), max_bytes=10)
    assert done.data == b"abc"
    assert done.arrival.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_file_that_somebody_has_open_for_writing_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.jpg").open("wb") as writer:
        writer.write(b"half")
        writer.flush()
        with pytest.raises(StillChanging, match="open for writing"):
            read(the_only(tmp_path), max_bytes=10)
    assert read(the_only(tmp_path), max_bytes=10).data == b"half"


def test_who_opens_a_file_while_the_kernel_is_asked_about_it_does_not_end_the_process_that_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, ask, ending = tmp_path / "a.jpg", fcntl.fcntl, []
    path.write_bytes(b"whole")

    def opened_in_between(handle: int, command: int, *more: Any) -> Any:
        answer = ask(handle, command, *more)
        if (command, *more) == (fcntl.F_SETLEASE, fcntl.F_RDLCK):
            with pytest.raises(BlockingIOError):  # the lease is in the way; its holder is told by a signal
                os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        return answer

    monkeypatch.setattr("daemon.arrival.fcntl.fcntl", opened_in_between)
    before = signal.signal(signal.SIGIO, lambda number, _: ending.append(number))  # nobody who hears it lives on
    try:
        with path.open("rb") as file:
            assert not is_being_written(file.fileno())
    finally:
        signal.signal(signal.SIGIO, before)
    assert ending == []


def test_a_file_that_is_not_what_was_seen_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"short")
    seen = the_only(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"longer now")
    with pytest.raises(StillChanging):
        read(seen, max_bytes=100)


def test_a_file_that_left_is_gone_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    seen = the_only(tmp_path)
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(Vanished):
        read(seen, max_bytes=10)


def test_a_file_over_the_limit_is_hashed_but_not_held_in_memory(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"abc")
    done = read(the_only(tmp_path), max_bytes=2)
    assert done.data is None
    assert done.arrival.sha256.startswith("ba7816bf")


def test_a_pipe_that_took_the_name_of_a_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"abc")
    seen = the_only(tmp_path)
    (tmp_path / "a.jpg").unlink()
    os.mkfifo(tmp_path / "a.jpg")
    writer = os.open(tmp_path / "a.jpg", os.O_RDWR | os.O_NONBLOCK)
    with pytest.raises(StillChanging):
        read(seen, max_bytes=10)
    os.close(writer)
