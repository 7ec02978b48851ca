"""Trainings and second looks that the pages ask for: one process at a time, training first, the job ends with its process."""

from __future__ import annotations

import os
import subprocess

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon import model_jobs as module
from daemon.home import Home
from daemon.lock import locked
from daemon.model_jobs import ModelJobs
from db.jobs import JobKind, ask
from db.tables import Job
from db.training import ask_cancel, begin_run, running, tell
from tests.archive import NOW


class Process:
    """A process that runs until it is told how it ended."""

    started: list[list[str]] = []  # noqa: RUF012 - emptied by the fixture

    def __init__(self, command: list[str], **_: object) -> None:
        self.code: int | None = None
        self.command = command
        self.started.append(command[command.index("daemon") + 1 :])

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.code = -15

    def wait(self, timeout: float | None = None) -> int:
        assert self.code is not None
        return self.code


@pytest.fixture
def jobs(home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch) -> ModelJobs:
    monkeypatch.setattr(subprocess, "Popen", Process)
    monkeypatch.setattr(Process, "started", [])
    return ModelJobs(home, database, ["--home", "H"])


def asked(database: Engine, *kinds: JobKind) -> None:
    with Session(database) as session, session.begin():
        for kind in kinds:
            ask(session, kind, {"by": "ana"} if kind is JobKind.RETRAIN else {}, NOW)


def states(database: Engine) -> list[tuple[str, str, str | None]]:
    with Session(database) as session:
        return [(job.kind, job.status, job.message) for job in session.scalars(select(Job).order_by(Job.id))]


def end(jobs: ModelJobs, code: int) -> None:
    assert isinstance(jobs._process, Process)
    jobs._process.code = code
    jobs.tick()


def test_a_training_comes_before_a_second_look_and_each_job_ends_with_its_process(jobs: ModelJobs, database: Engine) -> None:
    asked(database, JobKind.REJUDGE, JobKind.RETRAIN)
    jobs.tick()
    jobs.tick()
    assert Process.started == [["retrain", "--home", "H", "--by", "ana"]]
    assert states(database) == [("rejudge", "waiting", None), ("retrain", "running", None)]
    end(jobs, 0)
    jobs.tick()
    assert Process.started[1:] == [["rejudge", "--home", "H"]]
    end(jobs, 2)
    assert states(database) == [("rejudge", "failed", "ended with code 2; the log says why"), ("retrain", "done", "done")]
    jobs.tick()
    assert len(Process.started) == 2


def test_a_stop_ends_the_process_and_leaves_its_job_for_the_next_start(jobs: ModelJobs, database: Engine) -> None:
    asked(database, JobKind.RETRAIN)
    jobs.tick()
    jobs.stop()
    assert states(database) == [("retrain", "running", None)], "the next start asks again for what was running"


def test_a_training_that_is_withdrawn_while_its_process_starts_is_ended(jobs: ModelJobs, database: Engine) -> None:
    asked(database, JobKind.RETRAIN)
    jobs.tick()
    process = jobs._process
    with Session(database) as session, session.begin():
        assert ask_cancel(session, NOW)
    jobs.tick()
    assert process is not None and process.poll() == -15
    jobs.tick()
    assert states(database) == [("retrain", "cancelled", "was withdrawn by a person")]
    assert jobs._process is None and len(Process.started) == 1


def test_a_run_that_began_after_it_was_withdrawn_hears_of_it_and_ends_by_itself(jobs: ModelJobs, database: Engine) -> None:
    asked(database, JobKind.RETRAIN)
    jobs.tick()
    with Session(database) as session, session.begin():
        assert ask_cancel(session, NOW)
    with Session(database) as session, session.begin():
        run_id = begin_run(session, "meter_type", by="ana", champion="v1", now=NOW)
    jobs.tick()
    with Session(database) as session, session.begin():
        assert tell(session, run_id, "reading", 0.1), "it is cancelled"
    assert jobs._process is not None and jobs._process.poll() is None


def test_a_killed_daemon_takes_its_training_along(jobs: ModelJobs, database: Engine) -> None:
    asked(database, JobKind.RETRAIN)
    jobs.tick()
    assert isinstance(jobs._process, Process)
    command = jobs._process.command
    assert command[command.index("engine.tied") + 1 :] == [str(os.getpid()), "daemon", "retrain", "--home", "H", "--by", "ana"]


def test_a_run_whose_process_was_killed_is_told_as_failed_but_never_one_under_way(
    jobs: ModelJobs, home: Home, database: Engine
) -> None:
    with Session(database) as session, session.begin():
        begin_run(session, "meter_type", by="ana", champion="v1", now=NOW)
    with locked(home.db / "retrain.lock"):
        jobs.tick()
        with Session(database) as session:
            assert running(session) is not None
    jobs.tick()
    with Session(database) as session:
        assert running(session) is None


def test_every_kind_of_job_has_its_command() -> None:
    from daemon.command_line import COMMANDS

    assert set(module.KINDS.values()) <= set(COMMANDS)


def test_a_training_waits_while_another_process_trains_and_a_second_look_does_not(
    home: Home, jobs: ModelJobs, database: Engine
) -> None:
    asked(database, JobKind.RETRAIN, JobKind.REJUDGE)
    with locked(home.db / "retrain.lock"):
        jobs.tick()
    assert Process.started == [["rejudge", "--home", "H"]]
    end(jobs, 0)
    jobs.tick()
    assert Process.started[1:] == [["retrain", "--home", "H", "--by", "ana"]]
