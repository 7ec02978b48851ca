"""Anything may happen to the inbox and to the daemon, in any order; every input stays in exactly one place with one row.

A Hypothesis state machine: files arrive, grow, stall open, are renamed, replaced, written over in place, touched and taken
away, also while they are judged; the daemon crashes before or after any effect on disk or database, finds the disk full, is
started again; clocks jump; refused files are looked at again. MACHINE_EXAMPLES=2000 runs the long profile.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.intake import Intake
from daemon.near import NearPhotos
from daemon.retry import Retrying, settle
from daemon.settling import Pace
from daemon.watch import Watch
from db.database import open_database, sqlite_url
from db.retries import refused_ids
from db.tables import Photo
from engine.errors import EmptyFile, NotAnImage, Truncated
from engine.verdict import UNKNOWN, Verdict
from tests.photos import read, verdict

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "12"))
STEPS = 40
TEMPLATE = "{clarity}/{meter_type}/{name}"
FAST_DISK = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - no test needs a real disk's patience
NAMES = ("a.jpg", "b.jpg", "north/a.jpg", "north/cam/c.jpg")
KINDS = (b"s", b"u", b"t", b"b")  # sharp, unknown meter, text, a photo that trips the engine until that is mended
EVENTS = ("commit", "link", "unlink", "replace")


class Crash(BaseException):
    """The process is gone: nothing of ours may catch it."""


class Faults:
    """Stands at every effect on disk and database, and lets the chosen one fail before or after it happened."""

    def __init__(self) -> None:
        self.left: int | None = None  # effects until the fault
        self.after = False
        self.full = False  # the disk is full from there on, instead of a crash

    def arm(self, effects: int | None, *, after: bool = False, full: bool = False) -> None:
        self.left, self.after, self.full = effects, after, full

    def before(self, name: str) -> None:
        if self.left is None:
            return
        if self.full and self.left <= 0 and name in ("commit", "link"):
            if name == "commit":
                raise OperationalError("COMMIT", {}, Exception("database or disk is full"))
            raise OSError(errno.ENOSPC, "No space left on device")
        if not self.full and not self.after and self.left == 0:
            raise Crash(f"before {name}")

    def done(self, name: str) -> None:
        if self.left is None:
            return
        self.left -= 1
        if not self.full and self.after and self.left < 0:
            raise Crash(f"after {name}")

    def around(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def effect(*args: Any, **options: Any) -> Any:
            self.before(name)
            result = real(*args, **options)
            self.done(name)
            return result

        return effect


@contextmanager
def standing_at_every_effect(faults: Faults) -> Iterator[None]:
    def before_commit(_: Session) -> None:
        faults.before("commit")

    def after_commit(_: Session) -> None:
        faults.done("commit")

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(os, "link", faults.around("link", os.link)))
        stack.enter_context(mock.patch.object(Path, "unlink", faults.around("unlink", Path.unlink)))
        stack.enter_context(mock.patch.object(Path, "replace", faults.around("replace", Path.replace)))
        event.listen(Session, "before_commit", before_commit)
        event.listen(Session, "after_commit", after_commit)
        try:
            yield
        finally:
            event.remove(Session, "before_commit", before_commit)
            event.remove(Session, "after_commit", after_commit)


def empty_archive() -> Path:
    """A home with a migrated database, made once and copied for every example."""
    folder = Path(tempfile.mkdtemp(dir=FAST_DISK))
    home = Home(folder).make()
    open_database(sqlite_url(home.db / "x.sqlite")).dispose()
    return folder


class Inbox(RuleBasedStateMachine):
    template: Path | None = None

    def __init__(self) -> None:
        super().__init__()
        logging.disable(logging.CRITICAL)
        self.faults = Faults()
        self.clock_s = 1000.0
        self.shift = timedelta(0)  # of the wall clock
        self.mended = False
        self.interference: Callable[[], None] | None = None
        self.writers: dict[str, Any] = {}
        self.inputs: Counter[bytes] = Counter()  # what senders left in the inbox and did not take back
        self.watch: Watch | None = None
        self.stack = ExitStack()

    @initialize()
    def start(self) -> None:
        if Inbox.template is None:
            Inbox.template = empty_archive()
        folder = Path(tempfile.mkdtemp(dir=FAST_DISK))
        shutil.copytree(Inbox.template, folder, dirs_exist_ok=True)
        self.home = Home(folder)
        self.database: Engine = open_database(sqlite_url(self.home.db / "x.sqlite"))
        self.stack.enter_context(standing_at_every_effect(self.faults))
        for module in ("daemon.intake", "daemon.filing", "daemon.recovery"):
            clock = mock.patch(f"{module}.datetime", wraps=datetime)
            self.stack.enter_context(clock).now = lambda zone=UTC: datetime.now(zone) + self.shift
        self.begin()

    # What senders do.

    def path(self, name: str) -> Path:
        return self.home.inbox / name

    def there(self) -> list[str]:
        """Files in the inbox that nobody holds open."""
        return [name for name in NAMES if self.path(name).exists() and name not in self.writers]

    def forget(self, name: str) -> None:
        """The sender takes back what lies under the name: it is written over, or removed."""
        if self.path(name).exists():
            content = self.path(name).read_bytes()
            if not self.is_held(name):
                self.inputs[content] -= 1

    def is_held(self, name: str) -> bool:
        """Whether the file's row is finished already, so that the file in the inbox is only waiting to be removed."""
        status = self.path(name).stat()
        with Session(self.database) as session:
            rows = session.scalars(select(Photo).where(Photo.source == name, Photo.source_removed.is_(False))).all()
            same = [row for row in rows if (row.source_inode, row.source_mtime_ns) == (status.st_ino, status.st_mtime_ns)]
            return any(
                (self.home.root / row.path).exists() and (self.home.root / row.path).stat().st_size == row.size_bytes
                for row in same
            )

    @rule(name=st.sampled_from(NAMES), kind=st.sampled_from(KINDS), number=st.integers(0, 3), whole=st.booleans())
    def arrive(self, name: str, kind: bytes, number: int, whole: bool) -> None:
        """A new file, or one that replaces another by renaming."""
        if name in self.writers:
            return
        self.forget(name)
        content = kind + str(number).encode() + (b"." if whole else b"")
        draft = self.home.root / "draft"
        draft.write_bytes(content)
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft, self.path(name))  # noqa: PTH105 - Path.replace is the daemon's, with faults
        self.inputs[content] += 1

    @rule(name=st.sampled_from(NAMES), empty=st.booleans())
    def write_over_in_place(self, name: str, empty: bool) -> None:
        if name in self.there() and not self.linked(name):
            self.forget(name)
            content = b"" if empty else b"s9."
            self.path(name).write_bytes(content)
            self.inputs[content] += 1

    def linked(self, name: str) -> bool:
        """Whether a crash left the file with two names; a sender who writes into it then writes into the archive's, too."""
        return self.path(name).stat().st_nlink > 1

    @rule(name=st.sampled_from(NAMES))
    def grow(self, name: str) -> None:
        if name in self.there() and not self.linked(name):
            self.forget(name)
            with self.path(name).open("ab") as file:
                file.write(b".")
            self.inputs[self.path(name).read_bytes()] += 1

    @rule(name=st.sampled_from(NAMES))
    def open_and_stall(self, name: str) -> None:
        if name not in self.writers and not self.path(name).exists():
            self.path(name).parent.mkdir(parents=True, exist_ok=True)
            self.writers[name] = self.path(name).open("wb", buffering=0)
            self.writers[name].write(b"s8")

    @precondition(lambda self: self.writers)
    @rule()
    def finish_writing(self) -> None:
        _, file = self.writers.popitem()
        file.write(b".")
        file.close()
        self.inputs[b"s8."] += 1

    @rule(name=st.sampled_from(NAMES), to=st.sampled_from(NAMES))
    def rename(self, name: str, to: str) -> None:
        if name in self.there() and not self.path(to).exists() and not self.is_held(name):
            self.path(to).parent.mkdir(parents=True, exist_ok=True)
            self.path(name).rename(self.path(to))

    @rule(name=st.sampled_from(NAMES))
    def vanish(self, name: str) -> None:
        if name in self.there():
            self.forget(name)
            os.unlink(self.path(name))  # noqa: PTH108 - as above

    @rule(name=st.sampled_from(NAMES), when=st.sampled_from([0, 1_000_000_000, 4_000_000_000]))
    def touch(self, name: str, when: int) -> None:
        if name in self.there() and not self.is_held(name):
            os.utime(self.path(name), (when, when))

    # What happens to the daemon.

    def appraise(self, data: bytes) -> Verdict:
        if self.interference is not None:
            meanwhile, self.interference = self.interference, None
            meanwhile()
        if not data:
            raise EmptyFile("no bytes")
        if not data.endswith(b"."):
            raise Truncated("cut off")
        if data.startswith(b"t"):
            raise NotAnImage("no picture")
        if data.startswith(b"b") and not self.mended:
            raise ZeroDivisionError("a bug in the engine")
        bits = hashlib.sha512(data[:2]).digest()[:33]
        return verdict(UNKNOWN if data.startswith(b"u") else "ACME_1", signature=bits)

    def begin(self) -> None:
        intake = Intake(self.home, self.database, self.appraise, template=TEMPLATE, max_bytes=100, keep_best=True)
        pace = Pace(settle_s=2.0, patience_s=30.0, rescan_s=5.0)
        self.watch = Watch(self.home, self.database, intake, pace, clock=lambda: self.clock_s)

    def round(self) -> None:
        """One full look of the daemon; a crash ends it."""
        if self.watch is None:
            self.begin()
        assert self.watch is not None
        try:
            self.watch._round(threading.Event(), may_wait=True)
        except Crash:
            self.watch = None
        finally:
            self.faults.arm(None)

    @rule(seconds=st.sampled_from([0.5, 3.0, 40.0]))
    def look(self, seconds: float) -> None:
        self.clock_s += seconds
        self.round()

    @rule(effects=st.integers(0, 25), after=st.booleans(), seconds=st.sampled_from([3.0, 40.0]))
    def look_and_crash(self, effects: int, after: bool, seconds: float) -> None:
        self.clock_s += seconds
        self.faults.arm(effects, after=after)
        self.round()

    @rule(effects=st.integers(0, 12), seconds=st.sampled_from([3.0, 40.0]))
    def look_with_a_full_disk(self, effects: int, seconds: float) -> None:
        self.clock_s += seconds
        self.faults.arm(effects, full=True)
        self.round()

    @rule(name=st.sampled_from(NAMES), how=st.sampled_from(["replace", "grow", "vanish"]))
    def look_while_a_sender_acts(self, name: str, how: str) -> None:
        def act() -> None:
            if how == "replace":
                self.arrive(name, b"s", 7, True)
            elif how == "grow":
                self.grow(name)
            else:
                self.vanish(name)

        self.interference = act
        self.clock_s += 3.0
        self.round()
        self.interference = None

    @rule()
    def stop(self) -> None:
        self.watch = None

    @rule(hours=st.sampled_from([-48, -1, 1, 48]))
    def jump_the_wall_clock(self, hours: int) -> None:
        self.shift += timedelta(hours=hours)

    @rule()
    def mend_the_engine(self) -> None:
        self.mended = True

    @rule(effects=st.integers(0, 25) | st.none(), after=st.booleans(), full=st.booleans())
    def look_again_at_refused(self, effects: int | None, after: bool, full: bool) -> None:
        self.faults.arm(effects, after=after, full=full)
        retrying = Retrying(
            home=self.home, database=self.database, judge=lambda data, site: self.appraise(data), template=TEMPLATE,
            max_bytes=100, limit=3, near=NearPhotos(), clock=lambda: datetime.now(UTC) + self.shift,
        )  # fmt: skip
        try:
            with Session(self.database) as session:
                ids = refused_ids(session)
            retrying.retry(ids, by="machine")
        except (Crash, OperationalError, OSError):
            pass
        finally:
            self.faults.arm(None)

    # What must hold.

    @invariant()
    def nothing_is_lost(self) -> None:
        """At every instant, even just after a crash: each input's bytes are somewhere."""
        if not hasattr(self, "home"):
            return
        files = Counter(read(self.home.inbox).values()) + Counter(read(self.home.sorted).values())
        missing = {content: number for content, number in self.inputs.items() if number > files[content]}
        assert not {content: number for content, number in missing.items() if not self.completed(content)}, missing

    def completed(self, content: bytes) -> bool:
        """Whether a longer file that begins with these bytes came: the cut-off upload makes room for the whole one."""
        return any(other != content and other.startswith(content) and number for other, number in self.inputs.items())

    @rule()
    def be_quiet_and_count(self) -> None:
        """Whatever happened, the next undisturbed looks bring everything to its one place."""
        self.faults.arm(None)
        for _ in range(3):
            self.clock_s += 40.0
            self.round()
        settle(self.home, self.database, template=TEMPLATE)
        with Session(self.database) as session:
            rows = list(session.scalars(select(Photo)))
        assert [row for row in rows if row.outcome is None or row.moving_to] == []
        files = {f"sorted/{name}": content for name, content in read(self.home.sorted).items()}
        assert sorted(files) == sorted(row.path for row in rows)
        for row in rows:
            assert hashlib.sha256(files[row.path]).hexdigest() == row.sha256, row.path
            top = row.path.split("/")[1]
            expected = {"filed": ("clear", "near"), "refused": ("refused",), "duplicate": ("duplicates",)}[str(row.outcome)]
            assert top in expected, (row.path, row.outcome)
        filed = [row.sha256 for row in rows if row.outcome == "filed"]
        assert len(filed) == len(set(filed))
        held_open = dict.fromkeys(self.writers, b"s8")
        assert read(self.home.inbox) == held_open
        have = Counter(files.values())
        assert all(not (have - self.inputs)[content] for content in have), have - self.inputs
        lost = self.inputs - have
        assert all(self.completed(content) for content in lost), lost
        self.inputs = have  # those that were completed are not asked for again

    def teardown(self) -> None:
        if hasattr(self, "home"):
            self.be_quiet_and_count()
            self.stack.close()
            self.database.dispose()
            for file in self.writers.values():
                file.close()
            shutil.rmtree(self.home.root)
        logging.disable(logging.NOTSET)


TestInboxMachine = Inbox.TestCase
TestInboxMachine.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
