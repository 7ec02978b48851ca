"""The events from the inbox, and the proof that they come: a marker written through the watch must be heard.

Network shares, some container mounts and a used-up kernel limit give no events and no error. Where a probe is not heard,
the regular looks do the work alone, more often, and the signs of life say so. A root that was removed, replaced or mounted
anew is watched anew.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

log = logging.getLogger(__name__)

MARKER = ".metersieve"  # in every root: shows that the root is there, and is what probes write
MARKER_TEXT = "MeterSieve writes this file to test that it hears of new photos in this folder. Leave it here.\n"
UNHEARD_S = 2.0  # after which a probe counts as not heard; a local file system answers in milliseconds
PROBE_EVERY_S = 60.0
TEND_EVERY_S = 1.0
LIMITS = {
    errno.ENOSPC: "the kernel's limit of watched folders is reached: sudo sysctl fs.inotify.max_user_watches=524288",
    errno.EMFILE: "the kernel's limit of watchers is reached: sudo sysctl fs.inotify.max_user_instances=1024",
}


@dataclass(slots=True)
class _Root:
    """The inbox, or another file system mounted below it."""

    path: Path
    identity: tuple[int, int] | None  # device and inode when the watch began; None = not there
    mode: str = "probing"
    heard: bool = False
    probed_s: float | None = None  # a probe was written then and is not answered yet
    next_probe_s: float = 0.0


class Hearing:
    """Watches the inbox with watchdog and keeps proving it. `tend` is called often and never waits."""

    def __init__(self, inbox: Path, woken: threading.Event, clock: Callable[[], float]) -> None:
        self._inbox, self._woken, self._clock = inbox, woken, clock
        self._observer: BaseObserver | None = None
        self._roots: list[_Root] = []
        self._next_tend_s = self._next_arm_s = clock()
        self.advice: str | None = None  # why there are no events, and what to do about it
        self.is_whole = False  # all roots are there, and are those that were there before

    @property
    def mode(self) -> str:
        """Over all roots: "events" when every one was heard, "probing" before that is known, else "polling"."""
        modes = {root.mode for root in self._roots}
        return "polling" if not modes or "polling" in modes else "probing" if "probing" in modes else "events"

    @property
    def modes(self) -> dict[str, str]:
        """Per root: "." is the inbox, the others are what is mounted below it."""
        return {root.path.relative_to(self._inbox).as_posix(): root.mode for root in self._roots}

    def tend(self) -> None:
        """Begin or renew the watch where that is due, send probes, and judge those that were sent."""
        now_s = self._clock()
        if now_s < self._next_tend_s:
            return
        self._next_tend_s = now_s + TEND_EVERY_S
        was_whole, self.is_whole = self.is_whole, bool(self._roots) and self._is_as_before()
        is_lost = was_whole and not self.is_whole
        if is_lost:
            log.warning("the inbox was removed, replaced or mounted anew; watching it anew")
        if is_lost or (now_s >= self._next_arm_s and not (self.is_whole and self._observer)):
            self._arm(now_s)
        for root in self._roots:
            self._prove(root, now_s)

    def close(self) -> None:
        """End the events."""
        observer, self._observer = self._observer, None
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join()

    def _arm(self, now_s: float) -> None:
        self.close()
        self._next_arm_s = now_s + PROBE_EVERY_S
        self._roots = [_Root(path, _identity(path), next_probe_s=now_s) for path in (self._inbox, *_mounted_below(self._inbox))]
        if self._roots[0].identity is None:
            self._next_arm_s = now_s  # the next look may find it
            self._deaf(f"{self._inbox} is not there; its photos are taken when it is back")
            return
        observer = Observer()
        observer.schedule(_Ear(self._hear), str(self._inbox), recursive=True)
        try:
            observer.start()
        except OSError as error:
            self._deaf(LIMITS.get(error.errno or 0, str(error)))
        else:
            self._observer = observer
            self._woken.set()  # for what came before the events

    def _deaf(self, advice: str) -> None:
        if advice != self.advice:
            log.warning("no events from the inbox: %s", advice)
        self.advice = advice
        for root in self._roots:
            root.mode = "polling"

    def _is_as_before(self) -> bool:
        if [root.path for root in self._roots[1:]] != _mounted_below(self._inbox):
            return False
        if self._observer is not None and not all(emitter.is_alive() for emitter in self._observer.emitters):
            return False
        return all(root.identity is not None and root.identity == _identity(root.path) for root in self._roots)

    def _prove(self, root: _Root, now_s: float) -> None:
        if self._observer is None:
            return
        if root.heard and root.probed_s is not None:
            if root.mode == "polling":
                log.info("events come from %s", root.path)
            root.mode, root.probed_s, root.next_probe_s, self.advice = "events", None, now_s + PROBE_EVERY_S, None
        elif root.probed_s is not None and now_s - root.probed_s > UNHEARD_S:
            root.probed_s, root.next_probe_s = None, now_s + PROBE_EVERY_S
            self._mute(root, "its file system reports no changes (a network share?), so it is looked at regularly instead")
        elif root.probed_s is None and (now_s >= root.next_probe_s or not (root.path / MARKER).exists()):
            root.heard = False
            try:
                (root.path / MARKER).write_text(MARKER_TEXT)
                root.probed_s = now_s
            except OSError as error:
                root.next_probe_s = now_s + PROBE_EVERY_S
                self._mute(root, f"it cannot be tested ({error.strerror}), so it is looked at regularly")

    def _mute(self, root: _Root, why: str) -> None:
        if root.mode != "polling":
            log.warning("no events from %s: %s", root.path, why)
        root.mode, self.advice = "polling", f"{root.path}: {why}"

    def _hear(self, path: Path) -> None:
        if path.name != MARKER:
            self._woken.set()
        for root in self._roots:
            root.heard = root.heard or path == root.path / MARKER


class _Ear(FileSystemEventHandler):
    """Any event only says: look."""

    def __init__(self, hear: Callable[[Path], None]) -> None:
        self._hear = hear

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Pass it on, except for what looking itself causes."""
        if event.event_type not in ("opened", "closed_no_write"):
            self._hear(Path(os.fsdecode(event.src_path)))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _mounted_below(inbox: Path) -> list[Path]:
    """Other file systems mounted in the inbox: each may be one that reports nothing."""
    below = os.path.realpath(inbox) + os.sep
    try:
        mounts = psutil.disk_partitions(all=True)
    except OSError:
        return []
    return sorted(inbox / mount.mountpoint[len(below) :] for mount in mounts if mount.mountpoint.startswith(below))
