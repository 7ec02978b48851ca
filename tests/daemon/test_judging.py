"""Photos that hang, crash or eat memory, in real judging processes: what the engine does with them is put in its place."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon import judging
from daemon.canary import Canary
from daemon.home import Home
from daemon.inbox import Sighting, look
from daemon.intake import Intake
from daemon.judging import Bench, Here, JudgeDied, Judgement, Judges, wait_ready
from daemon.settling import Pace
from daemon.watch import Watch
from db.intake_tables import Claim
from engine.errors import NotAnImage
from engine.verdict import Verdict
from tests.daemon import poison
from tests.daemon.test_intake import fake_appraise, rows
from tests.daemon.test_watch import Clock, Stop
from tests.photos import read, verdict, write

TEMPLATE = "{clarity}/{meter_type}/{name}"


@pytest.fixture
def judges(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Judges]:
    monkeypatch.setattr(judging, "_judge", poison.poisoned)
    monkeypatch.setattr(judging, "_load", poison.nothing)
    bench = Bench(models_dir=tmp_path, cache=tmp_path, threads=1, max_bytes=100, max_pixels=100, memory_mb=2048)
    made = Judges(bench, processes=2, timeout_s=5.0)
    made.warm_up(threading.Event())
    yield made
    made.close()


def test_who_is_told_to_stop_while_the_models_load_does_not_wait_for_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(judging, "_load", poison.forever)
    bench = Bench(models_dir=tmp_path, cache=tmp_path, threads=1, max_bytes=100, max_pixels=100, memory_mb=2048)
    judges, stop = Judges(bench, processes=2, timeout_s=5.0), threading.Event()
    loading = judges.open()
    threading.Timer(0.2, stop.set).start()
    judges.warm_up(stop)
    assert not loading.done()
    judges.close()
    assert loading.done()


def test_poison_is_refused_after_three_deaths_and_the_others_flow(home: Home, database: Engine, judges: Judges) -> None:
    def begin(data: bytes, site: str | None) -> Judgement:
        return judges.begin(data, site) if data == b"abort" else Here(partial(fake_appraise, data))

    sound = {f"{number}.jpg": f"sharp {number}".encode() for number in range(4)}
    write(home.inbox, {"crash.jpg": b"abort", **sound})
    intake = Intake(home, database, fake_appraise, template=TEMPLATE, max_bytes=100, begin=begin)
    clock = Clock()
    pace = Pace(settle_s=0.0, patience_s=60.0, rescan_s=5.0)
    Watch(home, database, intake, pace, clock=clock, width=judges.width).once(Stop(clock, after_s=1.0))
    assert set(read(home.sorted)) >= {f"clear/ACME_1/{name}" for name in sound}
    for _ in range(4):
        for seen in list_inbox(home):
            intake.take(seen, may_wait=False)
    assert [(row.source, row.reason) for row in rows(database) if row.reason] == [("crash.jpg", "poison")]
    assert read(home.inbox) == {}
    with Session(database) as session:
        assert session.query(Claim).count() == 0


def test_a_photo_that_takes_all_memory_is_a_death_of_its_judge(judges: Judges) -> None:
    with pytest.raises(JudgeDied, match="memory"):
        judges.judge(b"memory")


def list_inbox(home: Home) -> list[Sighting]:
    return sorted(look(home.inbox), key=lambda seen: seen.source)


def test_a_photo_that_hangs_is_ended_at_its_time_limit_and_its_process_replaced(judges: Judges) -> None:
    hanging = judges.begin(b"hang", None)
    assert judges.begin(b"sharp", None).verdict()[1] > 0  # the one that hangs holds nobody up
    with pytest.raises(JudgeDied, match="too long"):
        hanging.verdict()
    assert int(str(judges.judge(b"sharp"))) > 0


def test_a_photo_begun_where_another_has_just_died_is_not_ended_with_it(judges: Judges) -> None:
    dead = [judges.begin(b"abort", None) for _ in range(2)]
    assert all(wait_ready([each], 60.0) for each in dead)
    sound = judges.begin(b"sharp", None)
    for each in dead:
        with pytest.raises(JudgeDied):
            each.verdict()
    assert sound.verdict()[1] > 0


def test_what_the_engine_refuses_is_no_death(judges: Judges) -> None:
    with pytest.raises(NotAnImage):
        judges.judge(b"text")


def test_a_process_that_died_with_no_photo_in_hand_is_nobodys_fault(judges: Judges) -> None:
    pid = int(judges.begin(b"sharp", None).verdict()[1])
    os.kill(pid, 9)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and judges._lanes[0]._executor._flags.broken is None:  # type: ignore[union-attr]
        time.sleep(0.02)  # until the pool has noticed, a moment after the process is gone
    assert int(str(judges.judge(b"sharp"))) > 0


def test_ten_judgements_that_never_ended_are_poison_too(home: Home, database: Engine) -> None:
    """The daemon itself was killed each time, perhaps by the memory this file takes."""

    class Killed(BaseException):
        pass

    def killed(_: bytes) -> Verdict:
        raise Killed

    write(home.inbox, {"a.jpg": b"sharp"})
    intake = Intake(home, database, killed, template=TEMPLATE, max_bytes=100)
    for _ in range(10):
        with pytest.raises(Killed):
            intake.take(list_inbox(home)[0], may_wait=False)
    intake.take(list_inbox(home)[0], may_wait=False)
    assert [(row.outcome, row.reason) for row in rows(database)] == [("refused", "poison")]


@pytest.mark.parametrize("failure", [JudgeDied("no engine"), RuntimeError("a bug in the engine"), ZeroDivisionError("a bug")])
def test_the_canary_says_when_the_engine_is_silent_and_survives_whatever_it_raises(failure: Exception) -> None:
    clock = Clock()

    def dead() -> Verdict:
        raise failure

    canary = Canary(lambda data, site: Here(dead), clock)
    canary.tend()
    assert canary.detail == {"ok": False, "why": str(failure)}
    sound = Canary(lambda data, site: Here(verdict), clock)
    sound.tend()
    assert sound.detail["ok"] is True
