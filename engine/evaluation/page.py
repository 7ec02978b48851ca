"""The report's front page in Markdown: what was measured, in words for somebody who was not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.bundle import Card
from engine.evaluation.metrics import WEAK_RECALL

Figures = Mapping[str, Any]
FEW = 5  # photos; a recall of fewer says little
QUESTIONS = {
    "clarity": "Can a person read the display?",
    "meter_type": "Which type of meter is it?",
    "good_bad": "Is the picture good or bad?",
}


def page(summary: Figures, card: Card) -> str:
    """The page for a summary as `report.write_report` makes it."""
    question = QUESTIONS.get(card.task, card.task)
    sections = [
        f"# {card.task} {card.version}: how good is it?",
        f'"{question}" asked of {summary["photos"]} photos ({summary["independent"]} independent of each other) with '
        f"{len(card.labels)} labels; network {card.network}. Brackets hold 5-95 % intervals: photos of one physical meter were "
        "drawn together where the data says which those are.",
        table(("what", "figure"), _headline(summary)),
        _accepting(summary),
        picture("Calibration", "calibration.png", "A model is honest if of the photos it is 90 % sure of, 90 % are right."),
        _unknown(summary),
        picture("Confusions", "confusion_matrix.png", _confusions(summary)),
        _weak(summary),
        _files(summary),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _headline(summary: Figures) -> Iterable[tuple[str, str]]:
    yield "best guess right (accuracy)", _bracketed(summary, "accuracy")
    yield "the same, every label counting alike (macro-F1)", _bracketed(summary, "macro_f1")
    if "auc" in summary:
        yield "ranks a photo of the first label above one of the second (AUC)", _bracketed(summary, "auc")
    yield "claimed confidence and found accuracy differ by (ECE)", _bracketed(summary, "calibration_error")
    for name, by in (("accepted", "the product"), ("accepted_by_plain_rule", "the plain rule (confidence from 0.50)")):
        if name in summary:
            yield from _accepted(summary[name], by, summary)
    if summary["unreadable"]:
        yield "files that could not be read, left out", str(summary["unreadable"])


def _accepted(figures: Figures, by: str, summary: Figures) -> Iterable[tuple[str, str]]:
    yield f"accepted by {by}, not sent to UNKNOWN", _bracketed(figures, "share")
    if figures["accuracy"] is not None:
        yield "right among those", _bracketed(figures, "accuracy")
    if "unknown_let_through" in figures:
        yield f"taken for a type, of {summary['unknown_photos']} unknown photos", _bracketed(figures, "unknown_let_through")


def _accepting(summary: Figures) -> str:
    text = "Whoever accepts only the surest answers gets fewer, but better ones."
    rows = [
        (f"accepting the surest by {name}", _percent(points["share_accepted_at_accuracy"], "{1} of them at {0} right"))
        for name, points in summary["coverage"].items()
    ]
    rows += [
        (f"right, accepting by {name}", _percent(points["accuracy_at_share_accepted"], "{1} at {0} accepted"))
        for name, points in summary["coverage"].items()
    ]
    return picture("Coverage", "coverage.png", text) + "\n\n" + table(("", ""), rows)


def _unknown(summary: Figures) -> str:
    if "open_set" not in summary:
        text = "The first label's photos that are called so, over the second's that are taken for it, at every threshold."
        return picture("One label against the other", "roc.png", text) if "auc" in summary else ""
    text = (
        f"{summary['unknown_photos']} photos show none of the types. A score should be higher for photos of known types: "
        f"1.0 always is, 0.5 is guessing. Known score: AUROC {_bracketed(summary['open_set'], 'auroc')}; the network's "
        f"confidence alone: {_bracketed(summary['open_set_softmax'], 'auroc')}."
    )
    return picture("Known or unknown", "roc.png", text)


def _confusions(summary: Figures) -> str:
    pairs = [f"{_cell(true)} taken for {_cell(guess)} ({count})" for true, guess, count in summary["most_confused"]]
    return f"Most often: {'; '.join(pairs)}." if pairs else "No photo was taken for another label."


def _weak(summary: Figures) -> str:
    """The labels that are found too rarely, the worst first."""
    rows = sorted((row["recall"], label, row) for label, row in summary["per_label"].items() if row["photos"])
    weak = [
        (_cell(label), f"{recall:.2f}", f"{row['precision']:.2f}", str(row["photos"]))
        for recall, label, row in rows
        if recall < WEAK_RECALL
    ]
    few = sum(0 < row["photos"] < FEW for row in summary["per_label"].values())
    none = sum(row["photos"] == 0 for row in summary["per_label"].values())
    notes = [f"{_labels(few)} fewer than {FEW} photos here: their own figures say little."] if few else []
    notes += [f"{_labels(none)} no photo here: not measured."] if none else []
    found = f"## Labels found in fewer than {WEAK_RECALL:.0%} of their photos\n\n"
    found += table(("label", "found (recall)", "right when said (precision)", "photos"), weak) if weak else "None."
    return "\n\n".join([found, *notes])


def _labels(count: int) -> str:
    return "1 label has" if count == 1 else f"{count} labels have"


def _files(summary: Figures) -> str:
    told = {
        "photos.csv": "every photo with truth, guess, confidence, correct or not, and the product's answer",
        "per_label.csv": "precision, recall and F1 of each label",
        "confusion_matrix.csv, most_confused.csv": "who is taken for whom",
        "coverage.csv, calibration.csv": "the curves' points",
        **({"roc.csv": "what is kept and what is let through, by threshold"} if {"open_set", "auc"} & summary.keys() else {}),
        "summary.json": "all figures for programs",
    }
    return "## Files\n\n" + "\n".join(f"- {name}: {text}" for name, text in told.items())


def picture(title: str, file: str, text: str) -> str:
    """A section of one picture, which lies beside the page."""
    return f"## {title}\n\n{text}\n\n![{title}]({file})"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """In Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _bracketed(figures: Figures, name: str) -> str:
    low, high = figures[f"{name}_interval"]
    return f"{figures[name]:.3f} ({low:.3f}-{high:.3f})"


def _percent(points: Mapping[str, float], form: str) -> str:
    return "; ".join(form.format(f"{float(key):.0%}", f"{value:.1%}") for key, value in points.items())


def _cell(label: str) -> str:
    """A label may hold signs that Markdown takes for its own."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>|#" else letter for letter in label)
