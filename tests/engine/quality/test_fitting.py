import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.quality import Curve, Rule, Tag, Term, Thresholds, judge
from engine.quality.cuts import choose_cuts, f_score
from engine.quality.examples import Example
from engine.quality.fitting import FitOptions, fit
from engine.quality.logistic import balanced, folds

START = Thresholds(
    version="start",
    rules=(
        Rule(tag=Tag.LOW_LIGHT, terms=(Term(measure="brightness", weight=-1e-9),), bias=0.0),
        Rule.at(Tag.GLARE, "glare", 250.0, 0.06),
        Rule.at(Tag.LOW_RESOLUTION, "short_side", 160.0, -0.05, fixed=True),
    ),
)


def examples(count: int = 60, seed: int = 0) -> list[Example]:
    """Dark photos lie about brightness 20, others about 50; pairs belong together; a few have glare."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        dark = number % 3 == 0
        brightness = float(rng.normal(20 if dark else 50, 4))
        made.append(
            Example(
                measures={"brightness": brightness, "glare": float(rng.normal(200, 10)), "short_side": 700.0},
                present=frozenset({Tag.LOW_LIGHT}) if dark else frozenset(),
                group=f"scene {number // 2}",
                good=not dark,
            )
        )
    return made


def fitted(options: FitOptions = FitOptions()) -> Thresholds:
    return fit(examples(), START, version="new", created="2026-11-20", options=options)[0]


def test_a_fit_finds_the_cut_between_dark_and_bright() -> None:
    (rule,) = [rule for rule in fitted().rules if rule.tag is Tag.LOW_LIGHT]
    assert rule.score({"brightness": 25.0}) > 0.5 > rule.score({"brightness": 45.0})


def test_the_figures_are_those_of_photos_left_out() -> None:
    new = fitted()
    figures = new.figures[Tag.LOW_LIGHT]
    assert (figures.positives, figures.negatives) == (20, 40)
    assert figures.auc > 0.99 and figures.f1 > 0.9
    assert figures.auc_interval[0] <= figures.auc <= figures.auc_interval[1]
    assert new.parent == "start" and new.good_tagged is not None and new.good_tagged <= 0.1


def test_chance_labels_are_not_learned_by_heart() -> None:
    rng = np.random.default_rng(3)
    shuffled = [
        Example(
            measures=each.measures, present=frozenset({Tag.LOW_LIGHT}) if rng.random() < 0.4 else frozenset(), group=each.group
        )
        for each in examples(120)
    ]
    new, _ = fit(shuffled, START, version="new", created="d")
    assert 0.3 < new.figures[Tag.LOW_LIGHT].auc < 0.7


def test_a_tag_with_too_few_photos_and_a_fixed_rule_stay_as_they_are() -> None:
    new = fitted()
    assert new.rules[1:] == START.rules[1:]
    assert set(new.figures) == {Tag.LOW_LIGHT}


def test_a_measure_cannot_speak_against_its_direction() -> None:
    bright_is_dark = [
        Example(
            measures={**each.measures, "brightness": 100 - each.measures["brightness"]}, present=each.present, group=each.group
        )
        for each in examples()
    ]
    new, _ = fit(bright_is_dark, START, version="new", created="d")
    assert new.rules[0].terms[0].weight <= 0


def test_a_strong_penalty_keeps_the_weights_of_the_version_it_starts_from() -> None:
    start = Thresholds(version="s", rules=(Rule.at(Tag.LOW_LIGHT, "brightness", 10.0, -0.3),))
    new, _ = fit(examples(), start, version="n", created="d", options=FitOptions(penalties=(1e9,)))
    assert new.rules[0].terms[0].weight == pytest.approx(-0.3, abs=1e-3)
    assert "low_light" in judge({"brightness": 25.0}, new).tags  # the cut is learned all the same


def test_a_fit_is_repeatable() -> None:
    assert fitted() == fitted()


def test_numbers_beyond_what_was_seen_decide_no_more_than_the_last_one_seen() -> None:
    term = Term(measure="x", weight=2.0, curve=Curve.ROOT, low=1.0, high=9.0)
    assert term.share(1e9) == term.share(9.0) == 6.0
    assert term.share(-5.0) == term.share(1.0)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=40), st.integers(0, 99))
@settings(max_examples=40)
def test_a_group_is_never_in_two_folds(groups: list[str], seed: int) -> None:
    fold = folds(np.array(groups), np.array(["a"] * len(groups)), 4, seed)
    assert all(len(set(fold[np.array(groups) == group].tolist())) == 1 for group in set(groups))


@given(st.lists(st.sampled_from("ab"), min_size=8, max_size=40), st.integers(0, 99))
@settings(max_examples=40)
def test_the_groups_of_each_source_are_dealt_out_evenly(sources: list[str], seed: int) -> None:
    fold = folds(np.array([f"{number}" for number in range(len(sources))]), np.array(sources), 4, seed)
    for source in set(sources):
        counts = np.bincount(fold[np.array(sources) == source], minlength=4)
        assert counts.max() - counts.min() <= 1


def test_present_and_absent_weigh_the_same() -> None:
    truth = np.array([1.0, 0, 0, 0, 0])
    weights = balanced(truth, np.array(["a", "a", "b", "b", "b"]))
    assert weights[truth == 1].sum() == pytest.approx(weights[truth == 0].sum())
    assert weights.sum() == pytest.approx(5)


def alone(count: int) -> NDArray[np.str_]:
    """Each photo a group of its own."""
    return np.arange(count).astype(str)


def test_a_cut_spares_good_photos_where_that_costs_little_and_not_where_it_costs_much() -> None:
    truth = {Tag.GLARE: np.r_[np.ones(20), np.zeros(20)]}
    good, sources = np.r_[np.zeros(20, bool), np.ones(20, bool)], np.full(40, "a")
    apart = {Tag.GLARE: np.r_[np.linspace(5, 6, 20), np.linspace(0, 1, 19), 5.01][None]}
    cut = choose_cuts(apart, truth, sources, alone(40), good=good, budget=0.0)[Tag.GLARE]
    assert cut > 5.01  # one of twenty positives is a fair price for the odd good photo
    inside = {Tag.GLARE: np.r_[np.linspace(5, 6, 20), np.linspace(0, 1, 19), 5.8][None]}
    assert choose_cuts(inside, truth, sources, alone(40), good=good, budget=0.0)[Tag.GLARE] < 5.1


def test_where_photos_are_few_one_with_the_tag_may_be_missed_for_each_good_one_spared() -> None:
    truth = {Tag.GLARE: np.r_[np.ones(6), np.zeros(6)]}
    good, sources = truth[Tag.GLARE] == 0, np.full(12, "a")
    among_the_lowest = {Tag.GLARE: np.r_[np.linspace(5, 6, 6), np.linspace(0, 1, 5), 5.1][None]}
    assert choose_cuts(among_the_lowest, truth, sources, alone(12), good=good, budget=0.03)[Tag.GLARE] > 5.1
    above_most = {Tag.GLARE: np.r_[np.linspace(5, 6, 6), np.linspace(0, 1, 5), 5.7][None]}
    assert choose_cuts(above_most, truth, sources, alone(12), good=good, budget=0.03)[Tag.GLARE] < 5.1


def test_what_one_draw_of_the_folds_has_by_luck_does_not_move_a_cut() -> None:
    truth = {Tag.GLARE: np.r_[np.ones(10), np.zeros(30)]}
    usual = np.r_[np.linspace(3, 4, 10), np.linspace(0, 2.9, 30)]
    lucky = np.where(truth[Tag.GLARE] == 1, 6.0, usual)  # alone it would leave the cut anywhere up to 6
    logits = {Tag.GLARE: np.stack([lucky, usual, usual])}
    cut = choose_cuts(logits, truth, np.full(40, "a"), alone(40), good=np.zeros(40, bool), budget=1.0)[Tag.GLARE]
    assert 2.9 < cut <= 3.0


def test_many_photos_of_one_scene_do_not_move_a_cut_as_many_scenes_do() -> None:
    truth = {Tag.GLARE: np.r_[np.ones(20), np.zeros(40)]}
    logits = {Tag.GLARE: np.r_[np.linspace(1, 3, 20), np.full(16, 1.5), np.linspace(-3, 0, 24)][None]}
    none, sources = np.zeros(60, bool), np.full(60, "a")
    scenes, one_scene = alone(60), np.r_[alone(20), np.full(16, "the dim hall"), alone(24)]
    assert choose_cuts(logits, truth, sources, scenes, good=none, budget=1.0)[Tag.GLARE] > 1.5
    assert choose_cuts(logits, truth, sources, one_scene, good=none, budget=1.0)[Tag.GLARE] < 1.0


def test_a_good_photo_counts_more_than_one_of_which_nobody_said_that_it_is_good() -> None:
    def usual_logit(good: bool) -> float:
        rng = np.random.default_rng(0)
        photos = [
            Example(
                measures={"grain": float(rng.uniform(40, 100) if noisy else rng.uniform(0, 60))},
                present=frozenset({Tag.NOISY} if noisy else ()),
                group=f"scene {number}",
                good=good and not noisy,
            )
            for number, noisy in enumerate([True, False] * 100)
        ]
        start = Thresholds(version="0", rules=(Rule(tag=Tag.NOISY, terms=(Term(measure="grain", weight=1e-9),), bias=0.0),))
        return float(fit(photos, start, version="1", created="d")[1].logits[Tag.NOISY].mean())

    assert usual_logit(good=True) < usual_logit(good=False) - 0.3


def bent(weight: float = 1e-9) -> Thresholds:
    return Thresholds(
        version="bent", rules=(Rule(tag=Tag.NOISY, terms=(Term(measure="grain", weight=weight, piece=True),), bias=0.0),)
    )


def stepped(count: int = 400, seed: int = 1) -> list[Example]:
    """Noise is seen from grain 80 on and nowhere below, however much there is."""
    grains = np.random.default_rng(seed).uniform(0, 100, count)
    noisy = frozenset({Tag.NOISY})
    return [
        Example(measures={"grain": float(grain)}, present=noisy if grain > 80 else frozenset(), group=f"scene {number}")
        for number, grain in enumerate(grains)
    ]


def test_a_bent_line_rises_where_the_defect_begins_and_never_falls() -> None:
    rule = fit(stepped(), bent(), version="new", created="d")[0].rules[0]
    assert [term.piece for term in rule.terms] == [True] * 5
    assert all(one.high == two.low for one, two in itertools.pairwise(rule.terms))
    along = [rule.logit({"grain": grain}) for grain in range(0, 101, 5)]
    assert along == sorted(along)
    below, above = along[12] - along[0], along[20] - along[16]
    assert above > 2 * below


def test_the_pieces_of_a_bent_line_stay_where_they_are_when_it_is_fitted_again() -> None:
    first, _ = fit(stepped(), bent(), version="new", created="d")
    bright = [replace(each, measures={"grain": each.measures["grain"] * 0.9}) for each in stepped(seed=2)]
    again, _ = fit(bright, first, version="newer", created="d")
    inner = [(term.low, term.high) for term in again.rules[0].terms[1:-1]]
    assert inner == [(term.low, term.high) for term in first.rules[0].terms[1:-1]]


def test_f1_of_nothing_is_zero() -> None:
    nothing = np.zeros(3, bool)
    assert f_score(nothing, nothing) == (0.0, 0.0, 0.0)
    assert f_score(np.array([True, True, False]), np.array([True, False, False])) == (1.0, 0.5, pytest.approx(2 / 3))
