"""How well unknown meters are grouped: hand-labelled field photos, ours against what came before it.

    python benchmarks/grouping.py --data ../shared/data [--embeddings FILE.npz]

The data folder holds field/field.csv (file, design) and field/photos/. Embeddings come from the installed meter_type model,
or from a file as `python -m engine judge --embeddings` writes it; a model that was trained on these designs flatters the
rows that rest on embeddings. Noise counts as one label in the adjusted Rand index (ARI: 1 = as labelled, 0 = chance).
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import HDBSCAN
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from engine import bundle, runtime
from engine.grouping import Plate, describe_plate, group
from engine.picture import decode
from engine.recognition import recognise

ROOT = Path(__file__).resolve().parent.parent
Vectors = NDArray[np.float32]  # (N, D), unit length
Ids = NDArray[np.int64]  # (N,), -1 = noise


def main() -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds field/field.csv and field/photos/")
    parser.add_argument("--embeddings", type=Path, help="FILE.npz with files and embeddings, instead of the installed model")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    args = parser.parse_args()
    table = args.data / "field" / "field.csv"
    if not table.is_file():
        print(f"skipped: no hand-labelled field photos at {table.parent} (give their folder with --data)")
        return 0
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    files = [table.parent / "photos" / row["file"] for row in rows]
    embeddings = _saved(args.embeddings, files) if args.embeddings else _embedded(args.models, files)
    if embeddings is None:
        print(f"skipped: no meter_type model in {args.models}; train one, or give --embeddings")
        return 0
    started = time.perf_counter()
    plates = [describe_plate(decode(path.read_bytes()).pixels) for path in files]
    print(f"{len(files)} photos, plates described in {time.perf_counter() - started:.0f} s")
    _compare(np.array([row["design"] for row in rows]), embeddings, plates)
    return 0


def _compare(truth: NDArray[np.str_], embeddings: Vectors, plates: list[Plate]) -> None:
    recipes: dict[str, Callable[[], Ids]] = {
        "standardised embeddings, HDBSCAN(8, 4)": lambda: _as_before(embeddings),
        "embeddings, UMAP(15), HDBSCAN(5, 2)": lambda: _one_layout(embeddings),
        "ours without plates": lambda: group(embeddings, None).group_ids,
        "ours": lambda: group(embeddings, plates).group_ids,
    }
    print(f"{'recipe':42}{'ARI':>6}{'noise':>8}{'groups':>8}{'seconds':>9}")
    for name, recipe in recipes.items():
        started = time.perf_counter()
        ids = recipe()
        seconds = time.perf_counter() - started
        groups = len(set(ids.tolist()) - {-1})
        print(f"{name:42}{adjusted_rand_score(truth, ids):6.3f}{np.mean(ids < 0):8.1%}{groups:8d}{seconds:9.1f}")
    print(f"{'(by hand)':42}{1:6.3f}{0:8.1%}{len(set(truth.tolist())):8d}")


def _as_before(embeddings: Vectors) -> Ids:
    """The way of the system this product grew from."""
    scaled = StandardScaler().fit_transform(embeddings)
    return np.asarray(HDBSCAN(min_cluster_size=8, min_samples=4, copy=True).fit_predict(scaled), dtype=np.int64)


def _one_layout(embeddings: Vectors) -> Ids:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about Tensorflow
        from umap import UMAP

        layout = UMAP(n_neighbors=15, n_components=10, min_dist=0.0, metric="cosine", random_state=0, n_jobs=1)
        points = layout.fit_transform(embeddings)
    return np.asarray(HDBSCAN(min_cluster_size=5, min_samples=2, copy=True).fit_predict(points), dtype=np.int64)


def _embedded(models: Path, files: list[Path]) -> Vectors | None:
    folder = bundle.current(models, "meter_type")
    if folder is None:
        return None
    model = runtime.load(folder, cache=ROOT / ".cache", threads=1)
    vectors = [recognise(model, decode(path.read_bytes()).pixels).embedding for path in files]
    print(f"embeddings by meter_type {model.card.version}")
    return np.stack([vector for vector in vectors if vector is not None])


def _saved(file: Path, files: list[Path]) -> Vectors:
    with np.load(file, allow_pickle=False) as saved:
        by_name = {Path(name).name: vector for name, vector in zip(saved["files"].tolist(), saved["embeddings"], strict=True)}
    return np.stack([by_name[path.name] for path in files]).astype(np.float32)


if __name__ == "__main__":
    sys.exit(main())
