"""Words as people write them: the one that was perhaps meant, one photo and two photos."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches


def hint(word: str, known: Collection[str]) -> str:
    """A question for what was meant, where a known word is near, whatever the case; else nothing."""
    folded = {each.casefold(): each for each in known}
    near = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return f" Did you mean {folded[near[0]]!r}?" if near else ""


def counted(number: int, noun: str) -> str:
    """`1 photo`, `2 photos`, `1,204 photos`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
