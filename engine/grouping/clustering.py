"""From compared pairs to groups: layouts, HDBSCAN, and the consensus of several of both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.grouping.continuity import continued
from engine.grouping.layout import lay_out
from engine.grouping.leftovers import settled
from engine.grouping.options import Options
from engine.grouping.similarity import Pairs

Groups = NDArray[np.int64]  # (N,), -1 = noise
Strengths = NDArray[np.float64]  # (N,), 0..1
Shares = NDArray[np.float32]  # (N, N), 0..1

# Photos apart in fewer than this share of the runs are as good as together: without the floor, the last few
# disagreements would tear groups apart. (HDBSCAN's own cluster_selection_epsilon does the same, but fails with numpy 2.4.)
_AGREEMENT_FLOOR = 0.3
_MIN_SAMPLES = 2  # HDBSCAN's: one close neighbour makes a place dense; groups of unknown meters start small


def cluster(
    pairs: Pairs, embeddings: NDArray[np.float32], options: Options, previous: Groups | None = None
) -> tuple[Groups, Strengths]:
    """Group ids 0.. by first member, -1 for noise, and how strongly each photo belongs (0 for noise).

    `previous` are the photos' groups before, by other numbers; they live on where layouts do not clearly say otherwise.
    """
    together: Shares | None = None  # of few photos there are no layouts, of very many there is one
    if pairs.photos < options.min_group:
        return np.full(pairs.photos, -1), np.zeros(pairs.photos)
    if pairs.photos < options.consensus_from:
        groups, strengths = _few(pairs, options)
    elif pairs.photos <= options.consensus_up_to:
        together = _together(pairs, embeddings, options)
        groups, strengths = _consensus(together, options)
    else:
        points = lay_out(
            pairs, embeddings, neighbours=_neighbours(pairs, options)[0], dimensions=options.dimensions, seed=options.seed
        )
        groups, strengths = _hdbscan(points, options.layout_groups[0])
    groups = _adopt(_join_torn(_numbered(groups), pairs, together, options), pairs, options)
    groups = _split_cores(groups, pairs, options)
    groups = _numbered(settled(_bound(groups, pairs, options), pairs, options))
    if together is not None and previous is not None and pairs.photos >= options.continued_from:
        groups = _numbered(settled(continued(groups, _numbered(previous), together), pairs, options))
    return groups, np.where(groups < 0, 0.0, strengths)


def _neighbours(pairs: Pairs, options: Options) -> tuple[int, ...]:
    return options.embedding_neighbours if pairs.shared is None else options.plate_neighbours


def _together(pairs: Pairs, embeddings: NDArray[np.float32], options: Options) -> Shares:
    """In which share of the runs two photos were in one group: no single layout's luck decides."""
    together = np.zeros((pairs.photos, pairs.photos), np.float32)
    runs = 0
    for neighbours in _neighbours(pairs, options):
        for seed in range(options.seeds):
            points = lay_out(pairs, embeddings, neighbours=neighbours, dimensions=options.dimensions, seed=options.seed + seed)
            for smallest in options.layout_groups:
                groups, _ = _hdbscan(points, smallest)
                together += (groups[:, None] == groups[None, :]) & (groups[:, None] >= 0)
                runs += 1
    return together / np.float32(runs)


def _consensus(together: Shares, options: Options) -> tuple[Groups, Strengths]:
    """HDBSCAN on the share of runs in which two photos were apart."""
    apart = np.maximum(1.0 - together, _AGREEMENT_FLOOR).astype(np.float64)
    np.fill_diagonal(apart, 0.0)
    return _hdbscan(apart, options.min_group, metric="precomputed")


def _hdbscan(points: NDArray[np.floating], smallest: int, metric: str = "euclidean") -> tuple[Groups, Strengths]:
    from sklearn.cluster import HDBSCAN  # takes a second, which whoever only describes plates need not wait

    found = HDBSCAN(min_cluster_size=smallest, min_samples=_MIN_SAMPLES, metric=metric, copy=True).fit(points)
    return found.labels_.astype(np.int64), np.nan_to_num(found.probabilities_.astype(np.float64))


def _few(pairs: Pairs, options: Options) -> tuple[Groups, Strengths]:
    """Too few photos for layouts: embeddings alone go to HDBSCAN as they are, plates to average linkage.

    HDBSCAN cannot say "all one group", which few photos often are. Shared details count relative to the most that either
    photo shares with any: clean pictures of different designs can share more than poor ones of the same.
    """
    square = np.zeros((pairs.photos, pairs.photos))
    if pairs.shared is None:
        square[pairs.first, pairs.second] = square[pairs.second, pairs.first] = np.maximum(1.0 - pairs.similarity, 0.0)
        return _hdbscan(square, options.min_group, metric="precomputed")
    square[pairs.first, pairs.second] = square[pairs.second, pairs.first] = pairs.shared
    most = pairs.most_shared()
    usual = np.maximum(np.sqrt(np.outer(most, most)), options.certain)
    apart = 1.0 - np.sqrt(np.minimum(square / usual, 1.0))
    from scipy.cluster.hierarchy import fcluster, linkage  # as HDBSCAN above

    tree = linkage(apart[np.triu_indices(pairs.photos, 1)], method="average")
    return fcluster(tree, options.few_apart, criterion="distance").astype(np.int64), np.ones(pairs.photos)


def _join_torn(groups: Groups, pairs: Pairs, together: Shares | None, options: Options) -> Groups:
    """Join groups that certainly show one design: layouts tear a large even group apart.

    Near twins (the same housing, another header) share many details too, but rarely as many as two photos of one design:
    measured, sure pairs are at most 0.12 as frequent across twins as within them, and 0.18 to 0.54 across torn halves of one
    design. Fewer, where layouts put the halves together in four of ten runs as well: of twelve such pairs of groups of the
    labelled photos eleven were one design.
    """
    while True:
        across = _sure_across(groups, pairs, options)
        if not across.size:
            return groups
        joined = across >= options.join_from
        if together is not None:
            joined |= (across >= options.join_often_together_from) & (_mean_across(groups, together) >= options.often_together)
        if not joined.any():
            return groups
        one, other = np.unravel_index(int(np.where(joined, across, 0.0).argmax()), across.shape)
        groups = _numbered(np.where(groups == one, other, groups))


def _mean_across(groups: Groups, together: Shares) -> NDArray[np.float32]:
    """(G, G) the mean share of runs that put photos of two groups together."""
    member = (groups[:, None] == np.arange(groups.max(initial=-1) + 1)[None, :]).astype(np.float32)
    sizes = member.sum(axis=0)
    return np.asarray(member.T @ together @ member / np.outer(sizes, sizes), dtype=np.float32)


def _sure_across(groups: Groups, pairs: Pairs, options: Options) -> NDArray[np.float64]:
    """(G, G) how frequent sure matches are between two groups, relative to within the one that has more; 0 for itself."""
    count = int(groups.max(initial=-1)) + 1
    if pairs.shared is None or count < 2:
        return np.zeros((0, 0))
    one, other = groups[pairs.first], groups[pairs.second]
    sure = _sure(pairs, options)
    grouped = (one >= 0) & (other >= 0)
    cells = (np.minimum(one, other) * count + np.maximum(one, other))[grouped]
    compared = np.bincount(cells, minlength=count * count).reshape(count, count)
    matched = np.bincount(cells, weights=pairs.shared[grouped] >= sure, minlength=count * count).reshape(count, count)
    rate = matched / np.maximum(compared, 1)
    own = np.maximum(np.diag(rate)[:, None], np.diag(rate)[None, :])
    return np.triu(rate / np.where(own > 0, own, np.inf), 1)


def _split_cores(groups: Groups, pairs: Pairs, options: Options) -> Groups:
    """Split groups that hold several cores: photos that chains of strong pairs bind, with no strong pair from core to core.

    Layouts put near twins of few photos together, though they share far fewer details than two photos of one design. Photos in
    no core go to that of the photo with which they share most. Of the labelled photos' designs one of nineteen has two cores.
    """
    if pairs.shared is None:
        return groups
    together = (groups[pairs.first] == groups[pairs.second]) & (groups[pairs.first] >= 0)
    core = pairs.chains(together & (pairs.shared >= options.core_from))
    core = np.where(np.bincount(core)[core] >= options.min_group, core, -1)
    here, there, _ = pairs.both_ways()
    shared = np.concatenate([pairs.shared, pairs.shared])
    split = groups.copy()
    for name in np.unique(groups[core >= 0]).tolist():
        cores = np.unique(core[(groups == name) & (core >= 0)])
        if len(cores) < 2:
            continue
        most = np.zeros((pairs.photos, len(cores)), np.int64)
        for place, each in enumerate(cores.tolist()):
            np.maximum.at(most[:, place], here[core[there] == each], shared[core[there] == each])
        nearest = np.where(core >= 0, np.searchsorted(cores, core), most.argmax(axis=1))
        apart = (groups == name) & (nearest > 0)
        split[apart] = split.max() + nearest[apart]
    return split


def _adopt(groups: Groups, pairs: Pairs, options: Options) -> Groups:
    """Give photos that layouts left out to the group they match surely, most often first; HDBSCAN drops edges of even groups."""
    if pairs.shared is None or not (groups >= 0).any():
        return groups
    sure = pairs.shared >= _sure(pairs, options)
    here, there = np.concatenate([pairs.first, pairs.second]), np.concatenate([pairs.second, pairs.first])
    link = np.concatenate([sure, sure]) & (groups[here] < 0) & (groups[there] >= 0)
    votes = np.zeros((pairs.photos, int(groups.max()) + 1), np.int64)
    np.add.at(votes, (here[link], groups[there[link]]), 1)
    return np.where(votes.max(axis=1) > 0, votes.argmax(axis=1), groups)


def _sure(pairs: Pairs, options: Options) -> float:
    """Shared details that mean one design here. In clean pictures designs share much, so it rises with what is usual."""
    return max(float(options.sure), options.usual_share * float(np.median(pairs.most_shared())))


def _bound(groups: Groups, pairs: Pairs, options: Options) -> Groups:
    """Keep only photos that chains of matching pairs bind together: HDBSCAN also groups what merely has no other place.

    Among few photos the nearest one is often of another design, so there more details are asked for; and where layouts
    chose the groups, a pair must also match half as well as one of its two photos matches at best.
    """
    if pairs.shared is None:
        return groups
    few = pairs.photos < options.few_below
    enough = np.full(len(pairs.shared), float(options.certain if few else options.trusted))
    if few and pairs.photos >= options.consensus_from:
        most = pairs.most_shared()
        enough = np.maximum(enough, options.usual_share * np.minimum(most[pairs.first], most[pairs.second]))
    kept = (pairs.shared >= enough) & (groups[pairs.first] == groups[pairs.second]) & (groups[pairs.first] >= 0)
    return np.where(groups < 0, -1, pairs.chains(kept))


def _numbered(groups: Groups) -> Groups:
    """Ids 0.. in the order of each group's first photo."""
    names, first = np.unique(groups, return_index=True)
    ordered = [name for _, name in sorted(zip(first.tolist(), names.tolist(), strict=True)) if name >= 0]
    number = {name: index for index, name in enumerate(ordered)}
    return np.array([number.get(name, -1) for name in groups.tolist()], dtype=np.int64)
