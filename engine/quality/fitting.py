"""Fitting a threshold version to labelled photos: weights, cuts and figures, all by leaving whole groups of photos out.

1. Per tag a logistic regression over the few measures that may speak for it (`engine.quality.plans`, or the terms of the
   version it starts from), each with the sign that its physics gives it, and, held back harder, those that say what kind of
   photo it is; all drawn towards where they started.
2. Every photo gets the score of rules that its group had no part in; four times, with other folds each time.
3. On those scores the cuts are chosen together: the best F1 that leaves at most `good_budget` of the good photos with any tag.
4. Figures are of left-out photos in the first draw of folds, and the F1 at a cut that was chosen without the photo's fold.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from engine.quality.cuts import choose_cuts, f_score
from engine.quality.examples import Example
from engine.quality.logistic import Floats, balanced, fit_logistic, folds
from engine.quality.thresholds import Figures, Rule, Tag, Term, Thresholds
from engine.spelling import counted

FOLDS = 8
_DRAWS = 4  # of the folds: where F1 is best moves by luck from draw to draw, and cuts with it
LEAST = 6  # photos with a tag, and as many without, below which its rule is left as it is
LEAST_GROUPS = 4
_RANGE = (0.5, 99.5)  # percentiles of a measure beyond which a rule does not look
_RESAMPLES = 200
_PIECES = (20, 40, 60, 80)  # percentiles at which a bent line may bend
_PIECE = 3.0  # how much harder each piece is drawn to where it was: five short ones would follow what one long one may not
_GOOD = 2.0  # how much more a photo counts that nobody would want to see tagged; 3 and 4 do much the same
_CONTEXT = 10.0  # how much harder context is drawn to where it was; left-out AUCs from 3 to 30 differ by less than .01

Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class FitOptions:
    """How a fit is done. The penalties are tried in turn; the one with the least loss on left-out photos is kept."""

    penalties: tuple[float, ...] = (1.0,)
    good_budget: float = 0.03  # share of good photos that may carry a tag
    seed: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """What was said of every example by rules that its fold had no part in: per tag (N,) logits, and whether it was said."""

    logits: Mapping[Tag, Floats]
    said: Mapping[Tag, Bools]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Data:
    """The examples as arrays."""

    examples: tuple[Example, ...]
    groups: NDArray[np.str_]
    sources: NDArray[np.str_]
    good: Bools
    folds: NDArray[np.intp]  # (draws, N)

    def truth(self, tag: Tag) -> Floats:
        """(N,) 1 present, 0 absent, NaN not known."""
        said = [1.0 if tag in e.present else np.nan if tag in e.unsure else 0.0 for e in self.examples]
        return np.array(said)

    def numbers(self, terms: Sequence[Term], chosen: Bools) -> Floats:
        """(N, k) the terms' measures on their curves, for the chosen photos; pieces see their own range alone."""
        whole = [term if term.piece else replace(term, low=None, high=None) for term in terms]
        return np.array([[term.place(self.examples[i].measures[term.measure]) for term in whole] for i in np.flatnonzero(chosen)])


def fit(
    examples: Sequence[Example],
    start: Thresholds,
    *,
    version: str,
    created: str,
    options: FitOptions = FitOptions(),
    tell: Callable[[str], None] = lambda line: None,
) -> tuple[Thresholds, LeftOut]:
    """A new version, tuned from `start`; tags with too few examples keep their rule. And what its figures were made from.

    `fixed` rules stay as they are.
    """
    data = _data(examples, options.seed)
    learned = {rule.tag: rule for rule in start.rules if not lacking(examples, start, rule.tag) and not rule.fixed}
    fitted, logits = {}, {}
    for tag, rule in learned.items():
        penalty = min(options.penalties, key=lambda each: _loss(data, tag, _left_out(data, rule, each)))
        fitted[tag], logits[tag] = _fit_rule(data, rule, penalty), _left_out(data, rule, penalty)
        tell(f"{tag.value}: {len(rule.terms)} measures, penalty {penalty:g}")
    truth = {tag: data.truth(tag) for tag in learned}
    cuts = choose_cuts(logits, truth, data.sources, data.groups, good=data.good, budget=options.good_budget)
    moved = {tag: replace(rule, bias=rule.bias - cuts[tag]) for tag, rule in fitted.items()}
    said = _cross_fitted(data, logits, truth, options.good_budget)
    wrong = [said[tag] & (truth[tag] != 1) for tag in learned]
    any_tag = np.any(wrong, axis=0) if wrong else np.zeros(len(data.examples), bool)
    thresholds = Thresholds(
        version=version,
        parent=start.version,
        created=created,
        rules=tuple(rule if rule.fixed else moved.get(rule.tag, rule) for rule in start.rules),
        fitted_on=f"{len(data.examples)} photos in {len(set(data.groups.tolist()))} groups, {FOLDS} folds",
        good_tagged=float(any_tag[data.good].mean()) if data.good.any() else None,
        figures={tag: _figures(data, truth[tag], logits[tag][0], said[tag], options.seed) for tag in learned},
    )
    return thresholds, LeftOut(logits={tag: draws[0] for tag, draws in logits.items()}, said=said)


def _data(examples: Sequence[Example], seed: int) -> _Data:
    groups, sources = (np.array([getattr(example, name) for example in examples]) for name in ("group", "source"))
    return _Data(
        examples=tuple(examples),
        groups=groups,
        sources=sources,
        good=np.array([example.good for example in examples], bool),
        folds=np.stack([folds(groups, sources, FOLDS, seed + draw) for draw in range(_DRAWS)]),
    )


def lacking(examples: Sequence[Example], start: Thresholds, tag: Tag) -> str:
    """Why no rule of a tag can be fitted to these photos, in words; "" where one can."""
    rules = [rule for rule in start.rules if rule.tag is tag]
    if all(rule.fixed for rule in rules):
        return "its rule holds by definition" if rules else f"{start.version} has no rule for it"
    known = [each for each in examples if tag not in each.unsure]
    for word, photos in (
        ("with it", [each for each in known if tag in each.present]),
        ("without it", [each for each in known if tag not in each.present]),
    ):
        if len(photos) < LEAST:
            return f"{counted(len(photos), 'photo')} {word}, and {LEAST} are needed"
        if (groups := len({each.group for each in photos})) < LEAST_GROUPS:
            return f"the photos {word} are of {counted(groups, 'group')}, and {LEAST_GROUPS} are needed"
    return ""


def _fit_rule(data: _Data, rule: Rule, penalty: float, chosen: Bools | None = None) -> Rule:
    """The rule, fitted to the chosen photos."""
    truth = data.truth(rule.tag)
    known = ~np.isnan(truth) if chosen is None else ~np.isnan(truth) & chosen
    terms = _bent(data, rule.terms, known)
    numbers = data.numbers(terms, known)
    low, high = np.percentile(numbers, _RANGE, axis=0)
    held = np.clip(numbers, low, high)
    middle, spread = held.mean(0), held.std(0) + 1e-9
    before = np.array([term.weight for term in terms])
    signs = np.sign(before)
    # A start weight of 1e-6 or less says the sign alone: what it is drawn to is zero.
    start = np.where(np.abs(before) > 1e-6, before, 0.0) * spread
    found = fit_logistic(
        (held - middle) / spread,
        truth[known],
        balanced(truth[known], data.sources[known]) * np.where(data.good[known] & (truth[known] == 0), _GOOD, 1.0),
        signs=signs,
        start=np.concatenate([[0.0], start]),
        penalty=penalty * np.array([_CONTEXT if term.context else _PIECE if term.piece else 1.0 for term in terms]),
    )
    weights = found[1:] / spread
    fitted = (
        _term(term, float(weight), float(bottom), float(top))
        for term, weight, bottom, top in zip(terms, weights, low, high, strict=True)
    )
    return Rule(tag=rule.tag, terms=tuple(fitted), bias=float(found[0] - weights @ middle))


def _bent(data: _Data, terms: Sequence[Term], known: Bools) -> tuple[Term, ...]:
    """The terms; of a piece without a range, one for each fifth of the known photos."""
    split: list[Term] = []
    for term in terms:
        if not term.piece or term.low is not None:
            split.append(term)
            continue
        ends = [term.curve.inverse(end) for end in np.percentile(data.numbers([term], known), (0, *_PIECES, 100)).tolist()]
        split += (replace(term, low=low, high=high) for low, high in itertools.pairwise(ends))
    return tuple(split)


def _term(term: Term, weight: float, low: float, high: float) -> Term:
    back = term.curve.inverse
    return replace(term, weight=weight, low=back(low), high=back(high))


def _left_out(data: _Data, rule: Rule, penalty: float) -> Floats:
    """(draws, N) logits by rules fitted without the photo's fold; NaN for no photo."""
    logits = np.zeros(data.folds.shape)
    for draw, fold in zip(logits, data.folds, strict=True):
        for number in np.unique(fold):
            out = fold == number
            fitted = _fit_rule(data, rule, penalty, ~out)
            draw[out] = [fitted.logit(data.examples[index].measures) for index in np.flatnonzero(out)]
    return logits


def _loss(data: _Data, tag: Tag, logits: Floats) -> float:
    """Mean logistic loss of left-out photos, weighed as the fit weighs them."""
    truth = data.truth(tag)
    known = ~np.isnan(truth)
    importance = balanced(truth[known], data.sources[known])
    return float((importance * (np.logaddexp(0, logits[:, known]) - truth[known] * logits[:, known])).mean())


def _cross_fitted(data: _Data, logits: Mapping[Tag, Floats], truth: Mapping[Tag, Floats], budget: float) -> dict[Tag, Bools]:
    """Per tag (N,): whether it is said, in the first draw, at cuts chosen without the photo's fold."""
    said = {tag: np.zeros(len(data.examples), bool) for tag in logits}
    for number in np.unique(data.folds[0]):
        out = data.folds[0] == number
        hidden = {tag: np.where(out, np.nan, answers) for tag, answers in truth.items()}
        cuts = choose_cuts(logits, hidden, data.sources, data.groups, good=data.good & ~out, budget=budget)
        for tag, cut in cuts.items():
            said[tag][out] = logits[tag][0, out] >= cut
    return said


def _figures(data: _Data, truth: Floats, logits: Floats, said: Bools, seed: int) -> Figures:
    known = ~np.isnan(truth)
    answers, scores, groups = truth[known] == 1, logits[known], data.groups[known]
    precision, recall, f1 = f_score(answers, said[known])
    return Figures(
        positives=int(answers.sum()),
        negatives=int((~answers).sum()),
        auc=float(roc_auc_score(answers, scores)),
        auc_interval=_interval(answers, scores, groups, seed),
        f1=f1,
        precision=precision,
        recall=recall,
    )


def _interval(answers: Bools, scores: Floats, groups: NDArray[np.str_], seed: int) -> tuple[float, float]:
    """5 and 95 % of the AUC over resampled groups."""
    rng = np.random.default_rng(seed)
    names, places = np.unique(groups, return_inverse=True)
    members = [np.flatnonzero(places == place) for place in range(len(names))]
    areas = []
    for _ in range(_RESAMPLES):
        drawn = np.concatenate([members[place] for place in rng.integers(0, len(names), len(names))])
        if 0 < answers[drawn].sum() < len(drawn):
            areas.append(roc_auc_score(answers[drawn], scores[drawn]))
    low, high = np.percentile(areas, (5, 95)) if areas else (np.nan, np.nan)
    return float(low), float(high)
