"""The refused files of the History page: what is kept under each reason, and asking for a second look."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from db.overview import read_heartbeats
from db.retries import RefusedFor, ask_retry, refused_by_reason
from db.tables import Outcome
from ui import words
from ui.archive import Archive
from ui.pages.history_query import Asked
from ui.who import who


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What is kept under one reason, and the address that shows it."""

    of: RefusedFor
    query: str
    is_shown: bool


def kept_refused(session: Session, asked: Asked) -> tuple[Kept, ...]:
    """One entry per reason, the most frequent first."""
    return tuple(
        Kept(of=kept, query=query_of(kept.reason, asked), is_shown=kept.reason == asked.filters.reason)
        for kept in refused_by_reason(session)
    )


def query_of(reason: str, asked: Asked = Asked()) -> str:
    """The History's address of one reason, whenever its files came."""
    filters = replace(asked.filters, outcome=Outcome.REFUSED.value, reason=reason)
    return replace(asked, period="all", filters=filters).query()


def look_again(archive: Archive, *, reason: str | None, photo_id: int | None) -> tuple[str, ...]:
    """Ask the daemon for a second look at one photo or all of a reason; what to say of that."""
    now = archive.clock()
    with Session(archive.engine) as session, session.begin():
        asked = ask_retry(session, photo_id=photo_id, reason=reason, by=who(), now=now)
        watcher = read_heartbeats(session, now).get("watcher")
    if not asked:
        return (words.intake.NOTHING_ASKED,)
    text = words.intake.ASKED if watcher is not None and watcher.alive else words.intake.ASKED_LATER
    return (text.format(photos=words.count_photos(asked)),)
