"""The commands an operator types: retry, retain, notify-test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.__main__ import main
from daemon.home import Home
from daemon.lock import locked
from daemon.retry_jobs import RetryJobs
from db.database import open_database, sqlite_url
from db.intake_tables import Retry
from db.retries import ask_retry
from db.tables import Job, Photo
from tests.archive import photo, refused, store
from tests.photos import jpeg, read, write


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with one sound photo that was refused, a file that is no picture, and an old duplicate's file."""
    monkeypatch.setenv("METERSIEVE_MODELS_DIR", str(tmp_path / "no models"))
    home = Home(tmp_path / "home").make()
    database = open_database(sqlite_url(home.db / "metersieve.sqlite"))
    files = {"engine_error/a.jpg": jpeg(1), "not_an_image/b.jpg": b"text"}
    for number, (name, data) in enumerate(files.items()):
        from hashlib import sha256

        path = f"sorted/refused/{name}"
        write(home.root, {path: data})
        reason, file = name.split("/")
        store(database, refused(number, reason, path=path, name=file, size_bytes=len(data), sha256=sha256(data).hexdigest()))
    old = datetime.now(UTC) - timedelta(days=90)
    write(home.root, {"sorted/duplicates/old.jpg": b"old"})
    store(database, photo(9, outcome="duplicate", intended="duplicate", path="sorted/duplicates/old.jpg", received_at=old))
    database.dispose()
    return home


def run(home: Home, *arguments: str) -> int:
    return main([*arguments, "--home", str(home.root)])


def test_retry_looks_again_at_all_and_says_what_became_of_them(archive: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(archive, "retry") == 0
    assert "Looked again at 2: 1 filed, 1 refused" in capsys.readouterr().out
    assert {"unjudged/unjudged/a.jpg", "refused/not_an_image/b.jpg"} <= set(read(archive.sorted))
    assert run(archive, "retry", "--reason", "engine_error") == 0
    assert "Nothing to look at again" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "looked"), [(("--reason", "not_an_image"), 1), (("2",), 1), (("77",), 0), (("--due",), 0)])
def test_retry_can_be_narrowed(
    archive: Home, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], looked: int
) -> None:
    assert run(archive, "retry", *arguments) == 0
    assert ("Looked again at 1" in capsys.readouterr().out) == bool(looked)


def test_two_retries_at_once_are_told_apart(archive: Home) -> None:
    with locked(archive.db / "retry.lock"):
        assert run(archive, "retry") == 4


def test_retain_without_a_limit_keeps_everything_and_says_how_to_set_one(
    archive: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(archive, "retain") == 0
    assert "[retention.duplicate]" in capsys.readouterr().out
    assert "duplicates/old.jpg" in read(archive.sorted)


def test_retain_says_what_would_go_and_then_removes_it(archive: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (archive.root / "settings.toml").write_text("[retention.duplicate]\ndays = 30")
    assert run(archive, "retain", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "sorted/duplicates/old.jpg: older than 30 days" in said
    assert "1 file," in said
    assert "duplicates/old.jpg" in read(archive.sorted)
    assert run(archive, "retain") == 0
    assert "duplicates/old.jpg" not in read(archive.sorted)


def test_notify_test_without_an_address_says_how_to_set_one(archive: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(archive, "notify-test") == 2
    assert "notify_urls" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # apprise's own
def test_notify_test_names_a_dead_address_by_its_kind_alone(archive: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (archive.root / "settings.toml").write_text("notify_urls = ['json://user:SECRET@127.0.0.1:9']")
    assert run(archive, "notify-test") == 3
    told = capsys.readouterr()
    assert "address 1 (json): not taken" in told.out
    assert "SECRET" not in told.out + told.err


def tick_until_idle(jobs: RetryJobs) -> None:
    jobs.tick()
    while jobs._process is not None:
        jobs._process.wait(120)
        jobs.tick()


@pytest.mark.product
def test_a_second_look_asked_for_on_the_pages_is_done_by_a_process_and_its_job_ends(archive: Home) -> None:
    database: Engine = open_database(sqlite_url(archive.db / "metersieve.sqlite"))
    with Session(database) as session, session.begin():
        ask_retry(session, photo_id=None, reason="engine_error", by="pages", now=datetime.now(UTC))
    jobs = RetryJobs(archive, database, ["--home", str(archive.root)], template="{clarity}/{meter_type}/{name}", limit=6)
    tick_until_idle(jobs)
    jobs.stop()
    with Session(database) as session:
        assert [(job.status, job.message) for job in session.scalars(select(Job))] == [("done", "looked again")]
        assert [(look.by, look.outcome_after) for look in session.scalars(select(Retry))] == [("pages", "filed")]
        assert session.get_one(Photo, 1).path == "sorted/unjudged/unjudged/a.jpg"
    database.dispose()
