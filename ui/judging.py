"""Judging inside this process, for people who ask here and now. Nothing is stored."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from engine import bundle
from engine.appraise import appraise
from engine.bundle import Card
from engine.errors import ModelError
from engine.live import TASKS, LiveModels
from engine.picture import Limits
from engine.quality import Thresholds, active
from engine.recognition import UNKNOWN_BELOW, Rule
from engine.verdict import Verdict


@dataclass(kw_only=True)
class PhotoJudge:
    """Judges with the models that are CURRENT: loaded when first needed, and anew after a promotion or a rollback."""

    models_dir: Path
    cache: Path
    threads: int
    limits: Limits
    rule: Rule = Rule.JOINT  # what decides the meter type
    _live: LiveModels = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._live = LiveModels(models_dir=self.models_dir, cache=self.cache, threads=self.threads, rule=self.rule)

    def judge(self, data: bytes) -> Verdict:
        """The verdict on one file's bytes. Raises `PictureError` for an unsound picture, `ModelError` for a damaged model."""
        return appraise(data, models=self._live.get(), limits=self.limits)

    def warm_up(self) -> None:
        """Load the models ahead of the first photo. What is wrong with one is said when it is asked for, and on the Overview."""
        with contextlib.suppress(ModelError):
            self._live.get()

    def unknown_below(self) -> float:
        """The confidence under which a meter is UNKNOWN, 0..1."""
        card = self.cards().get("meter_type")
        return card.thresholds.get("unknown_below", UNKNOWN_BELOW) if isinstance(card, Card) else UNKNOWN_BELOW

    def known_from(self) -> float | None:
        """The known score under which a meter is UNKNOWN too, 0..1; None where the model goes by confidence alone."""
        card = self.cards().get("meter_type")
        return card.thresholds.get("known_from") if isinstance(card, Card) else None

    def cards(self) -> dict[str, Card | ModelError | None]:
        """Per task: the card of the version that judges, None where there is none, or what is wrong with it."""
        return {task: self._card(task) for task in TASKS}

    def thresholds(self) -> Thresholds | ModelError:
        """Those that judge the quality tags, or what is wrong with them."""
        try:
            return active(self.models_dir)
        except ModelError as error:
            return error

    def known_types(self) -> tuple[str, ...]:
        """The labels of the meter-type model."""
        card = self.cards()["meter_type"]
        return card.labels if isinstance(card, Card) else ()

    def _card(self, task: str) -> Card | ModelError | None:
        try:
            folder = bundle.current(self.models_dir, task)
            return bundle.read_card(folder) if folder else None
        except ModelError as error:
            return error
