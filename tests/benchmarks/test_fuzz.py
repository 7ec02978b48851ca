from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.fuzz import SPECIAL_NAMES, fuzz_names, hostile_names, judge_batch, mutated, originals


def test_damaged_pictures_are_judged_or_refused_without_a_crash() -> None:
    told = judge_batch(seed=1, pictures=140)
    assert told.ended.total() == 140
    assert told.ended["judged"] < 140
    assert told.slowest_ms < 20_000


def test_damages_differ_and_repeat_with_the_seed() -> None:
    sources = originals(np.random.default_rng(0))
    first, again, other = (mutated(sources[0], sources[1], np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_hostile_names_are_filed_once_and_readable_for_all(tmp_path: Path) -> None:
    ended = fuzz_names(tmp_path, 120)
    assert (ended["lost"], ended["doubled"], ended["left"], ended["outside"]) == (0, 0, 0, 0)
    assert ended["filed"] == 120 - ended["litter"]
    assert {ended[f"rows in {ending}"] for ending in (".jsonl", ".csv", ".xlsx")} == {ended["filed"]}


def test_names_are_different_and_fit_a_file_system() -> None:
    names = hostile_names(300, np.random.default_rng(0))
    assert len(set(names)) == 300
    assert set(SPECIAL_NAMES) <= set(names)
    assert max(map(len, names)) <= 255
