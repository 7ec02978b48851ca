"""Starting the real programs, and waiting for what they do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def wait_until(true: Callable[[], Any], seconds: float = 60.0, what: str = "") -> Any:
    """Poll until the condition holds; fail with what was waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := true():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what or true}")


def environment(**settings: object) -> dict[str, str]:
    """The environment of a program under test: quick to settle, with the settings given on top."""
    values = {"settle_s": 0.3, "rescan_s": 1.0, "patience_s": 3.0, **settings}
    return {**os.environ, **{f"METERSIEVE_{key.upper()}": str(value) for key, value in values.items()}}


def start(module: str, *arguments: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start `python -m module arguments`; what it prints is shown when the test fails."""
    return subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=ROOT, env=env)


def run(module: str, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `python -m module arguments` to its end."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=env or environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
