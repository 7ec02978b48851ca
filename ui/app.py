"""The one web process: our own routes first, Gradio's pages at / behind them (routes registered before the mount win)."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

import gradio as gr
from fastapi import FastAPI, Response
from sqlalchemy import Engine

from ui import words
from ui.api import api_routes
from ui.api_differing import differing_routes
from ui.api_groups import group_routes
from ui.api_models import model_routes
from ui.api_photos import photo_routes
from ui.api_refused import refused_routes
from ui.api_types import type_routes
from ui.archive import Archive
from ui.judging import PhotoJudge
from ui.media import media_routes
from ui.pages.groups import build_groups
from ui.pages.history import build_history
from ui.pages.models import build_models
from ui.pages.overview import build_overview
from ui.pages.predict import build_predict
from ui.templating import HERE, script, style_sheet, template_environment
from ui.theme import metersieve_theme
from ui.who import Who

UPLOAD_SLACK = 2  # a photo over the limit is named on the page; one this many times over is refused while uploading
KEEP_UPLOADS_S = 3600  # seconds; uploads are deleted as soon as they are judged, this catches what a crash left


def create_app(*, engine: Engine, home: Path, judge: PhotoJudge, clock: Callable[[], datetime], zone: tzinfo) -> FastAPI:
    """The application. `clock` gives aware moments; `zone` is the one in which people read them."""
    app = FastAPI(title=words.PRODUCT, docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")
    app.add_middleware(Who)
    app.include_router(api_routes(engine, judge, clock))
    app.include_router(photo_routes(engine))
    app.include_router(refused_routes(engine, clock))
    app.include_router(type_routes(engine, clock, judge.known_types))  # its acts are named; those of groups take any word
    app.include_router(group_routes(engine, clock, judge.known_types))
    app.include_router(differing_routes(engine, home, judge.limits))
    app.include_router(model_routes(engine, judge.models_dir, clock))
    app.include_router(media_routes(engine, home, judge.limits))
    style_address = _add_own_files(app)
    archive = Archive(engine=engine, home=home, judge=judge, clock=clock, zone=zone)
    pages = build_pages(archive)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="SSR mode is not supported")  # Gradio says so even when told not to
        return _mount(app, pages, head=_head(style_address), max_bytes=judge.limits.max_bytes)


def _mount(app: FastAPI, pages: gr.Blocks, *, head: str, max_bytes: int) -> FastAPI:
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        pages,
        path="/",
        theme=metersieve_theme(),
        head=head,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=UPLOAD_SLACK * max_bytes,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
    )
    return mounted


def build_pages(archive: Archive) -> gr.Blocks:
    """All pages: the Overview at /, the others beside it."""
    templates = template_environment(archive.zone, archive.clock)
    with gr.Blocks(
        title=words.PRODUCT, analytics_enabled=False, fill_width=True, delete_cache=(KEEP_UPLOADS_S, KEEP_UPLOADS_S)
    ) as pages:
        build_overview(archive, templates)
    with pages.route(words.PREDICT, "predict"):
        build_predict(archive, templates)
    with pages.route(words.HISTORY, "history"):
        build_history(archive, templates)
    with pages.route(words.GROUPS, "groups"):
        build_groups(archive, templates)
    with pages.route(words.models.TITLE, "models"):
        build_models(archive, templates)
    return pages


def _head(style_address: str) -> str:
    # A link, not Gradio's `css`: that one rewrites every selector, and breaks those in media queries.
    return f'<link rel="stylesheet" href="{style_address}"><script>{script("theme.js")}</script>'


def _add_own_files(app: FastAPI) -> str:
    """Serve the style sheet and the icons; returns the style sheet's address, which changes with its content."""
    icon = (HERE / "icon.svg").read_bytes()
    sheet = style_sheet()
    address = f"/style-{hashlib.sha256(sheet.encode()).hexdigest()[:12]}.css"

    @app.get(address, include_in_schema=False)
    def style() -> Response:
        return Response(sheet, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000, immutable"})

    @app.get("/favicon.ico", include_in_schema=False)
    def favicon() -> Response:
        return Response(icon, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})

    @app.get("/manifest.json", include_in_schema=False)
    def manifest() -> dict[str, object]:
        icons = [{"src": "/favicon.ico", "sizes": "any", "type": "image/svg+xml"}]
        return {"name": words.PRODUCT, "start_url": "/", "display": "browser", "icons": icons}

    return address
