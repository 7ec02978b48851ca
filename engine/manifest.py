"""The list that goes with a split data folder: each photo's side, label, fingerprints and what it belongs together with."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from engine.errors import DataError
from engine.tables import ENCODING

MANIFEST = "manifest.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One photo of the source. `file` is relative to the data folder, `source` to where it came from, both with `/`."""

    file: str  # empty if left out
    label: str
    side: str  # train, val or test; empty if left out
    cluster: str  # photos with the same number are copies, near duplicates or of one group; empty if left out
    group: str  # as the source says: physical meter, scene, person
    sha256: str
    signature: str  # hexadecimal; empty for a picture too even to have one
    source: str
    left_out: str  # why; empty if it was used


def write_manifest(folder: Path, entries: Iterable[Entry]) -> None:
    """`folder`/manifest.csv. Cells stay as they are, since programs read them back."""
    with (folder / MANIFEST).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Entry)])
        writer.writeheader()
        writer.writerows(asdict(entry) for entry in entries)


def read_clusters(folder: Path) -> dict[Path, str]:
    """Photo -> cluster, by the manifest in `folder`; empty where there is none. Raises `DataError` if it is damaged."""
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    with path.open(encoding=ENCODING, newline="") as file:  # a spreadsheet may have saved it
        rows = list(csv.DictReader(file))
    try:
        return {folder / row["file"]: row["cluster"] for row in rows if row["file"]}
    except KeyError as error:
        raise DataError(f"{path} has no column {error}. Split the photos again, or remove the file.") from error
