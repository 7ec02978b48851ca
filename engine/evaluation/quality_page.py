"""The front page of the quality report in Markdown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from engine.evaluation.page import picture, table

_HEAD = ("tag", "with / without", "AUC", "F1", "precision", "recall", "F1 at the best cut")


def quality_page(summary: Mapping[str, Any], files: Collection[str]) -> str:
    """The page for a summary as `evaluation.quality.write_report` makes it; `files` are what lies beside it."""
    rows = [_row(each) for each in summary["tags"] if each["positives"]]
    sections = [
        f"# Quality tags by thresholds {summary['thresholds']}: how good are they?",
        f"{summary['photos']:,} photos were judged. {_good(summary)}",
        table(_HEAD, rows) if rows else "No photo is known to have a tag: there are results, and nothing to compare them with.",
        *(picture(title, name, text) for name, (title, text) in _PICTURES.items() if name in files),
        "## Files\n\n" + "\n".join(f"- {name}: {text}" for name, text in _FILES.items() if name in files),
    ]
    return "\n\n".join(sections) + "\n"


_PICTURES = {
    "curves.png": (
        "Curves",
        "Photos with the tag that are given it, over those without that are, at every cut; diamond: the cut.",
    ),
    "confusion.png": ("Confusion", "Of the photos that have a tag, how many are given which."),
    "sensitivity.png": (
        "What each measure sees of each defect",
        "Good photos, ruined by each defect in turn: how far each measure moves, in its standard deviations over these photos.",
    ),
}
_FILES = {
    "quality_results.csv": "every photo with Good or Poor and its tags",
    "tagged_images.json": "every tag with its photos",
    "tags.csv": "the figures of each tag; of tags that no photo has, too",
    "confusion.csv": "the confusion's shares",
    "sensitivity.csv": "every measure at every strength of every defect",
    "summary.json": "all figures for programs",
}


def _row(figures: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        figures["tag"],
        f"{figures['positives']} / {figures['negatives']}",
        *("-" if figures[name] is None else f"{figures[name]:.3f}" for name in ("auc", "f1", "precision", "recall", "best_f1")),
    )


def _good(summary: Mapping[str, Any]) -> str:
    if not summary["good_photos"]:
        return "None is known to be good."
    return f"Of {summary['good_photos']:,} that are known to be good, {summary['good_photos_tagged']:.1%} got a defect tag."
