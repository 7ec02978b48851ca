"""Learning from what people said: labels in, a new version out, and the gate before it judges.

Order: labels divided -> version written beside the others -> compared with the champion -> promoted, or left for a person.
A run that ends in between, cancelled or killed, leaves no version behind: the next start calls it failed.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from db.model_tables import TrainingRun, TrainingState
from db.promoting import promote_version
from db.strangers import Stranger, strangers
from db.training import Divided, begin_run, divide, end_run, tell, tell_made, uncompared, write_ruling
from db.verified import Verified, dismissed, verified_labels
from engine import bundle
from engine.errors import DataError, EngineError
from engine.evaluation.answering import answer
from engine.evaluation.aside import is_kept_aside
from engine.evaluation.gate import Answered, Decision, Ruling, rule
from engine.labelled import read_folder
from engine.spelling import counted
from engine.training.renew import Lesson, Renewal, fingerprint, renew, trained_base

log = logging.getLogger(__name__)

TASK: bundle.Task = "meter_type"
COMMAND = "python -m daemon retrain"
GATE = "the gate"  # who promotes by itself
STRANGERS = 200  # dismissed photos that judge, the newest, and photos of groups without a name: they cost two looks each
LEARNING, READING_ASIDE = 0.6, 0.2  # shares of the time: learning; each version's look at the photos kept aside


class Cancelled(Exception):
    """Somebody asked to end the run, or the daemon stops; the text says which."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Retraining:
    """What a run needs to know."""

    models_dir: Path
    cache: Path
    threads: int
    by: str
    base_data: Path | None = None  # train/, val/ and perhaps test/: the photos the champion was trained on, where there are any


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would learn from, and be judged on."""

    lessons: tuple[Lesson, ...]
    aside: tuple[Lesson, ...]
    dismissed: tuple[Lesson, ...]  # no meters: must stay UNKNOWN
    unnamed: tuple[Stranger, ...]  # of groups that nobody has named: should stay UNKNOWN
    champion: str
    known: tuple[str, ...]  # labels of the champion
    is_news: bool  # the champion learned from other labels than these

    def lines(self) -> tuple[str, ...]:
        """In words, for `--dry-run`."""
        counted = Counter(lesson.label for lesson in self.lessons)
        kept = Counter(lesson.label for lesson in self.aside)
        types = sorted({*counted, *kept})
        rows = [
            f"  {name:32} {counted[name]:5} to learn from {kept[name]:5} kept aside{'' if name in self.known else '   new type'}"
            for name in types
        ]
        if not types:
            return (f"Champion: {TASK} {self.champion}", "Nobody has labelled a photo yet. Name a group first.")
        rows += [f"  {self._strangers()} judge whether UNKNOWN stays UNKNOWN"]
        news = "" if self.is_news else "Nothing new: the version that judges has learned from these labels."
        return (f"Champion: {TASK} {self.champion}", *rows, *([news] if news else []))

    def _strangers(self) -> str:
        groups = len({stranger.group_id for stranger in self.unnamed})
        return (
            f"{counted(len(self.dismissed), 'dismissed photo')} and {counted(len(self.unnamed), 'photo')} "
            f"of {counted(groups, 'group')} without a name"
        )


def plan(session: Session, home: Home, order: Retraining, now: datetime) -> Plan:
    """Divide the labels; photos newly kept aside are remembered where the caller commits. Raises `DataError`."""
    champion = bundle.current(order.models_dir, TASK)
    if champion is None:
        raise DataError(f"There is no {TASK} model in {order.models_dir} to begin with. Train one: python -m engine train {TASK}")
    divided = divide(session, verified_labels(session), is_kept_aside, now)
    lessons, aside = _lessons(home, divided)
    _, no_meters = _lessons(home, Divided((), dismissed(session)[-STRANGERS:]))
    unnamed = strangers(session, {each.meter for each in (*lessons, *aside)}, most=STRANGERS)
    card = bundle.read_card(champion)
    learned = fingerprint(bundle.read_card(trained_base(champion)), lessons)
    return Plan(lessons, aside, no_meters, unnamed, champion.name, card.labels, card.training.fingerprint != learned)


def retrain(
    home: Home,
    database: Engine,
    order: Retraining,
    *,
    stop: threading.Event,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> str:
    """One run from labels to the gate's ruling; returns what came of it in words. The caller holds the retrain lock.

    Raises `EngineError` where nothing can be learned; the run's row says so too.
    """
    with Session(database) as session, session.begin():
        champion = bundle.current(order.models_dir, TASK)
        run_id = begin_run(session, TASK, by=order.by, champion=champion.name if champion else None, now=clock())
    discard_uncompared(database, order.models_dir)  # of a run that was killed
    run = _Run(home, database, order, run_id, stop, clock)
    try:
        return run.work()
    except Cancelled as why:
        run.end(TrainingState.CANCELLED, str(why))
        return str(why)
    except EngineError as error:
        run.end(TrainingState.FAILED, str(error))
        raise
    except BaseException as error:
        run.end(TrainingState.FAILED, f"It failed: {error!r}. The daemon's log says more.")
        raise
    finally:
        discard_uncompared(database, order.models_dir)


def discard_uncompared(database: Engine, models_dir: Path) -> None:
    """Remove versions of runs that ended before the gate ruled: nobody should let one judge that nothing was compared with."""
    with Session(database) as session, session.begin():
        for run in uncompared(session, TASK):
            bundle.discard(models_dir, TASK, str(run.candidate))
            run.candidate = None


@dataclass(frozen=True, slots=True)
class _Run:
    home: Home
    database: Engine
    order: Retraining
    run_id: int
    stop: threading.Event
    clock: Callable[[], datetime]

    def work(self) -> str:
        with Session(self.database) as session, session.begin():
            planned = plan(session, self.home, self.order, self.clock())
            strange = {"dismissed": len(planned.dismissed), "unnamed": len(planned.unnamed)}
            photos = {"learned": len(planned.lessons), "kept_aside": len(planned.aside), **strange}
            session.get_one(TrainingRun, self.run_id).photos = photos
        if not planned.is_news:
            self.end(TrainingState.DONE, "Nothing new to learn: no label came or went since the last training.")
            return "Nothing new to learn."
        champion = self.order.models_dir / TASK / planned.champion
        candidate = self._learn(champion, planned)
        with Session(self.database) as session, session.begin():
            tell_made(session, self.run_id, candidate.name)
        ruling = self._judge(champion, candidate, planned)
        return self._conclude(champion.name, candidate.name, ruling)

    def end(self, state: TrainingState, message: str | None = None) -> None:
        with Session(self.database) as session, session.begin():
            end_run(session, self.run_id, state, now=self.clock(), message=message)

    def _tell(self, step: str, progress: float) -> None:
        with Session(self.database) as session, session.begin():
            asked = tell(session, self.run_id, step, progress)
        if asked:
            raise Cancelled("Cancelled. Nothing was changed.")
        if self.stop.is_set():
            raise Cancelled("Ended because the daemon stopped. Nothing was changed.")

    def _learn(self, champion: Path, planned: Plan) -> Path:
        order = Renewal(
            champion=champion, models_dir=self.order.models_dir, cache=self.order.cache, threads=self.order.threads,
            command=COMMAND, today=self.clock().date(),
        )  # fmt: skip

        def look(step: str, share: float) -> None:
            self._tell(step, LEARNING * share)

        if self.order.base_data is None:
            return renew(order, planned.lessons, tell=look)
        from engine.training.joined import train_all  # torch is loaded only where all layers are trained

        return train_all(order, planned.lessons, self.order.base_data, self.home.db / "training", tell=look)

    def _judge(self, champion: Path, candidate: Path, planned: Plan) -> Ruling:
        asked = self._asked(planned)
        said = []
        for number, folder in enumerate((champion, candidate)):
            begun = LEARNING + number * READING_ASIDE

            def look(share: float, begun: float = begun, name: str = folder.name) -> None:
                self._tell(f"{name} judges the photos kept aside", begun + READING_ASIDE * share)

            said.append(
                answer(folder, [each.path for each in asked], cache=self.order.cache, threads=self.order.threads, tell=look)
            )
        answers = [
            Answered(truth=each.truth, meter=each.meter, champion=before, challenger=after, is_unnamed=each.is_unnamed)
            for each, before, after in zip(asked, *said, strict=True)
            if before is not None and after is not None
        ]
        known = {*bundle.read_card(champion).labels, *bundle.read_card(candidate).labels}
        return rule(answers, known)

    def _asked(self, planned: Plan) -> list[_Asked]:
        """The photos that both versions judge."""
        asked = [_Asked(each.path, each.label, each.meter) for each in planned.aside]
        asked += [_Asked(each.path, None, each.meter) for each in planned.dismissed]
        asked += [_Asked(self.home.root / each.path, None, each.meter, is_unnamed=True) for each in planned.unnamed]
        if self.order.base_data is not None and (self.order.base_data / "test").is_dir():
            photos = read_folder(self.order.base_data / "test", TASK)
            asked += [_Asked(each.path, each.label, str(each.path)) for each in photos]
        return asked

    def _conclude(self, champion: str, candidate: str, ruling: Ruling) -> str:
        """Promote, or leave it to a person; who promoted or rolled back while we compared is never overruled."""
        now_judging = bundle.current(self.order.models_dir, TASK)
        judges = now_judging.name if now_judging else None
        decision: Decision | None = ruling.decision
        reasons = ruling.reasons
        if judges == candidate:
            decision, reasons = None, (f"A person let {candidate} judge while it was compared. What the gate found:", *reasons)
        elif judges != champion:
            since = f"{judges or 'No version'} judges since: {candidate} was compared with {champion}, so a person decides."
            decision, reasons = Decision.WAIT, (since, *reasons)
        with Session(self.database) as session, session.begin():
            write_ruling(session, self.run_id, candidate, replace(ruling, reasons=reasons), decision=decision)
        if decision is Decision.PROMOTE:
            with Session(self.database) as session:
                promote_version(session, self.order.models_dir, TASK, candidate, by=GATE, why=reasons[0], now=self.clock())
        self.end(TrainingState.DONE)
        what = "waits for a person" if decision is Decision.WAIT else "judges from now on"
        return "\n  ".join([f"{TASK} {candidate} {what}.", *reasons])


@dataclass(frozen=True, slots=True)
class _Asked:
    """A photo that champion and challenger judge; the rest as in `Answered`."""

    path: Path
    truth: str | None
    meter: str
    is_unnamed: bool = False


def _lessons(home: Home, divided: Divided) -> tuple[tuple[Lesson, ...], tuple[Lesson, ...]]:
    def lesson(photo: Verified) -> Lesson:
        return Lesson(path=home.root / photo.path, sha256=photo.sha256, label=photo.label, meter=photo.meter)

    return tuple(map(lesson, divided.learn)), tuple(map(lesson, divided.aside))
