"""How the archive and its daemon are doing, as plain values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import look
from daemon.lock import is_locked
from daemon.sites import PLAIN_FOLDERS, InboxFolders, unheard_sites
from db.jobs import unmoved_photos
from db.records import counts, service


def status(home: Home, database: Engine, folders: InboxFolders = PLAIN_FOLDERS) -> dict[str, Any]:
    """Counts by outcome, what waits in the inbox, and whether a daemon holds the inbox's lock now."""
    with Session(database) as session:
        numbers = counts(session)
        unmoved, _ = unmoved_photos(session)
        watcher, grouping = service(session, "watcher"), service(session, "grouping")
    running = is_locked(home.db / "daemon.lock")
    regrouping = is_locked(home.db / "regroup.lock")  # else one that is said to run was killed
    return {
        "waiting": len(look(home.inbox, folders)),
        **numbers,
        "unmoved": len(unmoved),
        "daemon": "running" if running else "stopped",
        "oldest_waiting_s": watcher.detail.get("oldest_waiting_s", 0) if watcher and running else None,
        "mode": watcher.detail.get("mode") if watcher and running else None,
        "advice": watcher.detail.get("advice") if watcher and running else None,
        "sites_advice": " ".join(unheard_sites(home, database, folders)) or None,
        "paused": watcher.detail.get("paused") if watcher and running else None,
        "canary": watcher.detail.get("canary") if watcher and running else None,
        "last_beat_s": round((datetime.now(UTC) - watcher.beat_at).total_seconds(), 1) if watcher else None,
        "grouping": {"state": grouping.state if regrouping else "idle", **grouping.detail} if grouping else None,
    }


def told(values: dict[str, Any], *, as_json: bool) -> str:
    """The values for a person, one to a line, or for a program."""
    return json.dumps(values) if as_json else "\n".join(f"{key:18} {_in_words(value)}" for key, value in values.items())


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        parts = ((key.replace("_", " "), ":" if isinstance(part, dict) else "", _in_words(part)) for key, part in value.items())
        return ", ".join(f"{key}{colon} {words}" for key, colon, words in parts)
    return "-" if value is None else str(value)
