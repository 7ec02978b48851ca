"""Overview: what came in, how it was judged, and whether every part runs."""

from __future__ import annotations

from datetime import timedelta

import gradio as gr
from jinja2 import Environment
from sqlalchemy.orm import Session

from db.history import Filters
from db.overview import QualityShares, first_arrival, read_days, read_heartbeats, read_latest, read_quality_shares
from db.retries import refused_by_reason
from engine.verdict import Quality
from ui import words
from ui.archive import Archive
from ui.pages.frame import DIRECT, bare_html, open_page
from ui.pages.history_query import Asked
from ui.pages.history_refused import query_of
from ui.pages.overview_charts import day_starts, photos_chart, unclear_chart
from ui.pages.overview_services import read_services
from ui.pages.overview_sites import tally_sites
from ui.pages.overview_tiles import read_tiles
from ui.templating import is_defect, script

RANGES = (7, 30, 90)  # days
DEFAULT_RANGE = 30
CHARTS_EVERY_S = 30.0  # seconds between looks at the days; the tiles are looked at with the header
LATEST = 12  # photos
SAMPLE_COMMAND = "python -m engine sample --count 40 --out {inbox}"


def build_overview(archive: Archive, templates: Environment) -> None:
    """Lay the page out and wire its ticks."""

    def live() -> tuple[str, str, str]:
        return render_tiles(archive, templates), render_services(archive, templates), render_kept(archive, templates)

    def charts(days: int) -> tuple[str, str, str, int]:
        return *render_days(days, archive, templates), days

    def change_range(event: gr.EventData) -> tuple[str, str, str, int]:
        return charts(int(event.days) if int(event.days) in RANGES else DEFAULT_RANGE)

    fast = open_page("overview", words.OVERVIEW_LEAD, archive, templates)
    slow = gr.Timer(CHARTS_EVERY_S)
    chosen = gr.State(DEFAULT_RANGE)
    tiles = bare_html(elem_id="tiles")
    with gr.Row(equal_height=True):  # what ends sooner grows: the charts, or the card of the tags
        with gr.Column(scale=2, min_width=480):
            days = bare_html(js_on_load=script("charts.js"), elem_id="charts")
        with gr.Column(scale=1, min_width=300):
            services = bare_html(elem_id="services")
            kept = bare_html(elem_id="kept")
            tags = bare_html(elem_id="tags")
    sites = bare_html(elem_id="sites")
    latest = bare_html(elem_id="latest")
    page = gr.context.Context.root_block
    gr.on([page.load, fast.tick], live, None, [tiles, services, kept], **DIRECT)
    gr.on([page.load, slow.tick], charts, chosen, [days, tags, sites, chosen], **DIRECT)
    gr.on([page.load, fast.tick], lambda: render_latest(archive, templates), None, latest, **DIRECT)
    days.range(change_range, None, [days, tags, sites, chosen], **DIRECT)


def render_tiles(archive: Archive, templates: Environment) -> str:
    """The five tiles; for a new archive also where photos go and how to get some."""
    now = archive.clock()
    with Session(archive.engine) as session:
        beat = read_heartbeats(session, now).get("watcher")
        return templates.get_template("overview_tiles.html").render(
            tiles=read_tiles(session, now),
            first_arrival=first_arrival(session),
            inbox=archive.inbox,
            sample=SAMPLE_COMMAND.format(inbox=archive.inbox),
            watcher=beat,
        )


def render_services(archive: Archive, templates: Environment) -> str:
    """The services with their state and what they last did."""
    now = archive.clock()
    with Session(archive.engine) as session:
        services = read_services(session, archive, now)
    return templates.get_template("overview_services.html").render(
        services=services, updated=f"{now.astimezone(archive.zone):%H:%M:%S}"
    )


def render_kept(archive: Archive, templates: Environment) -> str:
    """The refused files that are kept, by reason; nothing where there is none."""
    with Session(archive.engine) as session:
        kept = [(each, query_of(each.reason)) for each in refused_by_reason(session)]
    return templates.get_template("overview_refused.html").render(kept=kept)


def render_days(days: int, archive: Archive, templates: Environment) -> tuple[str, str, str]:
    """Both charts, and the tag shares and the sites of the same days."""
    now = archive.clock()
    starts = day_starts(now, days, archive.zone)
    with Session(archive.engine) as session:
        tallies = read_days(session, starts)
        shares = read_quality_shares(session, starts[0], now + timedelta(seconds=1))
    charts = [
        {"title": words.CHART_PHOTOS, "data": photos_chart(tallies, starts, archive.zone)},
        {"title": words.CHART_UNCLEAR, "data": unclear_chart(tallies, starts, archive.zone)},
    ]
    return (
        templates.get_template("overview_charts.html").render(charts=charts, ranges=RANGES, chosen=days),
        render_shares(shares, str(days), templates),
        templates.get_template("overview_sites.html").render(sites=tally_sites(tallies, str(days))),
    )


def render_shares(shares: QualityShares, period: str, templates: Environment) -> str:
    """How many photos are poor and how many have each defect's tag, each a link to those photos in the History."""

    def query(filters: Filters) -> str:
        return Asked(period=period, filters=filters).query()

    return templates.get_template("overview_tags.html").render(
        poor=shares.poor,
        poor_query=query(Filters(quality=Quality.POOR.value)),
        tags=[(tag, share, query(Filters(tags=(tag,)))) for tag, share in shares.tags if is_defect(tag)],
    )


def render_latest(archive: Archive, templates: Environment) -> str:
    """The newest photos, each a link to its detail."""
    with Session(archive.engine) as session:
        return templates.get_template("overview_latest.html").render(photos=read_latest(session, LATEST))
