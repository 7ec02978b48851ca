"""How good the quality tags are on labelled photos: curves, confusion between tags, and what each measure sees of each defect."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from engine.evaluation.quality_plots import plot_sensitivity, plot_tag_confusion, plot_tag_curves
from engine.names import formula_safe
from engine.picture import Picture, Pixels
from engine.quality import DEFECT_TAGS, QualityJudgement, Tag, Thresholds, judge, measure, measure_picture
from engine.quality.cuts import f_score
from engine.quality.examples import LabelledPhoto
from engine.tables import open_table

Floats = NDArray[np.float64]

STEPS = 6  # strengths per defect, from none to ruined
REACH = 3.0  # standard deviations; beyond them a measure sees a defect in any photo
_NOT_ALWAYS = ("curves.png", "confusion.csv", "confusion.png", "sensitivity.csv", "sensitivity.png")
LEAST = 2  # photos with a tag, and without, below which there is no curve


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedPhoto:
    """A labelled photo and what the thresholds say of it."""

    labelled: LabelledPhoto
    name: str  # as the table names it
    measures: Mapping[str, float]
    judgement: QualityJudgement


@dataclass(frozen=True, kw_only=True, slots=True)
class TagFigures:
    """One tag on the photos of which it is known whether they have it. None: no photo with, or (AUC) none without."""

    tag: str
    positives: int
    negatives: int
    auc: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    best_f1: float | None  # at the best cut for these very photos: an upper bound, not a promise


def write_report(photos: Sequence[JudgedPhoto], thresholds: Thresholds, out: Path) -> dict[str, Any]:
    """Write quality_results.csv, tagged_images.json, tags.csv, curves.png, confusion.csv/.png and summary.json; the summary.

    Where nothing is known of the photos there are no curves and no confusion; those of an earlier report go.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name in _NOT_ALWAYS:
        (out / name).unlink(missing_ok=True)
    _write_results(photos, out)
    figures = [_figures(photos, tag) for tag in DEFECT_TAGS]
    with open_table(out / "tags.csv", list(TagFigures.__dataclass_fields__)) as table:
        table.writerows(astuple(each) for each in figures)
    curves = {tag.value: _curve(photos, tag) for tag in DEFECT_TAGS if _known(photos, tag) is not None}
    if curves:
        plot_tag_curves(curves, out / "curves.png")
    _write_confusion(photos, out)
    good = _good(photos)
    summary = {
        "photos": len(photos),
        "thresholds": thresholds.version,
        "good_photos": len(good),
        "good_photos_tagged": _mean([photo.judgement.quality.value == "Poor" for photo in good]),
        "tags": [asdict(each) for each in figures],
    }
    (out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    return summary


def sensitivity(
    photos: Sequence[Pixels], judged: Sequence[JudgedPhoto], out: Path, *, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Spoil good photos with each defect at rising strength; write sensitivity.csv and .png.

    Returns defect -> measure -> how far the ruined photos lie from the good ones, the mean over the photos, in the measure's
    standard deviation over the photos judged; `REACH` at most. A correlation with the strength would be 1 for the least move.
    """
    from engine.training.defects import DEFECTS

    rows, seen = [], {}
    for name, defect in DEFECTS.items():
        strengths = np.geomspace(defect.faint, defect.ruined, STEPS - 1)
        taken = [[measure(pixels)] + [_spoilt(defect, pixels, float(each), seed) for each in strengths] for pixels in photos]
        names = list(taken[0][0])
        table = np.array([[[step[each] for each in names] for step in photo] for photo in taken])  # (photos, steps, measures)
        means = table.mean(0)
        effects = _effects(means, np.array([[photo.measures[each] for each in names] for photo in judged]))
        seen[name] = dict(zip(names, effects[-1].tolist(), strict=True))
        for strength, moved, effect in zip([0.0, *strengths], means, effects, strict=True):
            rows += [
                [name, defect.unit, f"{strength:.4g}", each, f"{mean:.6g}", f"{size:.3g}"]
                for each, mean, size in zip(names, moved, effect, strict=True)
            ]
    with open_table(out / "sensitivity.csv", ["defect", "unit", "strength", "measure", "mean", "effect"]) as written:
        written.writerows(rows)
    plot_sensitivity(seen, REACH, out / "sensitivity.png")
    return seen


def _spoilt(defect: Any, pixels: Pixels, strength: float, seed: int) -> Mapping[str, float]:
    """With the same chance for every strength, so that a place or a direction does not pass for a strength."""
    return measure(defect.spoil(pixels, strength, np.random.default_rng(seed)))


def _effects(means: Floats, usual: Floats) -> Floats:
    """(steps, measures): how far each mean lies from the first one, in the standard deviation of the photos (N, measures).

    -REACH..REACH; where all photos are alike, any move is as far as can be.
    """
    moved = means - means[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip(np.where(moved == 0, 0.0, moved / usual.std(0)), -REACH, REACH)


def _known(photos: Sequence[JudgedPhoto], tag: Tag) -> tuple[NDArray[np.bool_], Floats, NDArray[np.bool_]] | None:
    """Truth, scores and what was said, where the truth is known; None where it is all the same."""
    known = [photo for photo in photos if tag not in photo.labelled.unsure]
    truth = np.array([tag in photo.labelled.present for photo in known], bool)
    if truth.sum() < LEAST or (~truth).sum() < LEAST:
        return None
    scores = np.array([photo.judgement.scores[tag.value] for photo in known])
    return truth, scores, np.array([tag.value in photo.judgement.tags for photo in known], bool)


def _figures(photos: Sequence[JudgedPhoto], tag: Tag) -> TagFigures:
    known = [photo for photo in photos if tag not in photo.labelled.unsure]
    truth = np.array([tag in photo.labelled.present for photo in known], bool)
    said = np.array([tag.value in photo.judgement.tags for photo in known], bool)
    precision, recall, f1 = f_score(truth, said)
    both = _known(photos, tag)
    area = float(roc_auc_score(both[0], both[1])) if both else None
    best = max(f_score(truth, both[1] >= cut)[2] for cut in np.unique(both[1])) if both else None
    return TagFigures(
        tag=tag.value,
        positives=int(truth.sum()),
        negatives=int((~truth).sum()),
        auc=area,
        precision=precision if truth.any() else None,
        recall=recall if truth.any() else None,
        f1=f1 if truth.any() else None,
        best_f1=best,
    )


def _curve(photos: Sequence[JudgedPhoto], tag: Tag) -> tuple[Floats, float, tuple[float, float]]:
    """(M, 2) false alarms and recall, the AUC, and where the product's cut lies."""
    truth, scores, said = _known(photos, tag)  # type: ignore[misc]  # asked before
    alarms, found, _ = roc_curve(truth, scores)
    here = (float(said[~truth].mean()), float(said[truth].mean()))
    return np.column_stack([alarms, found]), float(roc_auc_score(truth, scores)), here


def _write_results(photos: Sequence[JudgedPhoto], out: Path) -> None:
    with open_table(out / "quality_results.csv", ["image", "quality", "tags"]) as table:
        table.writerows([formula_safe(each.name), each.judgement.quality.value, ";".join(each.judgement.tags)] for each in photos)
    tagged: dict[str, list[str]] = {tag.value: [] for tag in Tag}
    for photo in photos:
        for tag in photo.judgement.tags:
            tagged[tag].append(photo.name)
    (out / "tagged_images.json").write_text(json.dumps(tagged, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _good(photos: Sequence[JudgedPhoto]) -> list[JudgedPhoto]:
    """Those that are known to have no defect."""
    return [photo for photo in photos if not photo.labelled.present and not photo.labelled.unsure]


def _write_confusion(photos: Sequence[JudgedPhoto], out: Path) -> None:
    """Of the photos that have a tag (and of those that are known to have none), the share that is given each tag."""
    groups = {tag.value: [photo for photo in photos if tag in photo.labelled.present] for tag in DEFECT_TAGS}
    groups["none"] = _good(photos)
    groups = {name: members for name, members in groups.items() if members}
    if not groups:
        return
    columns = [tag.value for tag in DEFECT_TAGS]
    shares = np.array(
        [[_mean([tag in photo.judgement.tags for photo in members]) for tag in columns] for members in groups.values()]
    )
    names = [f"{name} ({len(members)})" for name, members in groups.items()]
    with open_table(out / "confusion.csv", ["photos that have", *columns]) as table:
        table.writerows([name, *(f"{share:.3f}" for share in row)] for name, row in zip(names, shares, strict=True))
    plot_tag_confusion(shares, names, columns, out / "confusion.png")


def _mean(said: Sequence[bool]) -> float | None:
    return float(np.mean(said)) if said else None


def judged(labelled: LabelledPhoto, name: str, picture: Picture, thresholds: Thresholds) -> JudgedPhoto:
    """Measure and judge one labelled photo."""
    measures = measure_picture(picture)
    return JudgedPhoto(labelled=labelled, name=name, measures=measures, judgement=judge(measures, thresholds))
