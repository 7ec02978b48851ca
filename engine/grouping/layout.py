"""UMAP layouts of a neighbour graph: points whose density tells the groups apart, and the map on the page."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from engine.grouping.similarity import Pairs

_RANK_SHARE = 0.5  # of a map's position; by eye, on 40 to 200 photos: groups stay apart and their photos come apart


def lay_out(
    pairs: Pairs, embeddings: NDArray[np.float32], *, neighbours: int, dimensions: int, seed: int, min_dist: float = 0.0
) -> NDArray[np.float32]:
    """(N, dimensions) points: photos that are each other's nearest lie together. Deterministic for a seed.

    `neighbours` counts the photo itself. The embeddings only place groups that share no neighbour.
    """
    nearest, distances = pairs.neighbours(neighbours)
    with warnings.catch_warnings():
        # UMAP warns that Tensorflow is missing, that it could not place new photos, and where a group stands alone.
        warnings.simplefilter("ignore")
        from umap import UMAP  # takes seconds (numba), so only where a layout is wanted

        umap = UMAP(
            n_neighbors=neighbours,
            n_components=dimensions,
            min_dist=min_dist,
            metric="euclidean",  # of the embeddings; "cosine" would also bend the distances given here
            precomputed_knn=(nearest.astype(np.int32), distances.astype(np.float32)),
            random_state=seed,
            n_jobs=1,  # what a seed requires
        )
        return np.asarray(umap.fit_transform(embeddings), dtype=np.float32)


def map_of(pairs: Pairs, embeddings: NDArray[np.float32], *, neighbours: int, seed: int) -> NDArray[np.float32]:
    """(N, 2) positions for a scatter plot, each axis scaled to 0..1."""
    points = lay_out(pairs, embeddings, neighbours=neighbours, dimensions=2, seed=seed, min_dist=0.3)
    return _spread(_scaled(points))


def plain_map(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 2) positions of too few photos for UMAP: their two main directions (PCA), each axis scaled to 0..1."""
    centred = embeddings.astype(np.float64) - embeddings.mean(axis=0, dtype=np.float64)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(embeddings), 2))
    kept = min(2, len(strengths))
    points[:, :kept] = left[:, :kept] * strengths[:kept]
    return _scaled(points.astype(np.float32))


def _spread(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mix each axis with its ranks: UMAP lays out groups that share no neighbour as dots, too small to point at or encircle."""
    ranks = points.argsort(axis=0, kind="stable").argsort(axis=0) / max(len(points) - 1, 1)
    return ((1 - _RANK_SHARE) * points + _RANK_SHARE * ranks).astype(np.float32)


def _scaled(points: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = points.min(axis=0), points.max(axis=0)
    extent = high - low
    centre = np.full_like(points, 0.5)  # an axis without extent
    return np.where(extent > 1e-9, (points - low) / np.maximum(extent, 1e-9), centre).astype(np.float32)
