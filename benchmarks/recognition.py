"""How surely meter types are recognised, and unseen designs, other meters and no meters are told: all out of fold.

    python -m benchmarks.recognition --data DATA --cache FOLDER [--network mobilenet_v2] [--weights FILE]

Three networks are trained (kept in --cache), each without a third of the physical meters of every type. Photos of those are
what "seen designs" means; designs with too few meters to be learned, gas and water meters that were not learned, faces and
other scenes are what must come out UNKNOWN. The origin's rule (confidence below 0.50) is measured in the same run.
"""

from __future__ import annotations

import argparse
import math
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score

from benchmarks.recognition_folds import FOLDS, Fold, Shown, answers, fold_of, plates, read
from engine.calibration import best_temperature, calibration_error
from engine.grouping import Plate
from engine.grouping.verification import prepare_plate
from engine.picture import decode
from engine.recognition import Exemplars, thinned
from engine.recognition.evidence import Budget, Evidence, compare_plates, glance
from engine.recognition.joint import Weights, decide, is_sure, joint_scores, known_sum, known_terms, plate_scores
from engine.recognition.marks import look_at
from engine.recognition.sameness import CONTRADICTS_FROM
from engine.training.exemplars import prints_from

Floats = NDArray[np.float64]
STRANGE = ("unseen designs", "other meters", "no meter")  # what must come out UNKNOWN
REFUSED = 0.05  # share of the seen designs' photos that may come out UNKNOWN
SURE = (0.9, 0.92)  # chance and closeness from which plates are not compared; the report says what that costs
COVERAGE = 0.93  # share of the seen designs' photos that is accepted
DRAWS = 1000  # bootstrap draws over meters


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One photo and what speaks for each type. `truth` is a position in the evidence's types, -1 for none of them."""

    photo: Shown
    truth: int
    evidence: Evidence
    comparing_ms: float
    short: float | None  # what its print falls short of that of the best type, in the labelled photos' standard deviations


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds field/, meters/, quality/, faces/")
    parser.add_argument("--cache", type=Path, required=True, help="where networks, answers and plates are kept")
    parser.add_argument("--network", default="mobilenet_v2")
    parser.add_argument("--weights", type=Path, help="start weights")
    args = parser.parse_args()
    if not args.data.is_dir():
        print(f"skipped: no photos at {args.data} (give their folder with --data)")
        return
    args.cache.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    photos = read(args.data)
    described = plates(photos, args.cache / "plates")
    cases = [
        case
        for fold in range(FOLDS)
        for case in tested(
            photos, described, answers(photos, fold, network=args.network, weights=args.weights, cache=args.cache), fold
        )
    ]
    (args.cache / f"{args.network}-cases.pickle").write_bytes(pickle.dumps(cases))
    weights = fitted(cases)
    report(cases, weights)
    report_prints(cases, weights)
    unplated = [case for case in cases if is_sure(case.evidence, weights)]
    wrong = sum(case.evidence.log_chances.argmax() != case.truth for case in unplated)
    print(f"without plates: {len(unplated)} of {len(cases)} photos, {wrong} of them wrong or of no known type")
    print(weights.as_thresholds())
    print(figures(cases, weights))


def tested(photos: list[Shown], described: list[Plate], fold: Fold, number: int) -> list[Case]:
    """The evidence for every photo that this fold did not learn; each seen design's photo is in one fold."""
    learned = [i for i, used in enumerate(fold.learned) if used and photos[i].label is not None]
    exemplars = thinned(
        Exemplars.of(
            "fold",
            [str(photos[i].label) for i in learned],
            [fold.embeddings[i] for i in learned],
            [described[i] for i in learned],
        )
    )
    names, paths = [str(photos[i].label) for i in learned], [photos[i].path for i in learned]
    prints = prints_from(names, fold.embeddings[learned], paths, [described[i] for i in learned])
    folds = fold_of(photos)
    cases = []
    for i, photo in enumerate(photos):
        if fold.learned[i] or (photo.label is not None and folds[photo.meter] != number):
            continue
        if photo.label is None and photo.kind != "unseen designs" and i % FOLDS != number:
            continue  # strange photos are many: each is asked of one fold
        started = time.perf_counter()
        first = glance(fold.logits[i], fold.embeddings[i], fold.labels, exemplars)
        evidence = compare_plates(first, described[i], exemplars, Budget())
        spent = (time.perf_counter() - started) * 1000
        truth = evidence.types.index(photo.label) if photo.label is not None else -1
        known = prints.get(evidence.types[decide(evidence, Weights()).type])
        look = look_at(decode(photo.path.read_bytes()).pixels, prepare_plate(described[i]))
        short = known.falls_short(look) if known is not None else None
        cases.append(Case(photo=photo, truth=truth, evidence=evidence, comparing_ms=spent, short=short))
    return cases


def report(cases: list[Case], weights: Weights) -> None:
    """Accuracy, macro-F1, accepted-only accuracy and AUROC per way of deciding."""
    ways: dict[str, tuple[Callable[[Evidence], Floats], Callable[[Evidence], float]]] = {
        "network, its confidence (origin)": (lambda e: e.log_chances, lambda e: float(e.log_chances.max())),
        "network, closeness": (lambda e: e.log_chances, lambda e: float(e.closeness[e.log_chances.argmax()])),
        "plates alone": (plate_scores, lambda e: float(plate_scores(e).max())),
        "joint": (lambda e: joint_scores(e, weights), lambda e: known_sum(e, weights)),
    }
    seen = [case for case in cases if case.truth >= 0]
    print(f"{len(seen)} photos of seen designs on other meters; comparing plates: "
          f"median {np.median([case.comparing_ms for case in cases]):.0f} ms")  # fmt: skip
    print(f"{'way':34}{'accuracy':>22}{'field':>22}{'F1':>7}{'at 93%':>8}" + "".join(f"{kind:>16}" for kind in STRANGE))
    for name, (score, known) in ways.items():
        guesses = np.array([score(case.evidence).argmax() for case in seen])
        right = guesses == [case.truth for case in seen]
        sureness = np.array([known(case.evidence) for case in seen])
        names = [case.evidence.types for case in seen]
        macro = f1_score([n[c.truth] for n, c in zip(names, seen, strict=True)],
                         [n[g] for n, g in zip(names, guesses, strict=True)], average="macro", zero_division=0)  # fmt: skip
        accepted = sureness >= np.quantile(sureness, 1 - COVERAGE)
        field = np.array([case.photo.kind == "field" for case in seen])
        fields = [case for case in seen if case.photo.kind == "field"]
        line = f"{name:34}{with_interval(right, seen):>22}{with_interval(right[field], fields):>22}"
        line += f"{macro:7.3f}{right[accepted].mean():8.3f}"
        for kind in STRANGE:
            strange = [known(case.evidence) for case in cases if case.photo.kind == kind]
            auc = roc_auc_score([1] * len(seen) + [0] * len(strange), [*sureness, *strange])
            line += f"{auc:16.3f}"
        print(line)


def report_prints(cases: list[Case], weights: Weights) -> None:
    """At the card's threshold: how many photos are accepted, and how many are left where the print must not contradict."""
    head = "accepted, unless its print falls short by"
    print(f"\n{head:44}{'seen, right':>14}{'seen, wrong':>14}" + "".join(f"{kind:>16}" for kind in STRANGE))
    for limit in (math.inf, 5.0, 3.5, CONTRADICTS_FROM, 2.0):
        kept = [case for case in cases if _is_kept(case, weights, limit)]
        right = [decide(case.evidence, weights).type == case.truth for case in kept if case.truth >= 0]
        words = "(nothing is asked of it)" if limit == math.inf else f"{limit} standard deviations"
        line = f"{words:44}{sum(right):14}{len(right) - sum(right):14}"
        print(line + "".join(f"{sum(case.photo.kind == kind for case in kept):16}" for kind in STRANGE))
    print(f"{'of':44}{sum(case.truth >= 0 for case in cases):14}{'':14}"
          + "".join(f"{sum(case.photo.kind == kind for case in cases):16}" for kind in STRANGE))  # fmt: skip


def _is_kept(case: Case, weights: Weights, limit: float) -> bool:
    if decide(case.evidence, weights).known_score < weights.known_from:
        return False
    return is_sure(case.evidence, weights) or case.short is None or not limit <= case.short < math.inf


def with_interval(right: NDArray[np.bool_], cases: list[Case]) -> str:
    """The mean and its interval, in words."""
    low, high = interval(right, cases)
    return f"{right.mean():.3f} ({low:.3f}-{high:.3f})"


def interval(right: NDArray[np.bool_], cases: list[Case]) -> tuple[float, float]:
    """The 5-95 % bootstrap interval of the mean, over meters."""
    rng = np.random.default_rng(0)
    meters: dict[str, list[bool]] = {}
    for case, good in zip(cases, right.tolist(), strict=True):
        meters.setdefault(case.photo.meter, []).append(good)
    groups = list(meters.values())
    means = []
    for _ in range(DRAWS):
        drawn = [groups[i] for i in rng.integers(0, len(groups), len(groups))]
        means.append(sum(sum(group) for group in drawn) / sum(len(group) for group in drawn))
    low, high = np.quantile(means, [0.05, 0.95])
    return round(float(low), 4), round(float(high), 4)


def fitted(cases: list[Case]) -> Weights:
    """The joint rule's weights: of the known score by logistic regression, of the confidence by its log loss."""
    weights = Weights()
    terms = [known_terms(case.evidence, weights) for case in cases]
    known = np.array([case.truth >= 0 for case in cases])
    line = LogisticRegression(C=10, class_weight="balanced", max_iter=5000).fit(np.array(terms), known)
    plate, close, lead = (float(value) for value in line.coef_[0])
    seen = [case for case in cases if case.truth >= 0]
    joint = np.stack([joint_scores(case.evidence, weights) for case in seen]).astype(np.float32)
    found = replace(
        weights, known_plate=plate, known_closeness=close, known_lead=lead,
        joint_temperature=best_temperature(joint, np.array([case.truth for case in seen])),
    )  # fmt: skip
    return replace(
        found,
        known_offset=-float(np.quantile([known_sum(case.evidence, found) for case in seen], REFUSED)),
        sure_chance=SURE[0],
        sure_closeness=SURE[1],
    )


def figures(cases: list[Case], weights: Weights) -> dict[str, Any]:
    """For a card: how right, how complete and how careful the joint rule is out of fold."""
    decisions = [decide(case.evidence, weights) for case in cases]
    right = np.array([decision.type == case.truth for decision, case in zip(decisions, cases, strict=True)])
    kept = np.array([decision.known_score >= weights.known_from for decision in decisions])
    known = np.array([case.truth >= 0 for case in cases])
    confidence = np.array([decision.confidence for decision in decisions])
    seen = [case for case in cases if case.truth >= 0]
    field = np.array([case.photo.kind == "field" for case in cases]) & known
    truth = [case.evidence.types[case.truth] for case in seen]
    said = [case.evidence.types[d.type] for d, case in zip(decisions, cases, strict=True) if case.truth >= 0]
    scores = np.array([decision.known_score for decision in decisions])
    found: dict[str, Any] = {
        "photos": len(seen),
        "accuracy": round(float(right[known].mean()), 4),
        "accuracy_interval": interval(right[known], seen),
        "accuracy_field": round(float(right[field].mean()), 4),
        "accuracy_field_interval": interval(right[field], [case for case in seen if case.photo.kind == "field"]),
        "macro_f1": round(f1_score(truth, said, average="macro", zero_division=0), 4),
        "calibration_error": round(calibration_error(confidence[known].astype(np.float32), right[known]), 4),
        "kept": round(float(kept[known].mean()), 4),
        "right_among_kept": round(float(right[known & kept].mean()), 4),
    }
    for kind in STRANGE:
        strange = np.array([case.photo.kind == kind for case in cases])
        found[f"{kind}: photos"] = int(strange.sum())
        found[f"{kind}: flagged"] = round(float(1 - kept[strange].mean()), 4)
        found[f"{kind}: auroc"] = round(float(roc_auc_score(known[known | strange], scores[known | strange])), 4)
    return found


if __name__ == "__main__":
    from benchmarks.recognition import main as run  # the cases are kept under this module's own name

    run()
