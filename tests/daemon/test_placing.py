from __future__ import annotations

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from daemon.inbox import Sighting, look
from daemon.placing import SourceChanged, move, place, remove_sources
from tests.photos import read, write


def see(path: Path) -> Sighting:
    return next(seen for seen in look(path.parent) if seen.path == path)


def put(source: Path, target: Path, content: bytes = b"photo") -> None:
    place(see(source), target, sha256=sha256(content).hexdigest())


@pytest.fixture(params=["same file system", "another file system", "no hard links"])
def anywhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Run a test as on one file system, across two, and on one that knows no hard links."""
    link = os.link

    def fails(source: Path, target: Path, **options: object) -> None:
        if request.param == "no hard links":
            raise OSError(errno.EPERM, "no links here")
        if Path(source).parent != Path(target).parent:
            raise OSError(errno.EXDEV, "another device")
        link(source, target)

    if request.param != "same file system":
        monkeypatch.setattr(os, "link", fails)
    return tmp_path


def test_the_file_appears_whole_and_the_source_stays(anywhere: Path) -> None:
    write(anywhere, {"inbox/a.jpg": b"photo"})
    put(anywhere / "inbox/a.jpg", anywhere / "sorted/deep/a.jpg")
    assert read(anywhere) == {"inbox/a.jpg": b"photo", "sorted/deep/a.jpg": b"photo"}


def test_a_file_that_is_there_is_never_overwritten(anywhere: Path) -> None:
    write(anywhere, {"inbox/a.jpg": b"photo", "sorted/a.jpg": b"other"})
    with pytest.raises(FileExistsError):
        put(anywhere / "inbox/a.jpg", anywhere / "sorted/a.jpg")
    assert read(anywhere) == {"inbox/a.jpg": b"photo", "sorted/a.jpg": b"other"}


def test_a_source_that_was_replaced_since_it_was_read_is_not_filed(anywhere: Path) -> None:
    write(anywhere, {"inbox/a.jpg": b"photo"})
    seen = see(anywhere / "inbox/a.jpg")
    (anywhere / "inbox/new.jpg").write_bytes(b"another photo")
    (anywhere / "inbox/new.jpg").replace(anywhere / "inbox/a.jpg")
    with pytest.raises(SourceChanged):
        place(seen, anywhere / "sorted/a.jpg", sha256=sha256(b"photo").hexdigest())
    assert read(anywhere) == {"inbox/a.jpg": b"another photo"}


def test_eight_hands_reaching_for_one_name_leave_one_winner(tmp_path: Path) -> None:
    write(tmp_path, {f"inbox/{n}.jpg": str(n).encode() for n in range(8)})

    def reach(n: int) -> bool:
        try:
            put(tmp_path / f"inbox/{n}.jpg", tmp_path / "sorted/IMG_0001.jpg", str(n).encode())
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        winners = [n for n, won in enumerate(pool.map(reach, range(8))) if won]
    assert len(winners) == 1
    assert read(tmp_path / "sorted") == {"IMG_0001.jpg": str(winners[0]).encode()}


@pytest.mark.parametrize("links", [True, False])
def test_a_move_leaves_nothing_behind_and_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    write(tmp_path, {"a/x.jpg": b"x", "b/x.jpg": b"other"})
    if not links:
        monkeypatch.setattr(os, "link", fails)
    with pytest.raises(FileExistsError):
        move(tmp_path / "a/x.jpg", tmp_path / "b/x.jpg")
    move(tmp_path / "a/x.jpg", tmp_path / "c/x.jpg")
    assert read(tmp_path) == {"b/x.jpg": b"other", "c/x.jpg": b"x"}


def test_a_source_written_over_in_place_since_it_was_read_is_not_filed(anywhere: Path) -> None:
    write(anywhere, {"inbox/a.jpg": b"photo"})
    os.utime(anywhere / "inbox/a.jpg", ns=(0, 10**18))
    seen = see(anywhere / "inbox/a.jpg")
    write(anywhere, {"inbox/a.jpg": b"other"})
    with pytest.raises(SourceChanged):
        place(seen, anywhere / "sorted/a.jpg", sha256=sha256(b"photo").hexdigest())
    assert read(anywhere) == {"inbox/a.jpg": b"other"}


def test_a_source_that_somebody_opened_for_writing_since_it_was_read_is_not_filed(tmp_path: Path) -> None:
    write(tmp_path, {"inbox/a.jpg": b"photo"})
    with (tmp_path / "inbox/a.jpg").open("ab"), pytest.raises(SourceChanged):
        put(tmp_path / "inbox/a.jpg", tmp_path / "sorted/a.jpg")
    assert read(tmp_path) == {"inbox/a.jpg": b"photo"}


def test_a_place_that_fails_at_the_last_step_leaves_no_file_behind(anywhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, "the disk fails")

    write(anywhere, {"inbox/a.jpg": b"photo"})
    monkeypatch.setattr("daemon.placing.os.fsync", broken)
    with pytest.raises(OSError, match="the disk fails"):
        put(anywhere / "inbox/a.jpg", anywhere / "sorted/a.jpg")
    assert read(anywhere) == {"inbox/a.jpg": b"photo"}


@pytest.mark.parametrize("rename", ["by rename", "in place"])
def test_a_new_file_under_the_name_of_a_filed_one_is_not_removed(tmp_path: Path, rename: str) -> None:
    write(tmp_path, {"a.jpg": b"photo"})
    os.utime(tmp_path / "a.jpg", ns=(0, 10**18))
    seen = see(tmp_path / "a.jpg")
    if rename == "by rename":
        write(tmp_path, {"new.jpg": b"other"})
        (tmp_path / "new.jpg").replace(tmp_path / "a.jpg")
    else:
        write(tmp_path, {"a.jpg": b"other"})
    remove_sources([seen])
    assert read(tmp_path) == {"a.jpg": b"other"}
    remove_sources([see(tmp_path / "a.jpg")])
    remove_sources([seen])
    assert read(tmp_path) == {}
