"""Holes in a JPEG: a stretch of zeros where coded picture should be, as a lost block of a disk or an unfilled upload leaves it.

A decoder does not mind: it reads zeros as codes and draws bands, stripes or grey, and everything after them is shifted. The
pixels do not surely tell that from a picture, the bytes do: in most code tables zeros mean ever brighter blocks, or detail in
every pixel, which no picture goes on with. `benchmarks/holes.py` prints how many are seen and how many wrongly suspected.
"""

from __future__ import annotations

from collections.abc import Iterator

HOLE = bytes(512)  # the smallest block of a disk; in the usual tables some thirty picture blocks that would all be absurd
_SCAN, _TABLES, _END = 0xDA, 0xC4, b"\xff\xd9"  # markers, ITU-T T.81 table B.1
_OTHER_CODINGS = frozenset(range(0xC2, 0xD0)) - {0xC4, 0xC8, 0xCC}  # progressive, lossless, arithmetic: zeros may mean much
_BRIGHTNESS, _DETAIL = 0x00, 0x10  # the code tables of the first component: DC and AC
_SAME, _END_OF_BLOCK = 0, 0  # "as bright as the block before", "no more detail in this block"


def missing_share(data: bytes) -> float:
    """The share of the coded picture from its first hole on, 0..1; 0 for a JPEG without one or that cannot tell, or no JPEG."""
    zeros_mean: dict[int, int] = {}
    for marker, start, end in _segments(data):
        if marker in _OTHER_CODINGS:
            return 0.0
        if marker == _TABLES:
            zeros_mean |= _first_codes(data[start:end])
        elif marker == _SCAN:
            if zeros_mean.get(_BRIGHTNESS, _SAME) == _SAME and zeros_mean.get(_DETAIL, _END_OF_BLOCK) == _END_OF_BLOCK:
                return 0.0  # an even picture is zeros, too
            at = data.find(HOLE, end)
            if at < 0:  # nearly always; the end is looked for at a hundred times the price
                return 0.0
            stop = data.find(_END, end)  # behind it phones append previews and films
            stop = stop if stop >= 0 else len(data)
            return (stop - at) / (stop - end) if at + len(HOLE) <= stop else 0.0
    return 0.0


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, first byte and end of each segment before the coded picture, and of the header of the first scan."""
    at = 2
    while data[:2] == b"\xff\xd8" and at + 4 <= len(data) and data[at] == 0xFF:
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4])
        yield marker, at + 4, end
        if marker == _SCAN or end < at + 4:
            return
        at = end


def _first_codes(tables: bytes) -> dict[int, int]:
    """What zeros mean in each of these code tables: the symbol of the first code, which is all zeros, by table number."""
    meaning, at = {}, 0
    while at + 17 < len(tables):
        meaning[tables[at]] = tables[at + 17]
        at += 17 + sum(tables[at + 1 : at + 17])
    return meaning
