import os
from pathlib import Path

import pytest

from engine.errors import ArgumentError
from engine.outputs import check_file, check_folder


def test_what_can_be_made_is_let_through(tmp_path: Path) -> None:
    check_folder(tmp_path)
    check_folder(tmp_path / "new" / "deeper")
    check_file(tmp_path / "new" / "a.csv")
    (tmp_path / "there.csv").touch()
    check_file(tmp_path / "there.csv")


def test_a_file_where_a_folder_has_to_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    for place in (tmp_path / "a.txt", tmp_path / "a.txt" / "sub"):
        with pytest.raises(ArgumentError, match=r"a\.txt is a file"):
            check_folder(place)


def test_a_folder_where_a_file_has_to_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="it is a folder"):
        check_file(tmp_path)


def test_a_read_only_place_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(ArgumentError, match=r"read-only\. Name another folder"):
        check_folder(tmp_path / "new")
    with pytest.raises(ArgumentError, match=r"read-only\. Name another file"):
        check_file(tmp_path / "a.csv")
