"""How well unknown meters are grouped: hand-labelled photos, ours against what came before it, on sets that ask different things.

    python -m benchmarks.grouping --data ../shared/data [--embeddings FILE.npz] [--cache FILE.npz]

The data folder holds field/field.csv (file, design), field/photos/ and, for the mixed sets, meters/meters.csv (file, type) and
meters/photos/. Embeddings come from the installed meter_type model, or from a file as `python -m engine judge --embeddings`
writes it; a model that was trained on these designs flatters what rests on embeddings. Noise counts as one label in the
adjusted Rand index (ARI: 1 = as labelled, 0 = chance). Five seeds move the layouts; the worst is of all draws and seeds.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import HDBSCAN
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from benchmarks.grouping_sets import (
    DRAWS,
    ROOT,
    Change,
    Indices,
    Pool,
    Shot,
    Vectors,
    compare_all,
    describe,
    embed,
    read_shots,
    saved,
    sets,
    with_strip,
)  # fmt: skip
from engine import runtime
from engine.grouping import group, keep_ids
from engine.runtime import Model

SEEDS = 5  # 0, 100, ..: layouts of one grouping use the numbers right after its seed
GROWTH = 0.1  # so many more photos arrive
FIRST = 40  # photos, where arrivals begin
ARRIVALS = 4  # orders of arrival
Ids = NDArray[np.int64]  # (N,), -1 = noise


def main() -> int:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds field/ and meters/")
    parser.add_argument("--embeddings", type=Path, help="FILE.npz with files and embeddings, instead of the installed model")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--sift", action="store_true", help="describe details by SIFT alone, as without a model of details")
    parser.add_argument("--cache", type=Path, help="FILE.npz that keeps the compared pairs for the next run of the same code")
    args = parser.parse_args()
    if not (args.data / "field" / "field.csv").is_file():
        print(f"skipped: no hand-labelled field photos at {args.data / 'field'} (give their folder with --data)")
        return 0
    shots = read_shots(args.data)
    embeddings = saved(args.embeddings, shots) if args.embeddings else embed(shots, args.models)
    if embeddings is None:
        print(f"skipped: no meter_type model in {args.models}; train one, or give --embeddings")
        return 0
    details = None if args.sift else runtime.load_current(args.models, "details", cache=ROOT / ".cache", threads=1)
    print(f"details described by {f'details {details.card.version}' if details else 'SIFT alone'}")
    pool = _pool(shots, embeddings, details, args.cache)
    _recipes(pool)
    _table(pool, sets(pool))
    _growth(pool)
    _arrivals(pool)
    _strips(pool, shots, details)
    return 0


def _pool(shots: list[Shot], embeddings: Vectors, details: Model | None, cache: Path | None) -> Pool:
    plates = describe(shots, details)
    if cache is not None and cache.is_file():
        shared = np.load(cache)["shared"]
    else:
        started = time.process_time()
        shared = compare_all(embeddings, plates)
        count = len(shots) * (len(shots) - 1) // 2
        print(f"{count} pairs compared, {(time.process_time() - started) / count * 1000:.1f} ms of one core each")
        if cache is not None:
            np.savez_compressed(cache, shared=shared)
    design, field = np.array([shot.design for shot in shots]), np.array([shot.field for shot in shots])
    return Pool(design=design, field=field, embeddings=embeddings, plates=plates, shared=shared)


def _recipes(pool: Pool) -> None:
    field = np.flatnonzero(pool.field)
    embeddings, truth = pool.embeddings[field], pool.design[field]
    recipes: dict[str, Callable[[], Ids]] = {
        "standardised embeddings, HDBSCAN(8, 4)": lambda: _as_before(embeddings),
        "embeddings, UMAP(15), HDBSCAN(5, 2)": lambda: _one_layout(embeddings),
        "ours without plates": lambda: group(embeddings, None).group_ids,
        "ours": lambda: pool.group(field),
    }
    print(f"{'the field photos by':46}{'ARI':>6}{'noise':>8}{'groups':>8}")
    for name, recipe in recipes.items():
        ids = recipe()
        print(f"{name:46}{adjusted_rand_score(truth, ids):6.3f}{np.mean(ids < 0):8.1%}{_count(ids):8d}")
    print(f"{'(by hand)':46}{1:6.3f}{0:8.1%}{len(set(truth.tolist())):8d}")


def _table(pool: Pool, drawn: dict[str, list[Indices]]) -> None:
    print(f"\n{f'ours, {SEEDS} seeds':40}{'photos':>8}{'ARI':>7}{'worst':>7}{'noise':>8}{'worst':>8}{'groups':>8}{'designs':>9}")
    for name, draws in drawn.items():
        found = [_judged(pool, chosen, pool.group(chosen, seed * 100)) for chosen in draws for seed in range(SEEDS)]
        ari, noise, groups = np.array(found).T
        designs = np.median([len(set(pool.design[chosen].tolist())) for chosen in draws])
        print(
            f"{name:40}{np.median([len(chosen) for chosen in draws]):8.0f}{np.median(ari):7.3f}{ari.min():7.3f}"
            f"{np.median(noise):8.1%}{noise.max():8.1%}{np.median(groups):8.0f}{designs:9.0f}"
        )


def _judged(pool: Pool, chosen: Indices, ids: Ids) -> tuple[float, float, int]:
    return float(adjusted_rand_score(pool.design[chosen], ids)), float(np.mean(ids < 0)), _count(ids)


def _growth(pool: Pool) -> None:
    """Photos in a group that are in a group of the same id after some more arrived."""
    print(f"\nkept their group's id when {GROWTH:.0%} more arrived, {DRAWS * 2} draws")
    for name, chosen in (("field", np.flatnonzero(pool.field)), ("all photos", np.arange(len(pool.field)))):
        kept, found = [], []
        for draw in range(DRAWS * 2):
            late = round(len(chosen) * GROWTH / (1 + GROWTH))
            order = np.random.default_rng(draw).permutation(chosen)
            before, after = np.sort(order[late:]), np.concatenate([np.sort(order[late:]), np.sort(order[:late])])
            ids = pool.group(before)
            later = pool.group(after, previous=np.concatenate([ids, np.full(late, -1)]), earlier=len(before))
            kept.append(_kept(before, ids, after, later))
            found.append(
                [adjusted_rand_score(pool.design[after], each) for each in (later, pool.group(after, earlier=len(before)))]
            )
        aris = ", ".join(f"{ari:.3f}" for ari in np.mean(found, axis=0))
        print(f"{name:40}median {np.median(kept):.3f}, worst {min(kept):.3f}; mean ARI so and without the groups before: {aris}")


def _arrivals(pool: Pool) -> None:
    """The field photos arrive in steps of a tenth; each grouping is told the one before, or is not."""
    field = np.flatnonzero(pool.field)
    print(
        f"\nfield photos arriving from {FIRST} on, {GROWTH:.0%} more at a time, {ARRIVALS} orders: mean ARI at the end, ids kept"
    )
    for name, told in (("each told the groups before", True), ("each by itself", False)):
        ends, kept = [], []
        for draw in range(ARRIVALS):
            order = np.random.default_rng(100 + draw).permutation(field)
            ids, count = pool.group(order[:FIRST]), FIRST
            while count < len(order):
                before, count = count, min(math.ceil(count * (1 + GROWTH)), len(order))
                previous = np.concatenate([ids, np.full(count - before, -1)]) if told else None
                later = pool.group(order[:count], previous=previous)
                kept.append(_kept(order[:before], ids, order[:count], later))
                ids = later
            ends.append(adjusted_rand_score(pool.design[order], ids))
        print(f"{name:40}{np.mean(ends):.3f}   median {np.median(kept):.3f}, mean {np.mean(kept):.3f}, worst {min(kept):.3f}")


def _kept(before: Indices, ids: Ids, after: Indices, later: Ids) -> float:
    previous = dict(zip(before.tolist(), ids.tolist(), strict=True))
    found = dict(zip(after.tolist(), later.tolist(), strict=True))
    new_id = keep_ids(previous, found)
    stayed = [new_id.get(found[photo]) == group_id for photo, group_id in previous.items() if group_id >= 0]
    return float(np.mean(stayed))


def _strips(pool: Pool, shots: list[Shot], details: Model | None) -> None:
    """The same photos with time, position and account number printed over an edge: 100 of them, whatever their source."""
    chosen = np.sort(np.random.default_rng(1).permutation(len(shots))[:100])
    print("\n100 photos of all sources      ARI  noise  pairs of different designs with 12 shared details or more")
    picked = [shots[index] for index in chosen]
    for name, top in (("as they are", None), ("strip over the lower edge", False), ("strip over the upper edge", True)):
        plates = describe(picked, details, _stamp(top))
        part = Pool(
            design=pool.design[chosen], field=pool.field[chosen], embeddings=pool.embeddings[chosen], plates=plates,
            shared=compare_all(pool.embeddings[chosen], plates),
        )  # fmt: skip
        ari, noise, _ = _judged(part, np.arange(len(chosen)), part.group(np.arange(len(chosen))))
        strange = part.design[:, None] != part.design[None, :]
        print(f"{name:28}{ari:6.3f}{noise:7.1%}  {int(np.triu(strange & (part.shared >= 12)).sum())}")


def _stamp(top: bool | None) -> Change:
    numbers = iter(range(10**6))
    return lambda pixels: pixels if top is None else with_strip(pixels, next(numbers), top=top)


def _count(ids: Ids) -> int:
    return len(set(ids.tolist()) - {-1})


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


if __name__ == "__main__":
    sys.exit(main())
