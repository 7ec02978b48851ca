"""Runs what a user could install instead, in an environment of its own, and prints what it says as JSON.

    peers/bin/python benchmarks/quality_peers.py FOLDER --out said.json

Needs `benchmarks/requirements.txt`; started by `benchmarks/quality.py`. Imports nothing of the product.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any


def cpu_s() -> float:
    """Processor time of this process and its children so far, seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def cleanvision(folder: Path) -> tuple[dict[str, dict[str, float]], float]:
    """Per file its scores (low = the defect) and flags at default settings, and the seconds of processor time."""
    from cleanvision import Imagelab  # type: ignore[import-not-found]  # lives in the peers' environment

    lab = Imagelab(data_path=str(folder))
    checks: dict[str, dict[str, float]] = {
        "dark": {},
        "light": {},
        "blurry": {},
        "low_information": {},
        "odd_size": {},
        "odd_aspect_ratio": {},
        "grayscale": {},
    }
    start = cpu_s()
    lab.find_issues(checks, n_jobs=1, verbose=False)
    used = cpu_s() - start
    rows = lab.issues.to_dict("index")
    return {Path(name).name: {key: float(value) for key, value in row.items()} for name, row in rows.items()}, used


def fastdup(folder: Path) -> tuple[dict[str, dict[str, float]], float]:
    """Per file its statistics, and the seconds of processor time. It sets no flags by itself."""
    import fastdup as library  # type: ignore[import-not-found]  # lives in the peers' environment

    with tempfile.TemporaryDirectory() as work:
        start = cpu_s()
        run = library.create(work_dir=work, input_dir=str(folder))
        run.run(ccthreshold=0.96, num_threads=1, verbose=False, overwrite=True)
        used = cpu_s() - start
        table = run.img_stats()
    columns = [name for name in ("blur", "mean", "min", "max", "stdv", "contrast") if name in table.columns]
    return {Path(row["filename"]).name: {key: float(row[key]) for key in columns} for _, row in table.iterrows()}, used


def main() -> int:
    """Run those that can be imported."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", choices=("cleanvision", "fastdup"))
    args = parser.parse_args()
    said: dict[str, Any] = {}
    for name, peer in (("cleanvision", cleanvision), ("fastdup", fastdup)):
        if args.only not in (None, name):
            continue
        try:
            photos, used = peer(args.folder)
        except Exception as error:  # a peer that is missing or fails is reported, not hidden
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        said[name] = {"photos": photos, "cpu_s": used}
    args.out.write_text(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
