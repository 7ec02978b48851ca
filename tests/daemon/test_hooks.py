from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from daemon.home import Home
from daemon.hooks import Hooks
from daemon.inbox import look
from daemon.intake import Filed, Intake
from tests.archive import photo, store
from tests.daemon.test_intake import fake_appraise
from tests.photos import write


def hooks(database: Engine, *command: str, url: str = "", timeout_s: float = 60.0) -> Hooks:
    return Hooks(database, command=command, url=url, timeout_s=timeout_s, drain_s=120)


def writes_to(path: Path) -> tuple[str, ...]:
    return sys.executable, "-c", f"import sys; open({str(path)!r}, 'a').write(sys.stdin.read() + '\\n')"


def test_a_filed_photo_is_told_to_the_program_as_json(home: Home, database: Engine, tmp_path: Path) -> None:
    told = tmp_path / "told.jsonl"
    after = hooks(database, *writes_to(told))
    intake = Intake(
        home, database, fake_appraise, template="{clarity}/{meter_type}/{name}", max_bytes=100, after_filing=after.filed
    )
    write(home.inbox, {"a.jpg": b"sharp", "b.jpg": b"text"})
    for seen in look(home.inbox):
        intake.take(seen, may_wait=False)
    after.stop()
    (row,) = [json.loads(line) for line in told.read_text().splitlines()]
    assert (row["source"], row["outcome"], row["path"]) == ("a.jpg", "filed", "sorted/clear/ACME_1/a.jpg")


@pytest.mark.parametrize(
    ("command", "said"),
    [((sys.executable, "-c", "raise SystemExit(7)"), "code 7"), (("/nowhere/hook",), "FileNotFoundError")],
)
def test_a_hook_that_fails_is_logged_and_the_next_photo_is_told(
    database: Engine, caplog: pytest.LogCaptureFixture, command: tuple[str, ...], said: str
) -> None:
    store(database, photo(1), photo(2))
    after = hooks(database, *command)
    after.filed(1)
    after.filed(2)
    after.stop()
    assert caplog.text.count(said) == 2


def test_a_hook_that_hangs_is_ended_and_holds_up_nobody(home: Home, database: Engine, caplog: pytest.LogCaptureFixture) -> None:
    after = hooks(database, sys.executable, "-c", "import time; time.sleep(60)", timeout_s=0.2)
    intake = Intake(
        home, database, fake_appraise, template="{clarity}/{meter_type}/{name}", max_bytes=100, after_filing=after.filed
    )
    write(home.inbox, {"a.jpg": b"sharp"})
    (seen,) = look(home.inbox)
    assert isinstance(intake.take(seen, may_wait=False), Filed)
    started = time.monotonic()
    after.stop()
    assert time.monotonic() - started < 50
    assert "was ended" in caplog.text


def test_an_address_gets_the_row_and_its_errors_are_logged_without_it(
    database: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    posted: list[bytes] = []

    def post(url: str, *, content: bytes, headers: dict[str, str], timeout: float) -> httpx.Response:
        posted.append(content)
        if len(posted) == 2:
            raise httpx.ConnectError(f"cannot reach {url}")
        return httpx.Response(503 if len(posted) == 1 else 200)

    monkeypatch.setattr("httpx.post", post)
    store(database, photo(1), photo(2), photo(3))
    after = hooks(database, url="http://host/SECRET")
    for photo_id in (1, 2, 3):
        after.filed(photo_id)
    after.stop()
    assert [json.loads(each)["id"] for each in posted] == [1, 2, 3]
    assert "503" in caplog.text
    assert "SECRET" not in caplog.text


def test_without_a_hook_no_thread_runs_and_nothing_is_kept(database: Engine) -> None:
    after = hooks(database)
    after.filed(1)
    after.stop()
    assert after._waiting.empty()
