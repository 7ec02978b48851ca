"""A regrouping leaves groups as they were unless its layouts clearly say otherwise: people look for group 7 where it was.

Near twins are merged by one set of photos and told apart by the next, since a few photos decide which way layouts fall. Where
groups before and groups found overlap, both arrangements of these photos are scored by how often the layouts put their pairs
together (correlation clustering, Bansal et al. 2004), and the new one has to be better by a margin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Groups = NDArray[np.int64]  # (N,), -1 = noise

# Measured by letting the field photos and all labelled photos arrive in steps of a tenth, from 40 on (benchmarks/grouping.py).
APART = 0.6  # share of the runs that puts two photos together and speaks neither for nor against one group; half merges twins
BETTER = 0.4  # of the higher score: by how much the new arrangement must be better
BELONGS = 0.25  # share of the runs, on average, that puts a photo with the members of the group it belongs to


def continued(found: Groups, previous: Groups, together: NDArray[np.float32]) -> Groups:
    """The groups found, with those of before in their place where they are not clearly worse.

    Args:
        found: (N,) groups of all photos.
        previous: (N,) groups before, by other numbers; -1 for photos that were in none or are new.
        together: (N, N) 0..1, the share of runs in which two photos were in one group.
    """
    kept = found.copy()
    fresh = int(found.max(initial=-1)) + 1
    overlaps = _overlaps(found, previous)
    for number in range(int(overlaps.max(initial=-1)) + 1):
        here = np.flatnonzero(overlaps == number)
        runs = together[np.ix_(here, here)]
        before = _extended(previous[here], found[here], runs)
        new, old = _score(found[here], runs), _score(before, runs)
        if new <= old + BETTER * max(abs(new), abs(old)):
            kept[here] = np.where(before < 0, -1, before + fresh)
            fresh += int(before.max(initial=-1)) + 1
    return kept


def _overlaps(found: Groups, previous: Groups) -> NDArray[np.int64]:
    """(N,) numbers of the sets of photos in which groups of before and groups found overlap; -1 in no or a new group."""
    both = (found >= 0) & (previous >= 0)
    olds, news = int(previous.max(initial=-1)) + 1, int(found.max(initial=-1)) + 1
    links = coo_array((np.ones(int(both.sum())), (previous[both], olds + found[both])), shape=(olds + news, olds + news))
    components = connected_components(links, directed=False)[1].astype(np.int64)
    lived = np.isin(components[olds:], components[:olds])  # a group of new photos alone is found as it is
    by_old = components[previous] if olds else np.full(len(found), -1)
    by_new = np.where(lived[found], components[olds + found], -1) if news else np.full(len(found), -1)
    numbers = np.where(previous >= 0, by_old, np.where(found >= 0, by_new, -1))
    return np.unique(np.append(numbers, -1), return_inverse=True)[1][:-1].astype(np.int64) - 1


def _extended(previous: Groups, found: Groups, runs: NDArray[np.float32]) -> Groups:
    """The groups before, joined by the photos that were in none, each where it is put most often; left by whom nothing holds."""
    names = np.unique(previous[previous >= 0])
    member = (previous[:, None] == names[None, :]).astype(np.float32)
    others = np.maximum(member.sum(axis=0)[None, :] - member, 1)  # a photo is no companion of its own
    share = (np.where(np.eye(len(runs), dtype=np.bool_), 0.0, runs) @ member) / others
    own = np.where(previous >= 0, np.searchsorted(names, previous), share.argmax(axis=1))
    held = share[np.arange(len(own)), own] >= BELONGS
    return np.where(held | ((previous >= 0) & (found >= 0)), own, -1).astype(np.int64)


def _score(groups: Groups, runs: NDArray[np.float32]) -> float:
    """How much more often than `APART` the pairs within groups were together, summed."""
    same = np.triu((groups[:, None] == groups[None, :]) & (groups[:, None] >= 0), 1)
    return float((runs[same] - APART).sum())
