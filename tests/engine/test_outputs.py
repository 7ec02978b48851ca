import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import ArgumentError
from engine.outputs import check_file, check_folder, clear_drafts

ROOT = Path(__file__).resolve().parents[2]


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


IN_A_DRAFT = """
import os, signal, sys
from pathlib import Path
from engine.outputs import whole_folder
with whole_folder(Path(sys.argv[1])) as draft:
    (draft / "a.jpg").touch()
    print("there", flush=True)
    sys.stdin.readline()
"""


def test_a_draft_goes_once_nobody_writes_it_any_more_and_where_nothing_else_lies_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    writer = subprocess.Popen(
        [sys.executable, "-c", IN_A_DRAFT, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert writer.stdout and writer.stdin
    writer.stdout.readline()
    clear_drafts(out)
    assert [path.name for path in out.rglob("*.jpg")] == ["a.jpg"]
    writer.kill()
    writer.wait()
    writer.stdin.close()
    writer.stdout.close()
    (out / "begun.csv").touch()  # it was killed while it put things at their places: these are for a person to judge
    clear_drafts(out)
    assert [path.name for path in out.rglob("*.jpg")] == ["a.jpg"]
    (out / "begun.csv").unlink()
    clear_drafts(out)
    assert list(out.iterdir()) == []
    clear_drafts(tmp_path / "nowhere")


def test_a_read_only_place_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(ArgumentError, match=r"read-only\. Name another folder"):
        check_folder(tmp_path / "new")
    with pytest.raises(ArgumentError, match=r"read-only\. Name another file"):
        check_file(tmp_path / "a.csv")
