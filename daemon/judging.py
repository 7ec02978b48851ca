"""Judging in processes of their own: a photo that hangs, crashes or eats all memory ends its process, and nothing else.

loky runs the processes. Each has an executor of its own with one photo at a time, so that a death is always the death of
a known photo, and time is taken from the moment that photo began.
"""

from __future__ import annotations

import functools
import logging
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from loky import ProcessPoolExecutor
from loky.process_executor import ShutdownExecutorError

from engine.quality import NO_SITE_CUTS, SiteCuts
from engine.tied import tie_to_parent
from engine.verdict import Verdict

log = logging.getLogger(__name__)

STOP_EVERY_S = 0.1  # between looks whether the daemon was told to stop while the models load


class JudgeDied(Exception):
    """The process that judged the photo is gone: the photo crashed it, took too long, or took too much memory."""


class Judgement(Protocol):
    """A photo in the hands of a judge."""

    def is_ready(self) -> bool:
        """Whether `verdict` will answer at once."""

    def verdict(self) -> tuple[Verdict, float]:
        """Wait for it, and for the milliseconds the engine took. Raises what it raised (`PictureError`), or `JudgeDied`."""


Begin = Callable[[bytes, str | None], Judgement]  # a file's bytes and its site


@dataclass(frozen=True, slots=True)
class Here:
    """Judged in this process, when the verdict is asked for."""

    judge: Callable[[], Verdict]

    def is_ready(self) -> bool:
        """Always: asking does the work."""
        return True

    def verdict(self) -> tuple[Verdict, float]:
        """Judge now."""
        return _timed(self.judge)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """What a judging process needs to know: where the models are, and what it and one photo may cost."""

    models_dir: Path
    cache: Path
    threads: int
    max_bytes: int
    max_pixels: int
    memory_mb: int  # of one process, MiB of private memory; 0 = no limit
    rule: str = "joint"  # an `engine.recognition.Rule`: what decides the meter type
    site_cuts: SiteCuts = NO_SITE_CUTS  # sites that say quality tags from other scores


class Judges:
    """So many processes, each judging one photo at a time."""

    def __init__(self, bench: Bench, *, processes: int, timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lanes = [_Lane(bench, timeout_s, clock) for _ in range(processes)]
        self._opened: Future[None] | None = None  # of the first

    @property
    def width(self) -> int:
        """Photos that are judged at once."""
        return len(self._lanes)

    def open(self) -> Future[None]:
        """Start the first process; it is done when it has its models."""
        self._opened = self._lanes[0].open()
        return self._opened

    def warm_up(self, stop: threading.Event) -> None:
        """Wait until the first process has its models, for it may have to convert them; then start the others.

        No longer than until `stop` is set. Raises `ModelError` for a damaged model.
        """
        opened = self._opened or self.open()
        while not (opened.done() or stop.is_set()):
            wait_for([opened], STOP_EVERY_S)
        if stop.is_set():
            return
        opened.result()
        for lane in self._lanes[1:]:
            lane.open()

    def begin(self, data: bytes, site: str | None) -> Judgement:
        """Hand a photo to a process that has none; with none free, wait for one."""
        free = next((lane for lane in self._lanes if lane.is_free()), None)
        if free is None:
            wait_ready([lane.current for lane in self._lanes if lane.current], None)
            free = next((lane for lane in self._lanes if lane.is_free()), self._lanes[0])
        return free.begin(data, site)

    def judge(self, data: bytes) -> Verdict:
        """Judge one photo and wait for it."""
        return self.begin(data, None).verdict()[0]

    def close(self) -> None:
        """End all processes at once; a photo in their hands is not finished."""
        for lane in self._lanes:
            lane.close()


class _Lane:
    """One process and the photo it judges."""

    def __init__(self, bench: Bench, timeout_s: float, clock: Callable[[], float]) -> None:
        self._bench, self._timeout_s, self._clock = bench, timeout_s, clock
        self._executor: ProcessPoolExecutor | None = None
        self._ready_s = float("inf")  # when its models were loaded
        self.current: _InProcess | None = None

    def open(self) -> Future[None]:
        """Start the process and let it load its models."""
        self._executor = ProcessPoolExecutor(max_workers=1, initializer=_start, initargs=(os.getpid(), self._bench.memory_mb))
        self._ready_s = float("inf")
        load: Future[None] = self._executor.submit(_load, self._bench)
        load.add_done_callback(self._loaded)
        return load

    def _loaded(self, _: Future[None]) -> None:
        self._ready_s = self._clock()

    def is_free(self) -> bool:
        return self.current is None or self.current.is_ready()

    def begin(self, data: bytes, site: str | None) -> _InProcess:
        if self.current is not None and not self.current.future.done():  # its time is over, and nobody asked for it yet
            self.replace(self.current.executor)
        judged = self._submit(data, site)
        self.current = _InProcess(self, self._executor, judged, self._clock())
        return self.current

    def _submit(self, data: bytes, site: str | None) -> Future[tuple[Verdict, float]]:
        if self._executor is None:
            self.open()
        judged: Future[tuple[Verdict, float]]
        try:
            judged = self._executor.submit(_judge, self._bench, data, site)  # type: ignore[union-attr]
        except BrokenProcessPool:  # it died with nothing in its hands: no photo's fault
            self.replace(self._executor)
            judged = self._executor.submit(_judge, self._bench, data, site)  # type: ignore[union-attr]
        return judged

    def left_s(self, begun_s: float) -> float:
        """Seconds a photo begun then still has; it has its full time from when the models are there."""
        return max(begun_s, self._ready_s) + self._timeout_s - self._clock() if self._ready_s < float("inf") else self._timeout_s

    def replace(self, executor: ProcessPoolExecutor | None) -> None:
        """End this process and start another, unless that was done already: the photo in the new one is innocent."""
        if self._executor is executor:
            self.close()
            self.open()

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, kill_workers=True)
            self._executor = None


class _InProcess:
    """A photo that a process judges."""

    def __init__(
        self, lane: _Lane, executor: ProcessPoolExecutor | None, future: Future[tuple[Verdict, float]], begun_s: float
    ) -> None:
        self._lane, self.executor, self.future, self._begun_s = lane, executor, future, begun_s

    def left_s(self) -> float:
        return self._lane.left_s(self._begun_s)

    def is_ready(self) -> bool:
        return self.future.done() or self.left_s() <= 0

    def verdict(self) -> tuple[Verdict, float]:
        while not self.future.done():
            left_s = self.left_s()
            if left_s <= 0:
                self._lane.replace(self.executor)
                raise JudgeDied("judging it took too long and was ended")
            wait_for([self.future], left_s)
        try:
            return self.future.result()
        except (BrokenProcessPool, ShutdownExecutorError) as error:
            self._lane.replace(self.executor)
            raise JudgeDied("judging it ended the process that judged, or took too long") from error
        except MemoryError as error:
            raise JudgeDied("judging it takes more memory than a photo may have") from error


def wait_ready(judgements: Sequence[Judgement], within_s: float | None) -> bool:
    """Wait until one of them is ready, at most so long; whether one is."""
    started_s = time.monotonic()
    while not any(judgement.is_ready() for judgement in judgements):
        passed_s = time.monotonic() - started_s
        if within_s is not None and passed_s >= within_s:
            return False
        running = [each for each in judgements if isinstance(each, _InProcess)]
        spans = [each.left_s() for each in running] + ([] if within_s is None else [within_s - passed_s])
        wait_for([each.future for each in running], max(min(spans), 0.001), FIRST_COMPLETED)
    return True


def _start(parent: int, memory_mb: int) -> None:
    """In the new process: end with the daemon, leave Ctrl-C and a service's SIGTERM to it, and keep to the memory limit."""
    tie_to_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if memory_mb:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * 2**20, memory_mb * 2**20))


@functools.cache
def _engine(bench: Bench) -> Any:
    """In the judging process: the models, loaded once and followed when others become CURRENT."""
    from engine.live import LiveModels
    from engine.recognition import Rule

    return LiveModels(models_dir=bench.models_dir, cache=bench.cache, threads=bench.threads, rule=Rule(bench.rule))


def _load(bench: Bench) -> None:
    _engine(bench).get()


def _judge(bench: Bench, data: bytes, site: str | None) -> tuple[Verdict, float]:
    from engine.appraise import appraise
    from engine.picture import Limits

    limits = Limits(max_bytes=bench.max_bytes, max_pixels=bench.max_pixels)
    return _timed(lambda: appraise(data, models=_engine(bench).get(), cuts=bench.site_cuts.of(site), limits=limits))


def _timed(judge: Callable[[], Verdict]) -> tuple[Verdict, float]:
    started = time.perf_counter()
    return judge(), (time.perf_counter() - started) * 1000
