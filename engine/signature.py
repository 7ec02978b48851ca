"""What a photo looks like in 33 bytes: copies that were shrunk, recompressed or brightened are close, other photos are far.

A gradient hash: is each cell of a 12 x 12 grid brighter than its left and its upper neighbour? Measured by
`benchmarks/near_duplicates.py` beside the DCT hash of the same length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.picture import Pixels

Signature = bytes  # BITS bits, eight to a byte

GRID = 12  # cells a side; with 9 photos of different meters of one design come too close
BITS = 2 * GRID * (GRID - 1)  # 264
NEAR = 48  # bits: copies differ in fewer, field photos of two meters in more (62 at least, of 18,000 pairs)
FLAT = 2.0  # grey levels, standard deviation over the grid: below, noise decides which cell is brighter
_BEFORE = 96  # pixels a side before the grid: a whole number of them goes into each cell
_BLOCK = 2048  # signatures compared at a time: 16 MB of distances


def signature(pixels: Pixels) -> Signature | None:
    """The signature of a photo (H, W, 3); None where it is too even (black, white, fog) to be told from another."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_BEFORE, _BEFORE), interpolation=cv2.INTER_AREA)
    cells = np.asarray(cv2.resize(small.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA))
    if cells.std() < FLAT:
        return None
    steps = np.concatenate([(cells[:, 1:] > cells[:, :-1]).ravel(), (cells[1:] > cells[:-1]).ravel()])
    return np.packbits(steps).tobytes()


def distance(one: Signature, other: Signature) -> int:
    """Bits that differ, 0..BITS: 0 for the same look, about half of BITS for photos that have nothing to do with each other."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def distances(one: Signature, others: Sequence[Signature]) -> NDArray[np.intp]:
    """(N,) distances of one signature to N others; 100,000 take some 20 ms."""
    if not others:
        return np.empty(0, dtype=np.intp)
    table = np.frombuffer(b"".join(others), dtype=np.uint8).reshape(len(others), -1)
    differing = np.bitwise_count(table ^ np.frombuffer(one, dtype=np.uint8))
    return np.asarray(differing.sum(axis=1), dtype=np.intp)


def near_pairs(signatures: Sequence[Signature | None], limit: int = NEAR) -> Iterator[tuple[int, int]]:
    """Positions (first, second), first < second, of all pairs at most `limit` bits apart; None is near to nothing."""
    places = np.array([place for place, value in enumerate(signatures) if value is not None], dtype=np.intp)
    if places.size < 2:
        return
    packed = b"".join(value for value in signatures if value is not None)
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8).reshape(places.size, -1), axis=1)
    signs = 2 * bits.astype(np.float32) - 1  # the dot product of two rows is then BITS - 2 x distance
    for top in range(0, places.size, _BLOCK):
        for left in range(top, places.size, _BLOCK):
            close = signs[top : top + _BLOCK] @ signs[left : left + _BLOCK].T >= BITS - 2 * limit
            for row, column in zip(*np.nonzero(close), strict=True):
                if top + row < left + column:
                    yield int(places[top + row]), int(places[left + column])
