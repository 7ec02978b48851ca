from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from daemon.inbox import Sighting
from daemon.settling import Settling


def seen(name: str = "a.jpg", size: int = 10, mtime_ns: int = 1) -> Sighting:
    return Sighting(Path("/inbox") / name, name, size, mtime_ns, mtime_ns, 7)


def test_a_file_is_offered_after_it_was_the_same_for_the_quiet_window() -> None:
    settling = Settling(2.0)
    assert settling.observe([seen()], 0.0) == []
    assert settling.observe([seen()], 1.9) == []
    assert settling.observe([seen()], 2.0) == [seen()]


def test_a_file_that_grows_starts_its_window_anew() -> None:
    settling = Settling(2.0)
    settling.observe([seen(size=10)], 0.0)
    assert settling.observe([seen(size=11)], 1.9) == []
    assert settling.observe([seen(size=11)], 3.8) == []
    assert settling.observe([seen(size=11)], 3.9) == [seen(size=11)]


def test_a_postponed_file_comes_back_then_or_as_soon_as_it_changes() -> None:
    settling = Settling(1.0)
    settling.observe([seen()], 0.0)
    settling.postpone(seen(), until_s=50.0)
    assert settling.observe([seen()], 49.0) == []
    assert settling.observe([seen(size=99)], 49.5) == []
    assert settling.observe([seen(size=99)], 50.5) == [seen(size=99)]


def test_the_longest_waiting_comes_first() -> None:
    settling = Settling(1.0)
    settling.observe([seen("late-name-first-come.jpg")], 0.0)
    both = [seen("a.jpg"), seen("late-name-first-come.jpg")]
    settling.observe(both, 0.5)
    assert [each.source for each in settling.observe(both, 2.0)] == ["late-name-first-come.jpg", "a.jpg"]
    assert settling.oldest_s(2.0) == 2.0
    assert settling.waiting == 2


def test_a_file_that_vanished_is_forgotten() -> None:
    settling = Settling(1.0)
    settling.observe([seen()], 0.0)
    settling.observe([], 0.5)
    assert settling.waiting == 0
    assert settling.next_try_s() is None
    assert settling.observe([seen()], 5.0) == []


@given(st.lists(st.tuples(st.floats(0.01, 3.0), st.integers(0, 3)), min_size=1, max_size=30))
def test_nothing_is_ever_offered_within_the_quiet_window_of_its_last_change(steps: list[tuple[float, int]]) -> None:
    settling, now, size, changed = Settling(2.0), 0.0, -1, 0.0
    for pause, new_size in steps:
        now += pause
        if new_size != size:
            size, changed = new_size, now
        offered = settling.observe([seen(size=size)], now)
        assert bool(offered) == (now - changed >= 2.0)
