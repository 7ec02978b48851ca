"""The Overview's tiles, charts and services, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from db.overview import DayTally, Heartbeat
from db.tables import Job, Service
from engine.picture import Limits
from engine.quality.versions import DEFAULT_VERSION
from tests.archive import NOW, photo, store, unclear, unknown
from ui.archive import Archive
from ui.judging import PhotoJudge
from ui.pages.frame import watcher_mark
from ui.pages.overview import render_tiles
from ui.pages.overview_charts import FEWEST, MAX_SITES, day_starts, photos_chart, unclear_chart
from ui.pages.overview_services import ServiceLine, read_services
from ui.pages.overview_tiles import Tile, read_tiles

DAY = timedelta(days=1)


def tiles(database: Engine) -> dict[str, Tile]:
    with Session(database) as session:
        return {tile.label: tile for tile in read_tiles(session, NOW)}


def test_a_new_archive_promises_nothing(database: Engine) -> None:
    shown = tiles(database)
    assert [tile.value for tile in shown.values()] == ["0", "–", "–", "0", "–"]
    assert {tile.tone for tile in shown.values()} == {""}


def test_without_enough_history_there_is_no_comparison(database: Engine) -> None:
    store(database, photo(1), unclear(2), *(photo(n, received_at=NOW - 3 * DAY) for n in range(10, 40)))
    assert tiles(database)["Unclear"] == Tile(label="Unclear", value="50%", note="of 2 judged")


def test_a_share_is_compared_with_the_seven_days_before(database: Engine) -> None:
    week = [unclear(n, received_at=NOW - 3 * DAY) for n in range(10, 17)] + [
        photo(n, received_at=NOW - 4 * DAY) for n in range(20, 83)
    ]
    store(database, photo(1), unclear(2), unknown(3), photo(4), *week)
    shown = tiles(database)
    assert (shown["Unclear"].value, shown["Unclear"].note, shown["Unclear"].tone) == (
        "25%",
        "▲ 15.0 points against the 7-day mean",
        "bad",
    )
    assert shown["Photos, last 24 h"].note == "-60% against the 7-day mean"  # 4 against 70 in seven days


def test_a_day_is_the_readers_own_summer_time_included() -> None:
    zone = ZoneInfo("Europe/Berlin")
    starts = day_starts(datetime(2026, 3, 30, 1, 0, tzinfo=UTC), 3, zone)
    assert [start.astimezone(UTC).isoformat()[:16] for start in starts] == [
        "2026-03-27T23:00",
        "2026-03-28T23:00",
        "2026-03-29T22:00",  # the 29th had 23 hours
        "2026-03-30T22:00",
    ]


def day(site: str, photos: int, *, day: int = 0, unclear: int = 0) -> DayTally:
    return DayTally(day=day, site=site, photos=photos, clarity_judged=photos, unclear=unclear)


STARTS = day_starts(NOW, 2, UTC)


def test_one_place_without_a_name_is_simply_all_photos() -> None:
    chart = photos_chart([day("", 3), day("", 4, day=1)], STARTS, UTC)
    assert chart["series"] == [{"name": "All photos", "values": [3, 4]}]
    assert chart["days"] == ["19 Nov", "20 Nov"]


def test_more_sites_than_a_person_can_tell_apart_share_a_series() -> None:
    chart = photos_chart([day(f"site {n}", 100 - n) for n in range(MAX_SITES + 3)], STARTS, UTC)
    assert [series["name"] for series in chart["series"]] == [*(f"site {n}" for n in range(MAX_SITES)), "Other sites"]
    assert chart["series"][-1]["values"] == [95 + 94 + 93, 0]


def test_a_share_of_too_few_is_not_drawn_but_counts_in_the_total() -> None:
    few = FEWEST - 1
    chart = unclear_chart([day("a", FEWEST, unclear=1), day("b", few, unclear=few)], STARTS, UTC)
    assert chart["series"] == [{"name": "a", "values": [20.0, None]}, {"name": "b", "values": [None, None]}]
    assert chart["total"]["values"] == [pytest.approx(100 * (1 + few) / (FEWEST + few), abs=0.1), None]


def services(database: Engine, home: Home, models: Path) -> dict[str, ServiceLine]:
    judge = PhotoJudge(models_dir=models, cache=models, threads=1, limits=Limits())
    archive = Archive(engine=database, home=home.root, judge=judge, clock=lambda: NOW, zone=UTC)
    with Session(database) as session:
        return {line.name: line for line in read_services(session, archive, NOW)}


def test_without_daemon_and_models_the_services_say_so(database: Engine, home: Home) -> None:
    shown = services(database, home, home.root / "models")
    assert (shown["Watcher"].state, shown["Watcher"].tone) == ("Never started", "none")
    assert shown["Engine"].state == "Partly"
    assert {"display: no model", "meter type: no model"} <= set(shown["Engine"].lines)
    assert shown["Disk"].state == "Fine"


def test_a_damaged_model_is_said(database: Engine, home: Home) -> None:
    (home.root / "models" / "clarity").mkdir(parents=True)
    (home.root / "models" / "clarity" / "CURRENT").write_text("v9\n")
    shown = services(database, home, home.root / "models")
    assert shown["Engine"].state == "Damaged"
    assert any("v9" in line for line in shown["Engine"].lines)


def test_the_engine_says_which_thresholds_judge(database: Engine, home: Home) -> None:
    models = home.root / "models"
    assert f"quality thresholds: {DEFAULT_VERSION}" in services(database, home, models)["Engine"].lines
    (models / "thresholds").mkdir(parents=True)
    (models / "thresholds" / "CURRENT").write_text("tuned-9\n")
    shown = services(database, home, models)["Engine"]
    assert (shown.state, "tuned-9" in shown.lines[-1]) == ("Damaged", True)


def test_the_watcher_says_what_waits_and_the_grouping_when_it_runs(database: Engine, home: Home) -> None:
    beat = {"waiting": 1200, "oldest_waiting_s": 300, "mode": "polling"}
    grouping = {"last_ended": "2026-11-20T11:30:00+00:00", "last_seconds": 41.2, "next_run": "2026-11-20T12:30:00+00:00"}
    store(
        database,
        Service(name="watcher", beat_at=NOW - timedelta(seconds=2), state="running", detail=beat),
        Service(name="grouping", beat_at=NOW, state="idle", detail=grouping),
    )
    shown = services(database, home, home.root)
    assert shown["Watcher"].lines == ("1,200 waiting in the inbox, the oldest for 5 min", "Polling, last sign of life 2 s ago")
    assert shown["Grouping"].lines == ("last 20 Nov 11:30, took 41 s", "next 20 Nov 12:30")
    store(database, Job(kind="regroup", payload={}, status="waiting", asked_at=NOW))
    assert services(database, home, home.root)["Grouping"].lines[1] == "Regrouping is asked for."


def test_a_regrouping_that_runs_says_since_when(database: Engine, home: Home) -> None:
    grouping = {"last_started": "2026-11-20T11:58:00+00:00", "last_ended": "2026-11-20T10:30:00+00:00", "last_seconds": 41.2}
    beats = {"watcher": {}, "grouping": grouping}
    store(database, *(Service(name=name, beat_at=NOW, state="running", detail=detail) for name, detail in beats.items()))
    assert services(database, home, home.root)["Grouping"].lines == ("runs since 20 Nov 11:58",)


@pytest.mark.parametrize(
    ("cancelled", "ended", "lines"),
    [
        ("11:58", None, ("cancelled 20 Nov 11:58",)),
        ("11:58", "10:30", ("cancelled 20 Nov 11:58", "last 20 Nov 10:30, took 41 s")),
        ("10:20", "10:30", ("last 20 Nov 10:30, took 41 s",)),
    ],
)
def test_a_regrouping_that_was_cancelled_is_said_until_one_comes_to_its_end(
    database: Engine, home: Home, cancelled: str, ended: str | None, lines: tuple[str, ...]
) -> None:
    grouping: dict[str, object] = {
        "last_started": "2026-11-20T10:29:19+00:00",
        "last_cancelled": f"2026-11-20T{cancelled}:00+00:00",
    }
    if ended:
        grouping |= {"last_ended": f"2026-11-20T{ended}:00+00:00", "last_seconds": 41.2}
    store(database, Service(name="watcher", beat_at=NOW, state="running", detail={}))
    store(database, Service(name="grouping", beat_at=NOW, state="idle", detail=grouping))
    assert services(database, home, home.root)["Grouping"].lines == lines


def test_photos_that_could_not_be_moved_are_said(database: Engine, home: Home) -> None:
    beats = [Service(name=name, beat_at=NOW, state="idle", detail={}) for name in ("watcher", "grouping")]
    left = {"photo_ids": [1, 2], "unmoved": True}
    store(database, *beats, Job(kind="move_photos", payload=left, status="failed", asked_at=NOW, message="2 could not be moved"))
    shown = services(database, home, home.root)["Grouping"]
    assert (shown.tone, shown.lines[-1]) == ("warn", "2 could not be moved")


def test_while_the_models_load_nobody_is_told_to_start_the_watcher(
    database: Engine, home: Home, archive_with: Callable[..., Archive], templates: Environment
) -> None:
    store(database, Service(name="watcher", beat_at=NOW - timedelta(seconds=90), state="starting", detail={}))
    shown = services(database, home, home.root)["Watcher"]
    assert (shown.state, shown.tone) == ("Starting", "none")
    beat = Heartbeat(state="starting", age=timedelta(seconds=90), detail={})
    assert "Watcher starting" in watcher_mark(beat, templates)
    welcome = render_tiles(archive_with(), templates)
    assert "models are loading" in welcome
    for said in (*shown.lines, welcome):
        assert "Start it" not in said


def test_a_watcher_that_fell_silent_is_stopped(database: Engine, home: Home) -> None:
    store(database, Service(name="watcher", beat_at=NOW - timedelta(minutes=10), state="running", detail={}))
    shown = services(database, home, home.root)
    assert (shown["Watcher"].state, shown["Watcher"].tone) == ("Stopped", "bad")
    assert shown["Watcher"].lines == ("last sign of life 10 min ago", "Start it: python -m daemon run")
