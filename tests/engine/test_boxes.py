"""Tables of boxes: what is read from them, and what is said of a bad one."""

from pathlib import Path

import pytest

from engine.boxes import fold_of, read_boxes
from engine.errors import DataError
from tests.photos import jpeg, write

HEAD = "file,x,y,w,h,group,clear,flags\n"


def table(folder: Path, rows: str, head: str = HEAD) -> Path:
    write(folder, {f"{name}.jpg": jpeg(1) for name in "abc"} | {"boxes.csv": (head + rows).encode()})
    return folder


def test_rows_with_and_without_a_display_are_read(tmp_path: Path) -> None:
    first, second, third = read_boxes(table(tmp_path, "a.jpg,1,2,30,10,m1,0.5,glare|dark\nb.jpg,,,,,,,\nc.jpg,0,0,5,5,m1,,\n"))
    assert (first.box, first.group, first.clear, first.flags) == ((1, 2, 30, 10), "m1", 0.5, ("glare", "dark"))
    assert (second.box, second.group, second.clear, second.flags) == (None, "b.jpg", None, ())
    assert third.path == tmp_path / "c.jpg"


def test_the_truth_of_a_drawn_sample_is_such_a_table(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    rows = "a.jpg,S1,3 4 50 20\nb.jpg,S2,1 1 9 9\n"
    write(tmp_path, {"a.jpg": jpeg(1), "b.jpg": jpeg(2), ".truth.csv": ("file,meter_id,display_box\n" + rows).encode()})
    assert [(row.box, row.group) for row in read_boxes(tmp_path)] == [((3, 4, 50, 20), "S1"), ((1, 1, 9, 9), "S2")]


def test_photos_of_one_meter_lie_in_one_fold(tmp_path: Path) -> None:
    rows = read_boxes(table(tmp_path, "a.jpg,1,2,30,10,m1,,\nb.jpg,1,2,3,4,m2,,\nc.jpg,0,0,5,5,m1,,\n"))
    folds = [fold_of(rows, 2, seed) for seed in range(12)]
    assert all(fold[0] == fold[2] for fold in folds)
    assert any(fold[0] != fold[1] for fold in folds)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a.jpg,1,2,3,4,,,\n", "fewer than two boxes"),
        ("a.jpg,1,2,3,4,,,\nnone.jpg,1,2,3,4,,,\n", "line 3: 'none.jpg' is not there"),
        ("a.jpg,1,2,x,4,,,\n", "line 2: a box is four numbers"),
        ("a.jpg,1,2,0,4,,,\n", "at least a pixel"),
        ("a.jpg,1,2,3,4,,7,\n", "`clear` is a number from 0"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_boxes(table(tmp_path, rows))


def test_other_columns_are_refused_with_those_that_are_needed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="file,x,y,w,h"):
        read_boxes(table(tmp_path, "a.jpg,1\n", head="file,side\n"))
    with pytest.raises(DataError, match="is no table of boxes"):
        read_boxes(tmp_path / "missing")


def test_a_table_of_boxes_is_read_as_any_spreadsheet_writes_it_or_refused(tmp_path: Path) -> None:
    (photo,) = {row.path.name for row in read_boxes(table(tmp_path, "a.jpg;1;2;30;10\na.jpg;1;2;30;10\n", "File;X;Y;W;H\n"))}
    assert photo == "a.jpg"
    (tmp_path / "boxes.csv").write_bytes("file,x,y,w,h\nküche.jpg,1,2,3,4\n".encode("latin-1"))
    with pytest.raises(DataError, match="is no CSV in UTF-8"):
        read_boxes(tmp_path)
