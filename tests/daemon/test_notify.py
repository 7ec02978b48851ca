from __future__ import annotations

import http.server
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from daemon.notify import MOST_MESSAGES, Notices, Sender, deliver, kind
from db.records import beat
from db.tables import Job
from db.training import ask_cancel
from tests.archive import photo, refused, store, unclear

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def notices(database: Engine, clock: Clock, minutes: float = 15) -> tuple[Notices, list[str]]:
    sent: list[str] = []
    looking = Notices(
        database=database, send=sent.append, pause=timedelta(minutes=minutes), drift_points=15, low_bytes=1000, clock=clock
    )
    return looking, sent


def watcher(database: Engine, now: datetime, **detail: object) -> None:
    with Session(database) as session, session.begin():
        beat(session, "watcher", state="running", detail={"mode": "events", "free_bytes": 5000, **detail}, now=now)


def test_what_was_there_before_the_start_is_not_told(database: Engine, clock: Clock) -> None:
    store(database, refused(1), Job(kind="regroup", status="failed", payload={}, asked_at=NOW))
    looking, sent = notices(database, clock)
    looking.look()
    assert sent == []


def test_a_refusal_between_the_start_and_the_first_look_is_told(database: Engine, clock: Clock) -> None:
    looking, sent = notices(database, clock)
    store(database, refused(1))
    clock.now += timedelta(seconds=30)
    looking.look()
    assert sent == ["1 file was refused: 1 truncated."]


def test_refusals_are_told_once_by_reason(database: Engine, clock: Clock) -> None:
    looking, sent = notices(database, clock)
    store(database, refused(1), refused(2), refused(3, reason="empty"), photo(4))
    looking.look()
    looking.look()
    assert sent == ["3 files were refused: 2 truncated, 1 empty."]


def test_a_flood_of_refusals_is_one_message_every_so_often(database: Engine, clock: Clock) -> None:
    looking, sent = notices(database, clock)
    for number in range(10):
        store(database, refused(number))
        looking.look()
        clock.now += timedelta(minutes=2)
    assert sent == ["1 file was refused: 1 truncated.", "8 files were refused: 8 truncated."]
    clock.now += timedelta(hours=-48)
    store(database, refused(20))
    looking.look()
    assert len(sent) == 3


def test_an_arrival_that_ends_after_a_later_one_is_told_too(database: Engine, clock: Clock) -> None:
    looking, sent = notices(database, clock, minutes=0)
    on_its_way = refused(1, outcome=None)
    store(database, on_its_way, refused(2))
    looking.look()
    with Session(database) as session, session.begin():
        session.merge(on_its_way).outcome = "refused"
    looking.look()
    assert sum("1 truncated" in text or "2 truncated" in text for text in sent) >= 1
    assert any("2 truncated" in text for text in sent) or len(sent) == 2


def test_a_failed_job_is_told(database: Engine, clock: Clock) -> None:
    looking, sent = notices(database, clock)
    store(database, Job(kind="regroup", status="failed", payload={}, asked_at=NOW, message="ended with code 1"))
    looking.look()
    assert sent == ["The job regroup failed: ended with code 1."]


def test_a_training_that_a_person_withdrew_is_no_alarm(database: Engine, clock: Clock) -> None:
    store(database, Job(kind="retrain", status="waiting", payload={}, asked_at=NOW))
    looking, sent = notices(database, clock)
    with Session(database) as session, session.begin():
        ask_cancel(session, NOW)
    looking.look()
    assert sent == []


def test_a_job_that_fails_after_a_later_one_or_was_asked_for_before_the_start_is_told_once(
    database: Engine, clock: Clock
) -> None:
    store(database, *(Job(kind=kind, status="waiting", payload={}, asked_at=NOW) for kind in ("retrain", "rejudge", "regroup")))
    looking, sent = notices(database, clock, minutes=0)
    for failing in ("regroup", "retrain", "rejudge"):
        with Session(database) as session, session.begin():
            session.execute(update(Job).where(Job.kind == failing).values(status="failed", message="killed"))
        looking.look()
        looking.look()
    assert sent == [f"The job {kind} failed: killed." for kind in ("regroup", "retrain", "rejudge")]


@pytest.mark.parametrize(
    ("detail", "begins", "ends"),
    [
        ({"mode": "polling"}, "The inbox gives no events", "gives events again"),
        ({"free_bytes": 10}, "The disk is nearly full", "The disk has room again"),
        ({"paused": "too little space"}, "The disk is nearly full", "The disk has room again"),
        ({"canary": {"ok": False, "why": "no model"}}, "known picture: no model", "The engine judges again"),
    ],
)
def test_a_condition_is_told_when_it_begins_and_when_it_ends(
    database: Engine, clock: Clock, detail: dict[str, object], begins: str, ends: str
) -> None:
    watcher(database, NOW)
    looking, sent = notices(database, clock, minutes=0)
    watcher(database, NOW, **detail)
    looking.look()
    looking.look()
    watcher(database, NOW)
    looking.look()
    assert len(sent) == 2
    assert begins in sent[0]
    assert ends in sent[1]


def test_a_silent_watcher_is_told(database: Engine, clock: Clock) -> None:
    watcher(database, NOW)
    looking, sent = notices(database, clock)
    clock.now += timedelta(minutes=1)
    looking.look()
    assert sent == ["The watcher gives no sign of life."]


def test_a_site_whose_photos_become_unclear_is_told_and_the_others_are_not(database: Engine, clock: Clock) -> None:
    before = NOW - timedelta(days=20)
    store(database, *(photo(n, site="A", received_at=before) for n in range(60)))
    store(database, *(photo(100 + n, site="B", received_at=before) for n in range(60)))
    store(database, *(unclear(200 + n, site="A", received_at=NOW - timedelta(days=1)) for n in range(20)))
    store(database, *(photo(300 + n, site="A", received_at=NOW - timedelta(days=1)) for n in range(40)))
    store(database, *(unclear(400 + n, site="B", received_at=NOW - timedelta(days=1)) for n in range(40)))
    looking, sent = notices(database, clock)
    looking.look()
    assert sent == ["Site 'A': 33% of the photos are unclear, 0% were before."]


def test_a_sender_that_hangs_blocks_nobody(caplog: pytest.LogCaptureFixture) -> None:
    hanging, begun = threading.Event(), threading.Event()

    def hang(_: str) -> None:
        begun.set()
        hanging.wait(30)

    sender = Sender(hang)
    sender.send("first")
    assert begun.wait(60)
    for _ in range(MOST_MESSAGES + 1):
        sender.send("another")
    assert "dropped" in caplog.text
    hanging.set()


def test_a_sender_survives_what_delivery_raises(caplog: pytest.LogCaptureFixture) -> None:
    heard = threading.Event()

    def deliver_or_fail(text: str) -> None:
        if text == "bad":
            raise RuntimeError("json://user:SECRET@host refused")
        heard.set()

    sender = Sender(deliver_or_fail)
    sender.send("bad")
    sender.send("good")
    assert heard.wait(60)
    assert "SECRET" not in caplog.text


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """An address on this machine, and what it was sent."""
    heard: list[bytes] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, heard
    server.shutdown()
    server.server_close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # apprise's own
def test_a_text_reaches_an_address_and_a_dead_one_is_said_without_its_secret(
    listener: tuple[int, list[bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    port, heard = listener
    addresses = [f"json://127.0.0.1:{port}", "json://user:SECRET@127.0.0.1:9", "nonsense SECRET"]
    assert deliver(addresses, "3 files were refused.") == (True, False, False)
    assert b"3 files were refused." in heard[0]
    ours = " ".join(record.getMessage() for record in caplog.records if record.name.startswith(("daemon", "apprise")))
    assert "json" in ours
    assert "SECRET" not in ours


def test_only_the_kind_of_an_address_may_be_said() -> None:
    assert (kind("slack://T/O/KEN"), kind("SECRET"), kind("a b://x")) == ("slack", "unknown", "unknown")
