"""An archive as the pages see it, with a judge that says what a test wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC

import pytest
from jinja2 import Environment
from sqlalchemy import Engine

from daemon.home import Home
from engine.bundle import Card
from engine.errors import EngineError, ModelError
from engine.picture import Limits
from engine.quality import Thresholds, shipped
from engine.verdict import Verdict
from tests.archive import NOW
from tests.photos import verdict
from ui.archive import Archive
from ui.templating import template_environment


@dataclass
class SaidJudge:
    """Says or raises what it was told to."""

    answer: Verdict | EngineError = field(default_factory=verdict)
    types: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def judge(self, data: bytes) -> Verdict:
        if isinstance(self.answer, EngineError):
            raise self.answer
        return self.answer

    def unknown_below(self) -> float:
        return 0.5

    def known_from(self) -> float | None:
        return 0.5

    def cards(self) -> dict[str, Card | ModelError | None]:
        return dict.fromkeys(("clarity", "meter_type", "good_bad"))

    def thresholds(self) -> Thresholds | ModelError:
        return shipped()

    def known_types(self) -> tuple[str, ...]:
        return self.types


@pytest.fixture
def archive_with(database: Engine, home: Home) -> Callable[..., Archive]:
    """Makes an archive whose judge answers as told."""

    def make(*args: object, **given: object) -> Archive:
        judge = SaidJudge(*args, **given)  # type: ignore[arg-type]
        return Archive(engine=database, home=home.root, judge=judge, clock=lambda: NOW, zone=UTC)  # type: ignore[arg-type]

    return make


@pytest.fixture
def templates() -> Environment:
    return template_environment(UTC)
