"""`python -m ui`: the pages and the REST interface, until stopped."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shlex
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from settings import Settings, SettingsError, load_settings

EXAMPLE = "example: python -m ui --home /srv/meters --port 7860"
FAREWELL_S = 3  # open pages hold a connection for ever; a stop does not wait for them
# Said before Gradio is imported, since it reads them then: nothing leaves this machine, nothing is fetched.
OFFLINE = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


def is_worth_saying(record: logging.LogRecord) -> bool:
    """Not that the connections of open pages were cut off at a stop: that is meant, and would look like a crash."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, asyncio.CancelledError) and not str(record.msg).startswith("Cancel %s running task")


def main() -> int:
    """Serve the pages. Exit code 0 after a stop, 2 for bad arguments, settings or an unusable database."""
    parser = argparse.ArgumentParser(prog="python -m ui", description="Serves MeterSieve's pages.", epilog=EXAMPLE)
    parser.add_argument("--home", type=Path, help="folder that holds inbox/, sorted/ and db/ (default: the repository)")
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1, this machine only)")
    parser.add_argument("--port", type=int, help="port to listen on (default: 7860)")
    parser.add_argument("--models", type=Path, help="folder of the model bundles (default: the repository's models/)")
    given = parser.parse_args()
    try:
        settings = load_settings(given.home, ui_host=given.host, ui_port=given.port, models_dir=given.models)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    if not settings.home.is_dir():
        print(
            f"There is no folder {settings.home}. Check --home or METERSIEVE_HOME; "
            f"to begin an archive there: python -m daemon run --home {shlex.quote(str(settings.home))}",
            file=sys.stderr,
        )
        return 2
    os.environ.update(OFFLINE)
    os.environ["GRADIO_TEMP_DIR"] = str(settings.home / "db" / "uploads")
    return _serve(settings)


def _serve(settings: Settings) -> int:
    import uvicorn
    from tzlocal import get_localzone

    from db.database import DatabaseError, open_database
    from db.journal import Journal
    from engine.picture import Limits
    from engine.recognition import Rule
    from ui.app import create_app
    from ui.judging import PhotoJudge

    try:
        engine = open_database(settings.database_url, Journal(settings.sqlite_journal))
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 2
    limits = Limits(max_bytes=settings.max_bytes, max_pixels=settings.max_pixels)
    judge = PhotoJudge(
        models_dir=settings.models_dir,
        cache=settings.cache_dir,
        threads=settings.judge_threads,
        limits=limits,
        rule=Rule(settings.meter_rule),
    )
    app = create_app(engine=engine, home=settings.home, judge=judge, clock=lambda: datetime.now(UTC), zone=get_localzone())
    print(f"  Pages:  http://{settings.ui_host}:{settings.ui_port}", flush=True)
    threading.Thread(target=judge.warm_up, name="warm-up", daemon=True).start()
    logging.getLogger("uvicorn.error").addFilter(is_worth_saying)
    uvicorn.run(app, host=settings.ui_host, port=settings.ui_port, log_level="warning", timeout_graceful_shutdown=FAREWELL_S)
    return 0


if __name__ == "__main__":
    sys.exit(main())
