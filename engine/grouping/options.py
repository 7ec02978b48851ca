"""The numbers of a grouping that may be chosen. The defaults are measured; see benchmarks/grouping.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """How photos are compared and when some of them are a group."""

    min_group: int = 4  # photos: fewer are not offered as a new type
    all_pairs_up_to: int = 300  # photos; above it only candidates are compared (a pair costs 3 to 5 ms on one core)
    candidates: int = 30  # nearest photos by embedding that each photo is compared with
    network_weight: float = 0.1  # of the embedding's z-scored cosine beside the logarithm of the shared details
    trusted: int = 8  # shared details that bind a photo to a group found by density
    certain: int = 12  # shared details that bind two photos where too few are there for a consensus
    consensus_from: int = 50  # photos; below it, groups are chains of certain pairs (layouts of few photos mix designs)
    consensus_up_to: int = 3000  # photos; above it one layout must do, since a consensus compares every pair of photos
    plate_neighbours: tuple[int, ...] = (5, 8)  # neighbours per layout, itself included, where plates were compared
    embedding_neighbours: tuple[int, ...] = (15,)  # the same, for embeddings alone: weaker evidence needs more of it
    seeds: int = 5  # layouts per number of neighbours
    dimensions: int = 10  # of a layout
    sure: int = 30  # shared details that only photos of one design have (measured: 92 of 100 such pairs at 24 to 39)
    join_from: float = 0.15  # sure pairs across two groups, relative to within, that make them one
