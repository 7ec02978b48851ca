"""`python -m daemon COMMAND`: the watcher and what an operator asks of the archive."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from daemon.command_line import BEGINNING, parser
from daemon.destinations import check_template
from daemon.home import Home, NoArchive
from daemon.lock import Busy, locked
from daemon.running import greet, say_starting, stopped_by_signals
from daemon.sites import InboxFolders, check_folders, check_sites, unheard_sites
from daemon.sole import sole_watcher
from db.database import DatabaseError, open_database
from db.journal import Journal
from engine.errors import EngineError
from engine.outputs import UNREAD, ends_unread
from engine.spelling import counted
from settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:  # OpenCV, OpenVINO and watchdog are loaded by the commands that need them
    from daemon.hooks import Hooks
    from daemon.judging import Bench
    from daemon.schedule import Chore
    from daemon.watch import Watch
    from engine.quality import SiteCuts

log = logging.getLogger("daemon")
EXIT_USAGE, EXIT_RUNNING = 2, 4


def main(argv: list[str] | None = None) -> int:
    """Run one command. Exit codes: 0 done, 2 arguments or settings that cannot be used, 3 done in part or not sound, 4 another
    daemon has this inbox, 141 the reader of a pipe went away.
    """
    args = parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns where a regrouping takes longer than its pause
    try:
        settings = load_settings(args.home)
        if problem := check_template(settings.file_template):
            raise SettingsError(f"file_template = {settings.file_template!r}: {problem}.")
        if problem := check_folders(settings.inbox_folders):
            raise SettingsError(f"inbox_folders = {settings.inbox_folders!r}: {problem}.")
        if problem := check_sites(settings.sites, settings.inbox_folders):
            raise SettingsError(f"{problem}.")
        home = Home(settings.home).open(may_begin=args.command in BEGINNING)
        database = open_database(settings.database_url, Journal(settings.sqlite_journal))
        code = int(_RUN[args.command](args, settings, home, database))
        sys.stdout.flush()
        return code
    except (SettingsError, NoArchive, DatabaseError, EngineError, OSError) as error:
        if ends_unread(error):
            return UNREAD
        print(f"daemon {args.command}: {error}", file=sys.stderr)
        return EXIT_USAGE
    except Busy as busy:
        print(f"daemon {args.command}: another process ({busy.pid}) is at work in {args.home or 'this home'}.", file=sys.stderr)
        return EXIT_RUNNING


def _run(args: argparse.Namespace, settings: Settings, home: Home, database: Engine) -> int:
    from daemon.pages import Pages

    stop = stopped_by_signals()
    arguments = ["--home", str(settings.home)]
    with sole_watcher(home, database, stop):
        say_starting(database)
        pages = Pages(arguments) if args.ui else None
        if pages:
            pages.start()
        try:
            hooks = _hooks(settings, database)
            with _watch(settings, home, database, hooks, stop) as watch:
                from daemon.schedule import Schedule  # late, as in `_watch`

                schedule = Schedule(
                    home, database, watch, regroup_arguments=arguments, minutes=settings.regroup_minutes,
                    after_new=settings.regroup_after_new, quiet_s=settings.regroup_quiet_s, template=settings.file_template,
                    chores=_chores(settings, home, database),
                )  # fmt: skip
                schedule.start()
                try:
                    if not stop.is_set():  # told so while the models loaded
                        greet(home)
                    watch.run(stop)
                finally:  # its threads would keep a failed daemon from ending
                    schedule.stop()
                    hooks.stop()
        finally:
            if pages:
                pages.stop()
    return 0


def _chores(settings: Settings, home: Home, database: Engine) -> list[Chore]:
    from daemon.chores import all_chores

    return all_chores(
        home, database, ["--home", str(settings.home)], template=settings.file_template, retry_limit=settings.retry_limit,
        addresses=settings.notify_addresses, notify_minutes=settings.notify_minutes, drift_points=settings.drift_points,
        limits=settings.retention, models_dir=settings.models_dir,
    )  # fmt: skip


def _once(args: argparse.Namespace, settings: Settings, home: Home, database: Engine) -> int:
    stop = stopped_by_signals()
    with sole_watcher(home, database, stop):
        hooks = _hooks(settings, database)
        with _watch(settings, home, database, hooks, stop) as watch:
            watch.once(stop)
        hooks.stop()
    return 0


def _hooks(settings: Settings, database: Engine) -> Hooks:
    from daemon.hooks import Hooks

    url = settings.hook_url.get_secret_value()
    return Hooks(database, command=settings.hook_command, url=url, timeout_s=settings.hook_timeout_s)


@contextmanager
def _watch(settings: Settings, home: Home, database: Engine, hooks: Hooks, stop: Event) -> Iterator[Watch]:
    """Wire the watch: settings, the processes that judge, intake. The processes end with the block."""
    from daemon.judging import Judges  # the rest below, while the models load

    for line in unheard_sites(home, database, _folders(settings)):
        log.warning("%s", line)
    judges = Judges(_bench(settings), processes=settings.judge_processes, timeout_s=settings.judge_timeout_s)
    try:
        judges.open()
        from daemon.canary import Canary
        from daemon.intake import Intake
        from daemon.settling import Pace
        from daemon.watch import Watch

        intake = Intake(
            home, database, judges.judge, template=settings.file_template, max_bytes=settings.max_bytes, begin=judges.begin,
            keep_best=settings.keep_best, after_filing=hooks.filed,
        )  # fmt: skip
        pace = Pace(settings.settle_s, settings.patience_s, settings.rescan_s, settings.min_free_mb)
        canary = Canary(judges.begin, time.monotonic)
        judges.warm_up(stop)  # a damaged model stops the start, not the first photo
        yield Watch(home, database, intake, pace, folders=_folders(settings), width=judges.width, canary=canary)
    finally:
        judges.close()


def _bench(settings: Settings) -> Bench:
    from daemon.judging import Bench

    return Bench(
        models_dir=settings.models_dir, cache=settings.cache_dir, rule=settings.meter_rule, site_cuts=site_cuts(settings),
        threads=max(settings.judge_threads // settings.judge_processes, 1), memory_mb=settings.judge_memory_mb,
        max_bytes=settings.max_bytes, max_pixels=settings.max_pixels,
    )  # fmt: skip


def site_cuts(settings: Settings) -> SiteCuts:
    """The sites' own thresholds. Raises `ArgumentError` for what is no score, no tag, or a tag that is never said."""
    from engine.quality import SiteCuts, active

    return SiteCuts.parse({name: site.thresholds for name, site in settings.sites.items()}).checked(active(settings.models_dir))


def _folders(settings: Settings) -> InboxFolders:
    return InboxFolders(template=settings.inbox_folders, ignored={name: site.ignore for name, site in settings.sites.items()})


def _regroup(args: argparse.Namespace, settings: Settings, home: Home, database: Engine) -> int:
    from daemon.model_commands import group_unknown

    print(group_unknown(settings, home, database, newest=args.newest))
    return 0


def _status(args: argparse.Namespace, settings: Settings, home: Home, database: Engine) -> int:
    from daemon.status import status, told

    print(told(status(home, database, _folders(settings)), as_json=args.json))
    return 0


def _retry(args: argparse.Namespace, settings: Settings, home: Home, database: Engine) -> int:
    from daemon.judging import Judges
    from daemon.upkeep import look_again

    judges = Judges(_bench(settings), processes=1, timeout_s=settings.judge_timeout_s)
    try:
        said = look_again(
            home, database, args, judge=lambda data, site: judges.begin(data, site).verdict()[0],
            template=settings.file_template, max_bytes=settings.max_bytes, most_looks=settings.retry_limit,
        )  # fmt: skip
    finally:
        judges.close()
    print(said)
    return 0


def _reconcile(args: argparse.Namespace, settings: Settings, home: Home, database: Engine) -> int:
    from daemon.upkeep import make_agree

    return make_agree(home, database, args, stopped_by_signals())


def _retain(args: argparse.Namespace, settings: Settings, home: Home, database: Engine) -> int:
    from daemon.upkeep import tell_retention

    print(tell_retention(home, database, settings.retention, dry_run=args.dry_run))
    return 0


def _notify_test(args: argparse.Namespace, settings: Settings, home: Home, database: Engine) -> int:
    from daemon.upkeep import send_test

    return send_test(settings.notify_addresses)


def _retag(args: argparse.Namespace, settings: Settings, home: Home, database: Engine) -> int:
    from daemon.retag import tell_preview, tell_retag

    if args.dry_run:
        print(tell_preview(database, settings.models_dir, site_cuts(settings), args.thresholds))
    elif args.thresholds:
        raise SettingsError("--thresholds goes with --dry-run. To let it judge: python -m engine tune --adopt " + args.thresholds)
    else:
        with locked(home.db / "retag.lock"):
            told, ended = tell_retag(
                home, database, settings.models_dir, site_cuts(settings), stopped_by_signals(), template=settings.file_template
            )
        print(told)
        return 0 if ended else 3
    return 0


def _models(args: argparse.Namespace, settings: Settings, home: Home, database: Engine) -> int:
    from daemon.model_commands import work

    print(work(args, settings, home, database, stop=stopped_by_signals()))
    return 0


def _export(args: argparse.Namespace, settings: Settings, home: Home, database: Engine) -> int:
    from daemon.export import FORMATS, export

    if args.out.suffix.lower() not in FORMATS:
        raise SettingsError(f"--out must end in {', '.join(FORMATS)}.")
    print(f"{counted(export(database, args.out), 'row')} written to {args.out}")
    return 0


_RUN = {"run": _run, "once": _once, "status": _status, "regroup": _regroup, "retry": _retry, "retain": _retain,
    "notify-test": _notify_test, "export": _export, "check": _reconcile, "reconcile": _reconcile,
    "retrain": _models, "rejudge": _models, "retag": _retag, "models": _models, "promote": _models, "rollback": _models,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
