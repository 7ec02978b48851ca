"""The Overview's services: the watcher, the engine's models, the grouping, the disk."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from db.jobs import is_regroup_asked, unmoved_photos
from db.overview import Heartbeat, read_heartbeats
from engine.bundle import Card
from engine.errors import ModelError
from ui import words
from ui.archive import Archive
from ui.templating import format_bytes, format_span, format_when

NEARLY_FULL_BYTES = 2_000_000_000  # a day's drop of 1,000 photos at 2 MB


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceLine:
    """One service as the table shows it; `tone` is "ok", "bad", "warn" or "none"."""

    name: str
    state: str
    tone: str
    icon: str
    lines: tuple[str, ...]


def read_services(session: Session, archive: Archive, now: datetime) -> tuple[ServiceLine, ...]:
    """All services, the one that matters most first."""
    beats = read_heartbeats(session, now)
    watcher = beats.get("watcher")
    alive = watcher is not None and watcher.alive
    _, unmoved = unmoved_photos(session)
    return (
        _watcher(watcher),
        _engine(archive),
        _grouping(beats.get("grouping"), archive, unmoved, asked=is_regroup_asked(session), watcher_alive=alive),
        _disk(archive),
    )


def _line(name: str, state: str, tone: str, *lines: str) -> ServiceLine:
    icon = {"ok": "✓", "bad": "✕", "warn": "!", "none": "–"}[tone]
    return ServiceLine(name=name, state=state, tone=tone, icon=icon, lines=tuple(filter(None, lines)))


def _watcher(beat: Heartbeat | None) -> ServiceLine:
    if beat is None:
        return _line(words.SERVICE_WATCHER, words.NEVER, "none", words.WATCHER_START)
    if beat.starting:
        return _line(words.SERVICE_WATCHER, words.STARTING, "none", words.WATCHER_LOADS)
    age = format_span(beat.age)
    if not beat.alive:
        return _line(words.SERVICE_WATCHER, words.STOPPED, "bad", words.WATCHER_BEAT.format(age=age), words.WATCHER_START)
    waiting, oldest = int(beat.detail.get("waiting") or 0), beat.detail.get("oldest_waiting_s")
    inbox = words.NOTHING_WAITING
    if waiting and oldest:
        inbox = words.WAITING_OLDEST.format(waiting=f"{waiting:,}", age=format_span(float(oldest)))
    elif waiting:
        inbox = words.WAITING.format(waiting=f"{waiting:,}")
    mode = str(beat.detail.get("mode") or words.RUNNING).capitalize()
    mark = words.WATCHER_MODE.format(mode=mode, age=age)
    if paused := beat.detail.get("paused"):
        return _line(words.SERVICE_WATCHER, words.PAUSED, "bad", str(paused), inbox, mark)
    canary = beat.detail.get("canary") or {}
    silent = words.ENGINE_SILENT.format(why=canary.get("why", "")) if canary.get("ok") is False else ""
    advice = str(beat.detail.get("advice") or "")
    return _line(words.SERVICE_WATCHER, words.RUNNING, "warn" if advice or silent else "ok", inbox, silent, advice, mark)


def _engine(archive: Archive) -> ServiceLine:
    cards = archive.judge.cards()
    thresholds = archive.judge.thresholds()
    lines = [f"{words.MODEL_NAMES.get(task, task)}: {_model(card)}" for task, card in cards.items()]
    lines.append(f"{words.quality.THRESHOLDS}: {thresholds if isinstance(thresholds, ModelError) else thresholds.version}")
    if any(isinstance(each, ModelError) for each in (*cards.values(), thresholds)):
        return _line(words.SERVICE_ENGINE, words.DAMAGED, "bad", *lines)
    if all(cards.values()):
        return _line(words.SERVICE_ENGINE, words.READY, "ok", *lines)
    return _line(words.SERVICE_ENGINE, words.PARTLY, "warn", *lines)


def _model(card: Card | ModelError | None) -> str:
    if isinstance(card, Card):
        return card.version
    return words.NO_MODEL if card is None else str(card)


def _grouping(beat: Heartbeat | None, archive: Archive, unmoved: str, *, asked: bool, watcher_alive: bool) -> ServiceLine:
    if not watcher_alive:
        return _line(words.SERVICE_GROUPING, words.STOPPED, "none", words.REGROUP_WAITS if asked else "", unmoved)
    running = beat is not None and beat.state == "running"
    *last, coming = grouping_runs(beat, archive, running=running)
    state, tone = (words.RUNNING, "ok") if running else (words.IDLE, "none")
    coming = words.REGROUP_ASKED if asked and not running else coming
    return _line(words.SERVICE_GROUPING, state, "warn" if unmoved else tone, *last, coming, unmoved)


def grouping_runs(beat: Heartbeat | None, archive: Archive, *, running: bool) -> tuple[str, ...]:
    """When the one that runs began; or when one was cancelled and when the last was and how long it took; and the next."""

    def at(text: str, moment: datetime | None, **more: str) -> str:
        return text.format(when=format_when(moment, archive.zone), **more) if moment else ""

    detail = beat.detail if beat else {}
    began, cancelled, ended, upcoming = (
        _moment(detail.get(name)) for name in ("last_started", "last_cancelled", "last_ended", "next_run")
    )
    coming = at(words.GROUPING_NEXT, upcoming)
    if running and began:
        return at(words.GROUPING_SINCE, began), coming
    last = at(words.GROUPING_LAST, ended, seconds=format_span(float(detail.get("last_seconds") or 0)))
    stopped = at(words.GROUPING_CANCELLED, cancelled) if cancelled and (not ended or cancelled > ended) else ""
    return stopped, last if last or stopped else words.GROUPING_NOTHING, coming


def _disk(archive: Archive) -> ServiceLine:
    free = shutil.disk_usage(archive.home).free
    fine = free > NEARLY_FULL_BYTES
    text = words.DISK_FREE.format(free=format_bytes(free))
    return _line(words.SERVICE_DISK, words.FINE if fine else words.NEARLY_FULL, "ok" if fine else "warn", text)


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
