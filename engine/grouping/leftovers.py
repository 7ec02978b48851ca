"""What layouts do badly is mended by shared details alone: two photos of a rare design, and photos that no layout placed.

A layout gives every photo neighbours: two that have only each other are put with a group they share little with, or nowhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.grouping.options import Options
from engine.grouping.similarity import Pairs

Groups = NDArray[np.int64]  # (N,), -1 = noise, else any number
Counts = NDArray[np.int64]  # (M,) shared details


def settled(groups: Groups, pairs: Pairs, options: Options) -> Groups:
    """The groups that are large enough; among many photos with plates, pairs and photos in no group find their places."""
    if pairs.shared is None or pairs.photos < options.few_below:
        return _without_small(groups, options.min_group)
    groups = _without_small(_split_pairs(groups, pairs, pairs.shared, options), options.min_group)
    groups = _group_noise(groups, pairs, pairs.shared, options)
    return _join_clear(groups, pairs, pairs.shared, options)


def _without_small(groups: Groups, smallest: int) -> Groups:
    names, where, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.where((sizes[where] < smallest) | (names[where] < 0), -1, groups)


def _split_pairs(groups: Groups, pairs: Pairs, shared: Counts, options: Options) -> Groups:
    """Part two photos from their group that share many times as many details with each other as with any other photo of it.

    Two photos of one meter share some 200, and mostly a fifth of that or more with others of its design.
    """
    together = (groups[pairs.first] == groups[pairs.second]) & (groups[pairs.first] >= 0)
    chain = pairs.chains(together & (shared >= options.core_from))
    one, other = chain[pairs.first[together]], chain[pairs.second[together]]
    inside, outside = np.zeros((2, pairs.photos), np.int64)
    np.maximum.at(inside, one[one == other], shared[together][one == other])
    for each in (one, other):
        np.maximum.at(outside, each[one != other], shared[together][one != other])
    apart = (np.bincount(chain, minlength=pairs.photos) == 2) & (inside >= options.pair_apart * outside)
    return np.where(apart[chain] & (groups >= 0), groups.max(initial=-1) + 1 + chain, groups)


def _group_noise(groups: Groups, pairs: Pairs, shared: Counts, options: Options) -> Groups:
    """Make a group of photos in no group that chains of strong pairs bind, also of two."""
    noise = groups < 0
    chain = pairs.chains(noise[pairs.first] & noise[pairs.second] & (shared >= options.core_from))
    bound = noise & (np.bincount(chain)[chain] >= 2)
    return np.where(bound, groups.max(initial=-1) + 1 + chain, groups)


def _join_clear(groups: Groups, pairs: Pairs, shared: Counts, options: Options) -> Groups:
    """Give a photo in no group to the one with a photo of which it shares clearly more details than with any of another group."""
    lone = np.flatnonzero(groups < 0)
    names, where = np.unique(groups, return_inverse=True)
    best = np.zeros((len(lone), len(names)), np.int64)
    for here, there in ((pairs.first, pairs.second), (pairs.second, pairs.first)):
        link = (groups[here] < 0) & (groups[there] >= 0)
        np.maximum.at(best, (np.searchsorted(lone, here[link]), where[there[link]]), shared[link])
    nearest, most = best.argmax(axis=1), best.max(axis=1, initial=0)
    best[np.arange(len(lone)), nearest] = 0
    clear = (most >= options.clear_from) & (most >= options.clear_lead * best.max(axis=1))
    joined = groups.copy()
    joined[lone[clear]] = names[nearest[clear]]
    return joined
