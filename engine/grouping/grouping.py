"""Unknown meters sort themselves into groups of one design each: candidates for new types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.grouping.clustering import Groups, Strengths, cluster
from engine.grouping.layout import map_of, plain_map
from engine.grouping.options import Options
from engine.grouping.plates import Plate
from engine.grouping.similarity import KnownPairs, Pairs, compare

NOISE = -1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Grouping:
    """N photos in groups.

    Attributes:
        group_ids: (N,) int, 0.. in the order of each group's first photo, -1 = noise (fits no group).
        strengths: (N,) 0..1, HDBSCAN's membership; 0 for noise.
        typicality: (N,) mean similarity to the compared photos of its own group; 0 for noise. Orders a group's photos.
        map_xy: (N, 2) 0..1, a picture of who is near whom.
        verified: shared details of the newly compared pairs (i < j): keep them, and the next grouping is faster.
    """

    group_ids: Groups
    strengths: Strengths
    typicality: NDArray[np.float64]
    map_xy: NDArray[np.float32]
    verified: Mapping[tuple[int, int], int] = field(default_factory=dict)

    def members(self, group_id: int) -> tuple[int, ...]:
        """Indices of a group's photos, the most typical first: that one is the exemplar."""
        found = np.flatnonzero(self.group_ids == group_id)
        return tuple(found[np.lexsort((found, -self.strengths[found], -self.typicality[found]))].tolist())

    def groups(self) -> tuple[int, ...]:
        """The ids of all groups, without noise."""
        return tuple(np.unique(self.group_ids[self.group_ids != NOISE]).tolist())


def group(
    embeddings: NDArray[np.float32],
    plates: Sequence[Plate] | None,
    *,
    options: Options = Options(),
    known_pairs: KnownPairs | None = None,
    previous: Groups | None = None,
) -> Grouping:
    """Group N photos of unknown meters. Deterministic: the same photos in the same order give the same groups.

    Args:
        embeddings: (N, D) float32 of unit length, all from one model version.
        plates: the N photos' plate features, or None to group by embeddings alone (much less sure).
        options: what counts as a group.
        known_pairs: shared details from earlier groupings, by the indices of this one (i < j).
        previous: (N,) int, the photos' groups in the grouping before, -1 for photos in none. Among `continued_from` photos
            or more, groups live on where the photos do not clearly say otherwise; the ids they carry are `keep_ids`' business.

    Raises:
        DataError: embeddings that are no finite (N, D) numbers, or another number of plates.
    """
    vectors = _checked(embeddings, plates)
    count = len(vectors)
    if count < 2:
        return Grouping(
            group_ids=np.full(count, NOISE, np.int64),
            strengths=np.zeros(count),
            typicality=np.zeros(count),
            map_xy=np.full((count, 2), 0.5, np.float32),
        )
    pairs, verified = compare(vectors, plates, known_pairs or {}, options)
    group_ids, strengths = cluster(pairs, vectors, options, previous)
    return Grouping(
        group_ids=group_ids,
        strengths=strengths,
        typicality=_typicality(group_ids, pairs),
        map_xy=_map(pairs, vectors, options),
        verified=verified,
    )


def _checked(embeddings: NDArray[np.float32], plates: Sequence[Plate] | None) -> NDArray[np.float32]:
    vectors = np.asarray(embeddings, dtype=np.float32)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise DataError("Embeddings must be finite numbers, one row per photo. Judge the photos again.")
    if plates is not None and len(plates) != len(vectors):
        raise DataError(f"{len(vectors)} embeddings but {len(plates)} plates: one of each is needed per photo.")
    return vectors


def _map(pairs: Pairs, embeddings: NDArray[np.float32], options: Options) -> NDArray[np.float32]:
    if pairs.photos < options.consensus_from:
        return plain_map(embeddings)
    return map_of(pairs, embeddings, neighbours=min(15, pairs.photos), seed=0)


def _typicality(group_ids: Groups, pairs: Pairs) -> NDArray[np.float64]:
    here, there, similarity = pairs.both_ways()
    inside = (group_ids[here] == group_ids[there]) & (group_ids[here] != NOISE)
    total = np.bincount(here[inside], weights=similarity[inside], minlength=pairs.photos)
    count = np.bincount(here[inside], minlength=pairs.photos)
    return np.asarray(total / np.maximum(count, 1), dtype=np.float64)
