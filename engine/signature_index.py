"""Which of a million photos shows nearly this picture: an exact look at every signature, 40 bytes a photo in memory.

Slices of signatures in database indexes were the other way: with 48 of 264 bits allowed to differ, slices short enough to
agree are shared by thousands of strangers, so the exact look is as fast and misses none (benchmarks/near_links.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.signature import BITS, NEAR, Signature

WORDS = -(-BITS // 64)  # 64-bit words a signature takes
_BLOCK = 1 << 15  # photos compared at a time: their distances stay in the processor's cache


class SignatureIndex:
    """Signatures by photo id. Not for several threads at once."""

    def __init__(self) -> None:
        self._size = 0
        self._ids = np.zeros(1024, dtype=np.int64)
        self._table = np.zeros((WORDS, 1024), dtype=np.uint64)  # one row per word: each is read in one go

    def __len__(self) -> int:
        return self._size

    def add(self, photo_id: int, bits: Signature) -> None:
        """Take in one photo."""
        if self._size == len(self._ids):
            self._ids = np.concatenate([self._ids, np.zeros_like(self._ids)])
            self._table = np.concatenate([self._table, np.zeros_like(self._table)], axis=1)
        self._ids[self._size] = photo_id
        self._table[:, self._size] = _words(bits)
        self._size += 1

    def nearest(self, bits: Signature, limit: int = NEAR) -> tuple[int, int] | None:
        """The id of the photo that differs in the fewest bits, and how many; None where all differ in more than `limit`.

        Of several equally near ones the first that was added.
        """
        query = _words(bits)
        best: tuple[int, int] | None = None
        for start in range(0, self._size, _BLOCK):
            block = self._table[:, start : min(start + _BLOCK, self._size)]
            counts = np.zeros(block.shape[1], dtype=np.uint16)  # a byte would wrap: an inverted picture differs in 264 bits
            for word, wanted in zip(block, query, strict=True):
                counts += np.bitwise_count(word ^ wanted)
            place = int(counts.argmin())
            if counts[place] <= limit and (best is None or counts[place] < best[1]):
                best = int(self._ids[start + place]), int(counts[place])
        return best


def _words(bits: Signature) -> NDArray[np.uint64]:
    """(WORDS,) the signature, filled up with zeros."""
    return np.frombuffer(bits.ljust(WORDS * 8, b"\0"), dtype=np.uint64)
