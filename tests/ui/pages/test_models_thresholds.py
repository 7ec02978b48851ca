"""The Models page says which thresholds judge the quality tags, what their version holds, and how they are changed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from jinja2 import Environment

from engine.quality import Tag, shipped
from engine.quality.versions import FOLDER, adopt, write
from ui.pages.models_thresholds import view_thresholds


def shown(models: Path, templates: Environment) -> str:
    html = templates.get_template("models_thresholds.html").render(thresholds=view_thresholds(models))
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", html))


def test_shipped_thresholds_are_told_with_their_day_and_each_tag_s_figures(tmp_path: Path, templates: Environment) -> None:
    now = shipped()
    text = shown(tmp_path, templates)
    assert f"{now.version} Fitted on {now.fitted_on}." in text
    assert f"comes with the product, made {now.created}" in text
    assert f"{now.figures[Tag.GLARE].f1:.2f}" in text.split("Glare")[1].split("Hazy")[0].split("Low resolution")[0]
    assert "python -m engine tune labelled.csv" in text and "python -m daemon retag" in text
    assert "--rollback" not in text  # it was tuned from no other


def test_tuned_thresholds_say_from_what_and_how_to_go_back(tmp_path: Path, templates: Environment) -> None:
    blurry = shipped().figures[Tag.BLURRY]
    tuned = replace(shipped(), version="tuned-1", parent=shipped().version, created="2026-11-26", figures={Tag.BLURRY: blurry})
    write(tuned, tmp_path / FOLDER)
    adopt(tmp_path, "tuned-1")
    text = shown(tmp_path, templates)
    assert f"tuned from {shipped().version}, made 2026-11-26" in text
    assert f"python -m engine tune --rollback return to {shipped().version}" in text
    assert re.search(r"No figures of its own: [^.]*Glare", text)
    assert re.search(r"Also there: [^T]*\b2026-1\b", text)


def test_where_what_they_were_tuned_from_is_gone_the_way_back_leads_to_what_comes_with_the_product(
    tmp_path: Path, templates: Environment
) -> None:
    write(replace(shipped(), version="tuned-1", parent="2020-1"), tmp_path / FOLDER)
    adopt(tmp_path, "tuned-1")
    assert f"python -m engine tune --rollback return to {shipped().version}" in shown(tmp_path, templates)


def test_a_pointer_to_nothing_is_said_with_the_way_out(tmp_path: Path, templates: Environment) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "CURRENT").write_text("tuned-9\n")
    text = shown(tmp_path, templates)
    assert "The thresholds cannot judge" in text and "tuned-9" in text
    assert f"python -m engine tune --adopt {shipped().version}" in text


def test_a_version_without_figures_says_so(tmp_path: Path, templates: Environment) -> None:
    write(replace(shipped(), version="bare", figures={}), tmp_path / FOLDER)
    adopt(tmp_path, "bare")
    assert "This version holds no figures." in shown(tmp_path, templates)
