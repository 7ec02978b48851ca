"""Processes that end with the one that started them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_it_ends_when_told_to_though_its_parent_does_not_hear_that() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as judging processes do
    try:
        command = [sys.executable, "-m", "engine.tied", str(os.getpid()), "code"]  # reads what is typed, for ever
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGTERM, before)
    with process:
        assert process.stderr and process.stderr.readline()  # its greeting: it runs
        process.terminate()
        assert process.wait(30) == -signal.SIGTERM
