"""The Models page says all that the gate found of a version, and what people decided since."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment
from sqlalchemy import Engine, delete, update
from sqlalchemy.orm import Session

from daemon.home import Home
from db.jobs import JobKind, end, open_jobs
from db.model_tables import Rejudged, TrainingRun
from tests.archive import NOW
from tests.ui.models_archive import fill_models
from tests.ui.pages.test_groups import MakeArchive, beat
from ui.archive import Archive
from ui.pages.models import render_models, work
from ui.pages.models_curves import LearningCurves

REASONS = [
    "Fewer photos are right: 57% instead of 100% of 7 photos of 7 meters.",
    "More photos get a wrong type: 42.9% instead of 0.0% of 7 photos of 7 meters.",
    "Only 7 labelled meters kept aside for judging; 10 are needed. Label more, or decide yourself.",
]


@pytest.fixture
def archive(database: Engine, home: Home, archive_with: MakeArchive) -> Archive:
    """v2 judges, v3 was held back for three reasons."""
    fill_models(database, home.root, NOW)
    with Session(database) as session, session.begin():
        session.execute(update(TrainingRun).values(reasons=REASONS))
    judge: Any = SimpleNamespace(models_dir=home.root / "models")
    return replace(archive_with(), judge=judge)


def shown(archive: Archive, templates: Environment, part: str) -> str:
    """One card of the page as a person reads it."""
    page = render_models(archive, templates, LearningCurves())
    (card,) = re.findall(rf'<section class="card {part}".*?</section>', page, re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]*>", " ", card)))


def test_every_reason_stands_beside_the_button_that_lets_a_version_judge(archive: Archive, templates: Environment) -> None:
    assert f"Compared with v2: {' '.join(REASONS)} Let it judge" in shown(archive, templates, "versions")


def test_who_would_go_back_to_a_version_that_the_gate_held_back_is_told(archive: Archive, templates: Environment) -> None:
    assert "held" not in shown(archive, templates, "now")
    work("promote", "v3", archive)
    work("promote", "v2", archive)
    assert "Roll back to v3 The gate held v3 back; Versions says why." in shown(archive, templates, "now")


def test_a_version_that_a_person_let_judge_waits_no_more(archive: Archive, templates: Environment) -> None:
    assert "Waits for a person" in shown(archive, templates, "training")
    assert "Waits for you" in shown(archive, templates, "versions")
    work("promote", "v3", archive)
    work("rollback", "", archive)
    assert "Let judge by pages" in shown(archive, templates, "training")
    assert "Waits for" not in shown(archive, templates, "training") + shown(archive, templates, "versions")


def test_a_second_look_that_is_about_to_begin_is_announced(archive: Archive, templates: Environment) -> None:
    with Session(archive.engine) as session, session.begin():
        session.execute(delete(Rejudged))
    assert "v2 has judged no photo again." in shown(archive, templates, "again")
    work("promote", "v3", archive)
    assert "v3 looks at unknown and doubtful photos again as soon as the watcher runs." in shown(archive, templates, "again")
    beat(archive.engine, 0)
    assert "v3 is about to look at unknown and doubtful photos again." in shown(archive, templates, "again")
    with Session(archive.engine) as session, session.begin():
        (job,) = open_jobs(session, JobKind.REJUDGE)
        end(session, job, NOW, ok=True, message="done")
    assert "v3 has judged no photo again." in shown(archive, templates, "again")
