"""sorted/groups.csv, one row per unknown meter, and sorted/summary.csv, one row per group: what other programs read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.destinations import group_folder
from daemon.home import Home
from db.tables import Photo
from db.unknowns import is_unknown
from engine.grouping import NOISE
from engine.names import formula_safe
from engine.tables import open_table

GUESSES = 3
GROUPS, SUMMARY = "groups.csv", "summary.csv"


def write_tables(home: Home, database: Engine) -> None:
    """Write both anew, each whole or not at all. The caller holds the regroup lock."""
    guesses = [f"top{n}{part}" for n in range(1, GUESSES + 1) for part in ("", "_confidence")]
    columns = Photo.path, Photo.group_id, Photo.group_strength, Photo.clarity, Photo.top3
    rows: list[list[object]] = []
    sizes: Counter[int] = Counter()
    with Session(database) as session:
        unknown = select(*columns).where(*is_unknown()).order_by(Photo.group_id, Photo.id)
        for path, group_id, strength, clarity, top3 in session.execute(unknown):
            cluster = NOISE if group_id is None else group_id
            sizes[cluster] += 1
            top = [value for guess in top3 or [] for value in (guess["label"], guess["confidence"])]
            rows.append([path, cluster, strength, clarity, *top])
    _write_csv(home.sorted / GROUPS, ["image", "cluster_id", "strength", "clarity", *guesses], rows)
    summary = [[cluster, group_folder(None if cluster == NOISE else cluster), size] for cluster, size in sorted(sizes.items())]
    _write_csv(home.sorted / SUMMARY, ["cluster_id", "folder", "photos"], summary)


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    draft = path.with_name(f".{path.name}.part")
    with open_table(draft, header) as table:
        table.writerows([formula_safe(cell) for cell in row] for row in rows)
    draft.replace(path)
