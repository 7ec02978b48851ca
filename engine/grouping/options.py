"""The numbers of a grouping that may be chosen. The defaults are measured; see benchmarks/grouping.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """How photos are compared and when some of them are a group.

    "Shared details" are what `engine.grouping.recount.count_alike` counts for two photos.
    """

    # Which pairs are compared.
    all_pairs_up_to: int = 300  # photos; above it only candidates are compared (a pair costs 3 to 5 ms on one core)
    candidates: int = 30  # nearest photos by embedding that each photo is compared with
    threads: int = 2  # that compare plates
    network_weight: float = 0.1  # of the embedding's z-scored cosine beside the logarithm of the shared details

    # What makes a group.
    min_group: int = 3  # photos of the smallest group that layouts make; two that share much more can be one, too
    trusted: int = 8  # shared details that bind a photo to its group
    certain: int = 12  # the same among few photos, where the nearest photo is more often of another design
    few_below: int = 50  # photos: what "few" means there
    usual_share: float = 0.5  # of the most details a photo shares with any other: what a pair must reach to count as alike
    sure: int = 60  # shared details that, in field photos, 98 of 100 times mean one design
    join_from: float = 0.15  # sure pairs across two groups, relative to within, that make them one
    join_often_together_from: float = 0.02  # the same, where layouts put their photos together
    often_together: float = 0.38  # in so large a share of the runs
    core_from: int = 40  # shared details that bind a core; a group of several cores is several designs
    pair_apart: float = 8.0  # times the details that two photos share with their group: so many of their own part them from it
    clear_from: int = 20  # shared details from which a photo in no group joins one
    clear_lead: float = 1.5  # times as many as with any other group
    few_block_below: int = 28  # shared details that may be one block of print, which two makers' meters can have in common,
    few_spread_from: float = 0.17  # where they lie in fewer of the plate's squares (a share); only below `consensus_from`
    few_apart: float = 0.6  # average distance (0..1) at which average linkage stops; only below `consensus_from`

    # How layouts are made.
    consensus_from: int = 20  # photos; UMAP needs about twice as many as dimensions
    consensus_up_to: int = 3000  # photos; above it one layout must do, since a consensus compares every pair of photos
    continued_from: int = 100  # photos; of fewer, groups before are forgotten: mixed ones would last (benchmarks/loop.py)
    plate_neighbours: tuple[int, ...] = (5, 8)  # neighbours per layout, itself included, where plates were compared
    embedding_neighbours: tuple[int, ...] = (15,)  # the same, for embeddings alone: weaker evidence needs more of it
    seeds: int = 5  # layouts per number of neighbours
    seed: int = 0  # moves all layouts' random numbers: benchmarks ask whether groups hang on them
    dimensions: int = 10  # of a layout
    layout_groups: tuple[int, ...] = (5, 4)  # photos of the smallest group in a layout: with fewer, large groups are torn
