"""Everything the schedule does beside regrouping: second looks, models, messages, retention."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from daemon.home import Home
from daemon.model_jobs import ModelJobs
from daemon.newcomers import Newcomers
from daemon.notify import Notices, Sender, deliver
from daemon.retain import retain
from daemon.retry_jobs import RetryJobs
from daemon.schedule import Chore
from db.retention import Limits
from engine.bundle import current, read_card


def all_chores(
    home: Home,
    database: Engine,
    arguments: Sequence[str],
    *,
    template: str,
    retry_limit: int,
    addresses: Sequence[str],
    notify_minutes: float,
    drift_points: float,
    limits: Limits,
    models_dir: Path,
) -> list[Chore]:
    """The chores that the settings ask for. `arguments` go to the processes some of them start."""
    retries = RetryJobs(home, database, arguments, template=template, limit=retry_limit)
    models = ModelJobs(home, database, arguments)
    newcomers = Newcomers(home, database, partial(_version, models_dir))
    chores = [
        Chore(name="newcomers", every_s=2, work=newcomers.tick, finish=newcomers.finish),
        Chore(name="retries", every_s=2, work=retries.tick, stop=retries.stop),
        Chore(name="models", every_s=2, work=models.tick, stop=models.stop),
    ]
    if addresses:
        sender = Sender(lambda text: deliver(addresses, text))
        pause = timedelta(minutes=notify_minutes)
        notices = Notices(database=database, send=sender.send, pause=pause, drift_points=drift_points)
        chores.append(Chore(name="notices", every_s=30, work=notices.look))
    if limits:
        chores.append(Chore(name="retention", every_s=3600, work=partial(retain, home, database, limits)))
    return chores


def _version(models_dir: Path) -> str | None:
    """The version of the meter_type model that judges now; None where there is none. Raises `ModelError`."""
    folder = current(models_dir, "meter_type")
    return read_card(folder).version if folder else None
