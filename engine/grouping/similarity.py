"""Which photos are compared, and how alike they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.grouping.options import Options
from engine.grouping.plates import Plate
from engine.grouping.recount import ANY_WAY_UP, LEARNED, LEARNED_GATES, Closeness, count_alike, spread_alike
from engine.grouping.verification import Gates, Prepared, prepare_plate

KnownPairs = Mapping[tuple[int, int], int]  # (i, j) with i < j -> shared details

_PREPARED = 320  # plates held ready for comparing: 900 features x 128 float32 are 0.46 MB each
_CHUNK = 1024  # photos whose cosines to all others are held at once: 1024 x 100,000 float32 are 400 MB


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pairs:
    """M compared pairs of N photos, each pair once with `first` < `second`."""

    photos: int  # N
    first: NDArray[np.intp]  # (M,)
    second: NDArray[np.intp]  # (M,)
    similarity: NDArray[np.float64]  # (M,), higher is more alike; only comparable within one grouping
    shared: NDArray[np.int64] | None  # (M,) shared details, None where only embeddings were compared

    def both_ways(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """From, to and similarity (2M,), each pair in both directions."""
        similarity = np.concatenate([self.similarity, self.similarity])
        return np.concatenate([self.first, self.second]), np.concatenate([self.second, self.first]), similarity

    def most_shared(self) -> NDArray[np.int64]:
        """(N,) the most details each photo shares with any other; zero where no plates were compared."""
        most = np.zeros(self.photos, np.int64)
        if self.shared is not None:
            np.maximum.at(most, self.first, self.shared)
            np.maximum.at(most, self.second, self.shared)
        return most

    def chains(self, linked: NDArray[np.bool_]) -> NDArray[np.int64]:
        """(N,) a number per photo, the same for those that chains of the `linked` (M,) pairs bind."""
        from scipy.sparse import coo_array  # takes long to load, also where nothing is grouped
        from scipy.sparse.csgraph import connected_components

        edges = (np.ones(int(linked.sum())), (self.first[linked], self.second[linked]))
        _, components = connected_components(coo_array(edges, shape=(self.photos, self.photos)), directed=False)
        return np.asarray(components, dtype=np.int64)

    def neighbours(self, count: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Indices and distances (N, count) of the most similar compared photos, itself first at distance 0.

        Needs `count` - 1 compared photos for each photo, which `compare` sees to while N >= count.
        """
        here, there, similarity = self.both_ways()
        order = np.lexsort((there, -similarity, here))
        starts = np.searchsorted(here[order], np.arange(self.photos))
        taken = order[starts[:, None] + np.arange(count - 1)]
        themselves = np.arange(self.photos)[:, None]
        distances = similarity.max() - similarity[taken]
        return np.hstack([themselves, there[taken]]), np.hstack([np.zeros((self.photos, 1)), distances])


def compare(
    embeddings: NDArray[np.float32], plates: Sequence[Plate] | None, known: KnownPairs, options: Options
) -> tuple[Pairs, dict[tuple[int, int], int]]:
    """Compare the pairs worth it, beside those of `known`; also return the shared details that `known` did not hold.

    All that was compared before counts on: were it forgotten as soon as photos have nearer ones, groups would change for that.
    """
    first, second = _and_known(*candidate_pairs(embeddings, options), known if plates is not None else {}, len(embeddings))
    cosines = np.einsum("md,md->m", embeddings[first], embeddings[second], dtype=np.float64)
    if plates is None:
        return Pairs(photos=len(embeddings), first=first, second=second, similarity=cosines, shared=None), {}
    new = _verify(plates, [pair for pair in zip(first.tolist(), second.tolist(), strict=True) if pair not in known], options)
    counts = [new[pair] if pair in new else known[pair] for pair in zip(first.tolist(), second.tolist(), strict=True)]
    shared = np.array(counts, dtype=np.int64)
    if len(embeddings) < options.consensus_from:
        shared = _spread_out(plates, first, second, shared, options)
    # Four shared details can be chance (measured: one in ten such pairs shows the same design), so they count nothing.
    similarity = np.log1p(np.maximum(shared - 4, 0)) + options.network_weight * _standardised(cosines, embeddings)
    return Pairs(photos=len(embeddings), first=first, second=second, similarity=similarity, shared=shared), new


def candidate_pairs(embeddings: NDArray[np.float32], options: Options) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All pairs of few photos; of many, those where one is among the other's nearest by cosine."""
    count = len(embeddings)
    if count <= max(options.all_pairs_up_to, options.candidates + 1):
        first, second = np.triu_indices(count, 1)
        return first.astype(np.intp), second.astype(np.intp)
    codes = []
    for start in range(0, count, _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, count))
        cosines = embeddings[rows] @ embeddings.T
        cosines[np.arange(len(rows)), rows] = -np.inf
        nearest = np.argpartition(-cosines, options.candidates, axis=1)[:, : options.candidates]
        one, other = np.repeat(rows, options.candidates), nearest.ravel()
        codes.append(np.minimum(one, other) * count + np.maximum(one, other))
    pairs = np.unique(np.concatenate(codes))
    return (pairs // count).astype(np.intp), (pairs % count).astype(np.intp)


def _and_known(
    first: NDArray[np.intp], second: NDArray[np.intp], known: KnownPairs, count: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    if not known or len(first) == count * (count - 1) // 2:
        return first, second
    earlier = np.array(list(known), np.intp)
    codes = np.union1d(first * count + second, earlier[:, 0] * count + earlier[:, 1])
    return codes // count, codes % count


def _verify(plates: Sequence[Plate], pairs: Sequence[tuple[int, int]], options: Options) -> dict[tuple[int, int], int]:
    """Shared details of each pair. Plates may come from a disk: only `_PREPARED` are held ready at once."""
    prepare = lru_cache(maxsize=_PREPARED)(lambda index: _Ready.of(plates[index]))
    # New photos come last: pairs of one new photo in a row need its plate once, and its neighbours' are often its twins' too.
    ordered = sorted(pairs, key=lambda pair: (pair[1], pair[0]))
    with ThreadPoolExecutor(options.threads) as pool:  # matrix products and RANSAC let other threads run
        counts = pool.map(lambda pair: _count(prepare(pair[0]), prepare(pair[1])), ordered)
        return dict(zip(ordered, counts, strict=True))


def _spread_out(
    plates: Sequence[Plate], first: NDArray[np.intp], second: NDArray[np.intp], shared: NDArray[np.int64], options: Options
) -> NDArray[np.int64]:
    """Shared details; none of a photo that has no more than one block of print in common with any other.

    Meters of two makers can have such a block in common. Among few photos it is the most that a photo of a design of its own
    shares with any, and no layout outvotes it.
    """
    prepare = lru_cache(maxsize=_PREPARED)(lambda index: _Ready.of(plates[index]))
    alike = shared >= options.certain
    spread = np.ones(len(shared))
    for pair in np.flatnonzero(alike & (shared < options.few_block_below)).tolist():
        spread[pair] = _spread(prepare(int(first[pair])), prepare(int(second[pair])))
    widest = np.zeros(len(plates))
    for photos in (first, second):
        np.maximum.at(widest, photos[alike], spread[alike])
    in_a_block = np.minimum(widest[first], widest[second]) < options.few_spread_from
    return np.where(alike & in_a_block, 0, shared)


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """A plate made ready by what describes its details best."""

    plate: Plate
    prepared: Prepared

    @classmethod
    def of(cls, plate: Plate) -> _Ready:
        learned = plate.unit_learned()
        return cls(plate, prepare_plate(plate) if learned is None else Prepared(plate.keypoints, learned, plate.size))


def _count(a: _Ready, b: _Ready) -> int:
    """Shared details of two photos."""
    return count_alike(*_comparable(a, b))


def _spread(a: _Ready, b: _Ready) -> float:
    """How much of a plate they lie in."""
    return spread_alike(*_comparable(a, b))


def _comparable(a: _Ready, b: _Ready) -> tuple[Prepared, Prepared, Gates, Closeness]:
    """By learned descriptions where one network made both, else by SIFT, which every plate has; and how to compare them."""
    if a.plate.learned_by != b.plate.learned_by:
        return prepare_plate(a.plate), prepare_plate(b.plate), ANY_WAY_UP, Closeness()
    if a.plate.learned is None:
        return a.prepared, b.prepared, ANY_WAY_UP, Closeness()
    return a.prepared, b.prepared, LEARNED_GATES, LEARNED


def _standardised(cosines: NDArray[np.float64], embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cosines in standard deviations from the mean over all N (N - 1) / 2 pairs, compared or not.

    Both moments follow from sums over photos, so no N x N matrix is made: the cosines' sum is that of the summed
    embedding with itself, the sum of their squares that of the entries of E^T E.
    """
    vectors = embeddings.astype(np.float64)
    count = len(vectors)
    ordered_pairs = count * (count - 1)
    own = np.einsum("nd,nd->n", vectors, vectors)
    mean = (np.square(vectors.sum(axis=0)).sum() - own.sum()) / ordered_pairs
    square = (np.square(vectors.T @ vectors).sum() - np.square(own).sum()) / ordered_pairs
    spread = np.sqrt(max(square - mean**2, 0.0))
    return (cosines - mean) / spread if spread > 1e-6 else np.zeros_like(cosines)
