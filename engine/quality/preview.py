"""What other thresholds would change, before anybody adopts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from engine.quality.judgement import judge
from engine.quality.thresholds import TAGS, Thresholds


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """`gained` and `lost`: tag -> photos. `changed`: photos with any change. `unmeasured`: photos whose stored numbers are
    too old for these thresholds; they would stay as they are.
    """

    version: str
    photos: int
    changed: int
    unmeasured: int
    gained: Mapping[str, int]
    lost: Mapping[str, int]

    def lines(self) -> list[str]:
        """In words, the largest change first."""
        said = [(count, f"would lose {tag}") for tag, count in self.lost.items()]
        said += [(count, f"would gain {tag}") for tag, count in self.gained.items()]
        lines = [
            f"{count:,} of {self.photos:,} photos {what}" for count, what in sorted(said, key=lambda each: (-each[0], each[1]))
        ]
        if not lines:
            lines = [f"No tag of the {self.photos:,} photos would change."]
        if self.unmeasured:
            lacking = f"{self.unmeasured:,} of {self.photos:,} photos lack numbers"
            lines.append(f"{lacking} that {self.version} needs and would stay as they are.")
        return lines


@dataclass(frozen=True, kw_only=True, slots=True)
class Tagged:
    """A photo's tags as they are, its numbers, and the thresholds that would judge them."""

    tags: Collection[str]
    measures: Mapping[str, float]
    thresholds: Thresholds


def preview(photos: Iterable[Tagged], version: str) -> Preview:
    """Compare the tags that photos have with those that other thresholds make of their stored measures; no pixels are read.

    Tags that no threshold gives, such as `no_display`, stay and are not counted.
    """
    gained, lost = Counter[str](), Counter[str]()
    seen = changed = unmeasured = 0
    for photo in photos:
        seen += 1
        before = set(photo.tags).intersection(TAGS)
        try:
            after = set(judge(photo.measures, photo.thresholds).tags)
        except KeyError:
            unmeasured += 1
            continue
        changed += after != before
        gained.update(after - before)
        lost.update(before - after)
    order = {tag: place for place, tag in enumerate(TAGS)}

    def sorted_counts(counts: Counter[str]) -> dict[str, int]:
        return dict(sorted(counts.items(), key=lambda each: order.get(each[0], len(order))))

    return Preview(
        version=version,
        photos=seen,
        changed=changed,
        unmeasured=unmeasured,
        gained=sorted_counts(gained),
        lost=sorted_counts(lost),
    )
