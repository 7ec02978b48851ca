from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.__main__ import EXIT_RUNNING, main
from daemon.home import Home
from daemon.lock import Busy
from daemon.sole import UNMOVED_S, machine, sole_watcher, take_over
from db.leases import Held, give_lease_back, read_lease, renew_lease, take_lease
from tests.archive import NOW

ELSEWHERE = Held(holder="a" * 32, machine="north-box 1111", home="/srv/meters", pid=77)


def mine(here: Home, **changes: object) -> Held:
    values: dict[str, object] = {"holder": "b" * 32, "machine": machine(), "home": str(here.root), "pid": os.getpid()}
    return Held(**(values | changes))  # type: ignore[arg-type]


def leave(database: Engine, held: Held) -> None:
    with Session(database) as session, session.begin():
        assert take_lease(session, held, None, NOW)


def holder(database: Engine) -> str | None:
    with Session(database) as session:
        held = read_lease(session)
    return held.holder if held else None


class Time:
    """Seconds that pass only by waiting; `meanwhile` is what the other machine does."""

    def __init__(self, meanwhile: Callable[[float], None] = lambda passed_s: None) -> None:
        self.passed_s, self._meanwhile = 0.0, meanwhile

    def sleep(self, seconds: float) -> None:
        self.passed_s += seconds
        self._meanwhile(self.passed_s)


def test_a_watcher_of_another_machine_is_known_by_its_beat_whatever_the_clocks_say(home: Home, database: Engine) -> None:
    def beat(passed_s: float) -> None:
        if passed_s == 5.0:
            with Session(database) as session, session.begin():
                assert renew_lease(session, ELSEWHERE, NOW)

    leave(database, ELSEWHERE)
    time = Time(beat)
    with pytest.raises(Busy, match="77 on north-box"):
        take_over(database, mine(home), time.sleep, threading.Event())
    assert (time.passed_s, holder(database)) == (5.0, ELSEWHERE.holder)


def test_a_lease_that_a_crash_left_on_another_machine_is_taken_after_half_a_minute_without_a_beat(
    home: Home, database: Engine
) -> None:
    leave(database, ELSEWHERE)
    time = Time()
    take_over(database, mine(home), time.sleep, threading.Event())
    assert (time.passed_s, holder(database)) == (UNMOVED_S, "b" * 32)


def test_a_lease_given_back_meanwhile_is_taken_at_once(home: Home, database: Engine) -> None:
    def give_back(passed_s: float) -> None:
        with Session(database) as session, session.begin():
            give_lease_back(session, ELSEWHERE)

    leave(database, ELSEWHERE)
    time = Time(give_back)
    take_over(database, mine(home), time.sleep, threading.Event())
    assert (time.passed_s, holder(database)) == (1.0, "b" * 32)


def test_a_lease_that_a_killed_daemon_of_this_home_and_machine_left_is_taken_at_once(home: Home, database: Engine) -> None:
    leave(database, mine(home, holder="c" * 32, pid=os.getppid()))  # its number may be another process's by now
    time = Time()
    take_over(database, mine(home), time.sleep, threading.Event())
    assert (time.passed_s, holder(database)) == (0.0, "b" * 32)


def test_a_daemon_of_another_home_on_this_machine_is_told_by_its_process(home: Home, database: Engine) -> None:
    def beat(passed_s: float) -> None:
        with Session(database) as session, session.begin():
            assert renew_lease(session, other, NOW)

    other = mine(home, holder="c" * 32, home="/srv/meters")
    leave(database, other)
    with pytest.raises(Busy):
        take_over(database, mine(home), Time(beat).sleep, threading.Event())
    with Session(database) as session, session.begin():
        give_lease_back(session, other)
    leave(database, mine(home, holder="d" * 32, home="/srv/meters", pid=2**22 + 1))  # above every process number of Linux
    time = Time()
    take_over(database, mine(home), time.sleep, threading.Event())
    assert time.passed_s == 0.0


def test_of_two_that_take_a_stale_lease_at_the_same_moment_one_gets_it(home: Home, database: Engine) -> None:
    def be_faster(passed_s: float) -> None:
        if passed_s == UNMOVED_S:
            monkeypatch.setattr("daemon.sole.take_lease", beaten)

    def beaten(session: Session, me: Held, seen: Held | None, now: object) -> bool:
        assert take_lease(session, Held(holder="e" * 32, machine="east-box 1", home="/", pid=5), seen, NOW)
        return take_lease(session, me, seen, NOW)

    leave(database, ELSEWHERE)
    with pytest.MonkeyPatch.context() as monkeypatch, pytest.raises(Busy):
        take_over(database, mine(home), Time(be_faster).sleep, threading.Event())
    assert holder(database) != "b" * 32


def test_a_holder_that_was_thought_dead_stops_and_says_who_has_the_inbox_now(
    home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.sole.BEAT_S", 0.01)
    stop = threading.Event()
    with pytest.raises(Busy, match="77 on north-box"), sole_watcher(home, database, stop):
        with Session(database) as session, session.begin():
            assert take_lease(session, ELSEWHERE, read_lease(session), NOW)
        assert stop.wait(30)
    assert holder(database) == ELSEWHERE.holder


def test_a_watcher_that_ends_gives_the_lease_back(home: Home, database: Engine) -> None:
    with sole_watcher(home, database, threading.Event()):
        assert holder(database) is not None
    assert holder(database) is None


def test_the_command_line_says_which_machine_has_the_inbox_and_ends_with_code_four(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("daemon.sole.take_over", lambda *_: (_ for _ in ()).throw(Busy("77 on north-box")))
    assert main(["once", "--home", str(home.root)]) == EXIT_RUNNING
    assert "another process (77 on north-box) is at work" in capsys.readouterr().err
