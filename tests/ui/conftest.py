"""The real pages, started as a process on a filled home, and a real browser that watches for trouble."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as NotInTime
from sqlalchemy import update

from daemon.home import Home
from db.database import open_database
from db.tables import Service
from tests.archive import fill

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run",
         "--disable-sync", "--disable-quic")  # fmt: skip
PATIENCE_MS = 30_000  # a loaded two-core machine
SETTLED_MS = 5_000  # after which a layout is what it is
START_S = 90
BEAT_S = 2

AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}, "resultTypes": ["violations"]}

READY = {  # what shows that a page's own content has come
    "": "[data-testid=updated]",
    "predict": "#drop input[type=file]",
    "history": "[data-testid=detail]",
    "groups": "[data-testid=gallery]",
    "models": "[data-testid=models]",
}


@dataclass
class Pages:
    """A running `python -m ui` and where its archive is."""

    address: str
    home: Home


@dataclass
class Watched:
    """A browser page with everything it should not have done."""

    page: Page
    trouble: list[str] = field(default_factory=list)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serve(home: Home, models: Path, port: int) -> Iterator[Pages]:
    """Start the pages and wait until they are healthy; stop them at the end."""
    command = [sys.executable, "-m", "ui", "--home", str(home.root), "--port", str(port), "--models", str(models)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(process, address)
        with _living_watcher(home):
            yield Pages(address, home)
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def _living_watcher(home: Home) -> Iterator[None]:
    """Signs of life as a daemon gives them, where the archive says that one runs."""
    over = threading.Event()
    engine = open_database(f"sqlite:///{home.db}/metersieve.sqlite")

    def beat() -> None:
        while not over.wait(BEAT_S):
            with engine.begin() as connection:
                running = (Service.name == "watcher") & (Service.state == "running")
                connection.execute(update(Service).where(running).values(beat_at=datetime.now(UTC)))

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        engine.dispose()


def _wait_until_healthy(process: subprocess.Popen[str], address: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the pages ended with {process.returncode}: {process.stdout and process.stdout.read()}")
        try:
            if httpx.get(f"{address}/healthz", timeout=1).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)  # the process is still importing
    pytest.fail(f"the pages did not answer within {START_S} s")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    home = Home(tmp_path_factory.mktemp("home")).make()
    engine = open_database(f"sqlite:///{home.db}/metersieve.sqlite")
    fill(engine, home.root, datetime.now(UTC))
    engine.dispose()
    with serve(home, home.root / "models", free_port()) as pages:
        yield pages


@pytest.fixture(scope="module")
def new_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """The pages of an archive where nothing ever arrived."""
    home = Home(tmp_path_factory.mktemp("new")).make()
    with serve(home, home.root / "models", free_port()) as pages:
        yield pages


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("no chromium in /usr/bin: apt-get install chromium")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield running
        running.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A page 1440 pixels wide; the test fails if it wrote errors, asked for what is not there, or left the host."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    watched = Watched(page)
    trouble = watched.trouble
    page.on("console", lambda message: trouble.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(f"script: {error}"))
    page.on("dialog", lambda dialog: (trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("response", lambda answer: trouble.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    local = ("http://127.0.0.1:", "data:", "blob:")
    page.on("request", lambda asked: None if asked.url.startswith(local) else trouble.append(f"left the host: {asked.url}"))
    yield watched
    context.close()
    assert trouble == []


def visit(page: Page, pages: Pages, name: str) -> None:
    page.goto(f"{pages.address}/{name}")
    expect(page.locator(READY[name.partition("?")[0]]).first).to_be_attached()


def barriers(page: Page) -> list[tuple[object, ...]]:
    """What axe finds against WCAG 2.1 A and AA."""
    found = Axe().run(page, options=AXE)
    return [(v["id"], node["target"], node["failureSummary"]) for v in found.response["violations"] for node in v["nodes"]]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window, once styles and fonts have arrived and the layout has settled."""
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    page.wait_for_load_state("load")
    page.evaluate(
        "document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))"
    )
    with suppress(NotInTime):
        page.wait_for_function(f"{wider} <= 0", timeout=SETTLED_MS)
    return int(page.evaluate(wider))
