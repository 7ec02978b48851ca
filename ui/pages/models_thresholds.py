"""Which thresholds judge the quality tags, and what their version says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.errors import ModelError
from engine.quality import DEFECT_TAGS, Thresholds, active, by_gravity
from engine.quality.thresholds import Figures
from engine.quality.versions import before, versions


@dataclass(frozen=True, kw_only=True, slots=True)
class ThresholdsView:
    """The version that judges, or what is wrong with it; `others` could judge instead, shipped ones first.

    `before`: what a rollback returns to.
    """

    current: Thresholds | None
    problem: str
    others: tuple[str, ...]
    before: str | None

    @property
    def figures(self) -> tuple[tuple[str, Figures], ...]:
        """How good each tag is, in the order in which tags are told."""
        held = {tag.value: each for tag, each in self.current.figures.items()} if self.current else {}
        return tuple((tag, held[tag]) for tag in by_gravity(held))

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """Defects that it tags, and of which it holds no figures."""
        if self.current is None:
            return ()
        told = {rule.tag for rule in self.current.rules} & set(DEFECT_TAGS)
        return by_gravity(tag.value for tag in told - set(self.current.figures))


def view_thresholds(models_dir: Path) -> ThresholdsView:
    """Read it; a damaged version is told, not raised."""
    try:
        current, problem = active(models_dir), ""
    except ModelError as error:
        current, problem = None, str(error)
    names = versions(models_dir)
    return ThresholdsView(
        current=current,
        problem=problem,
        others=tuple(name for name in names if current is None or name != current.version),
        before=before(models_dir, current) if current else None,
    )
