import subprocess
import sys
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.commands import tune

ROOT = Path(__file__).resolve().parents[2]


def test_a_disk_that_fails_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(args: object) -> int:
        raise OSError(28, "No space left on device", "/data/x.json")

    monkeypatch.setattr(tune, "run", full)
    assert main(["tune", "--list"]) == 2
    assert capsys.readouterr().err == "tune: /data/x.json cannot be used: No space left on device.\n"


def test_a_reader_that_goes_away_ends_a_command_in_silence() -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "engine", "tune", "--list"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert command.stdout and command.stderr
    command.stdout.close()
    said = command.stderr.read()
    command.stderr.close()
    assert (command.wait(), said) == (141, b"")
