"""The pages end quietly, also while a browser has one open."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx

from tests.product.processes import ROOT, environment, wait_until
from tests.product.test_first_minute import free_port


def answers(address: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(address, timeout=5).is_success
    return False


def test_pages_that_are_told_to_stop_while_one_is_open_say_nothing_of_a_crash(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log.txt"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "ui", "--home", str(tmp_path), "--port", str(port), "--models", str(tmp_path / "none")]
        pages = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=out, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(address), what="the pages")
        with httpx.stream("GET", f"{address}/gradio_api/heartbeat/browser", timeout=30) as open_page:
            assert "ALIVE" in next(open_page.iter_lines())
            pages.terminate()
            pages.wait(30)
    finally:
        pages.kill()
        pages.wait()
    assert log.read_text().splitlines() == [f"  Pages:  {address}"]
