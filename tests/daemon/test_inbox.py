from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path

import pytest

from daemon.inbox import is_litter, look
from tests.photos import write


def sources(inbox: Path) -> set[str]:
    return {seen.source for seen in look(inbox)}


def test_photos_are_seen_in_all_subfolders(tmp_path: Path) -> None:
    write(tmp_path, {"a.jpg": b"1", "TPCODL/cam7/b.jpg": b"22"})
    seen = {each.source: each for each in look(tmp_path)}
    assert set(seen) == {"a.jpg", "TPCODL/cam7/b.jpg"}
    assert seen["a.jpg"].site is None
    assert seen["TPCODL/cam7/b.jpg"].site == "TPCODL"
    assert seen["TPCODL/cam7/b.jpg"].size == 2


LITTER = (
    "@eaDir/x.jpg", ".DS_Store", "Thumbs.db", "._x.jpg", ".x.jpg.AbC123", "x.jpg.part", "x.jpg.filepart", "x.tmp", "~$x.jpg",
    "x.jpg~", "#recycle/x.jpg", "@Recycle/x.jpg", "$RECYCLE.BIN/x.jpg", ".stfolder/x.jpg", ".stversions/x.jpg", "desktop.ini",
    "System Volume Information/x.jpg", "ehthumbs.db", "Icon\r", "__MACOSX/x.jpg", ".~tmp~/x.jpg", "x.jpg.partial",
    "~syncthing~x.jpg", ".sync-conflict.jpg", "x.jpg.lftp-pget-status", ".pureftpd-upload.5f.15.1", ".in.x.jpg.", "@tmp/x",
    "SITE/@eaDir/x.jpg/SYNOPHOTO_THUMB_M.jpg", "lost+found/x.jpg", "x.crdownload", "x.jpg.aria2", ".nfs0000000012",
)  # fmt: skip


@pytest.mark.parametrize("name", LITTER)
def test_litter_of_systems_and_unfinished_uploads_are_not_seen(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: b"1", "real.jpg": b"2"})
    assert sources(tmp_path) == {"real.jpg"}


def test_a_photo_is_no_litter_whatever_its_name() -> None:
    assert not any(map(is_litter, ["IMG_0001.JPG", "-x.jpg", "a b.jpeg", "photo", "partly.jpg", "tmp.jpg", "😀.heic"]))


def test_symbolic_links_and_special_files_are_not_followed(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    write(tmp_path, {"secret.jpg": b"outside"})
    inbox.mkdir()
    (inbox / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (inbox / "loop").symlink_to(inbox)
    os.mkfifo(inbox / "pipe.jpg")
    (inbox / "folder.jpg").mkdir()
    assert sources(inbox) == set()


def test_a_name_that_is_no_utf8_is_seen_under_a_readable_name(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.jpg")).write_bytes(b"1")
    assert sources(tmp_path) == {r"\xff.jpg"}


def test_an_inbox_that_is_gone_is_empty_not_an_error(tmp_path: Path) -> None:
    assert look(tmp_path / "gone") == []


def test_folders_nested_deeper_than_python_calls_are_looked_into(tmp_path: Path) -> None:
    write(tmp_path, {"a/" * 150 + "x.jpg": b"x"})
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 100)
    try:
        found = sources(tmp_path)
    finally:
        sys.setrecursionlimit(limit)
    assert found == {"a/" * 150 + "x.jpg"}


def test_the_name_of_a_site_fits_its_column(tmp_path: Path) -> None:
    (tmp_path / ("s" * 200)).mkdir()
    (tmp_path / ("s" * 200) / "x.jpg").write_bytes(b"x")
    (seen,) = look(tmp_path)
    assert seen.site == "s" * 120
