"""Tables that people open."""

import codecs
from pathlib import Path

import pytest

from engine.manifest import read_clusters
from engine.tables import open_table, read_table


def test_a_table_opens_in_a_spreadsheet_with_its_names_as_they_are_and_is_read_back(tmp_path: Path) -> None:
    with open_table(tmp_path / "new" / "t.csv", ["file", "type"]) as table:
        table.writerow(["a.jpg", "Zähler Ölbach"])
        table.writerow(["b.jpg", "Счётчик"])
    written = (tmp_path / "new" / "t.csv").read_bytes()
    assert (written.startswith(codecs.BOM_UTF8), written.count(codecs.BOM_UTF8)) == (True, 1)  # Excel tells UTF-8 by this mark
    rows = read_table(tmp_path / "new" / "t.csv", needed=("file", "type"))
    assert [row for _, row in rows] == [{"file": "a.jpg", "type": "Zähler Ölbach"}, {"file": "b.jpg", "type": "Счётчик"}]


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_tables_and_manifests_are_read_with_the_mark_and_without(tmp_path: Path, mark: bytes) -> None:
    (tmp_path / "manifest.csv").write_bytes(mark + "file,cluster\nZähler/1.jpg,7\n".encode())
    assert read_clusters(tmp_path) == {tmp_path / "Zähler" / "1.jpg": "7"}
    assert read_table(tmp_path / "manifest.csv", needed=("file",)) == [(2, {"file": "Zähler/1.jpg", "cluster": "7"})]
