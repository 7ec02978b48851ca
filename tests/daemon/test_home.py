"""Where an archive may begin, and what its folder and its settings must not say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from daemon.__main__ import _RUN, main
from daemon.command_line import BEGINNING, COMMANDS
from daemon.home import Home
from tests.photos import write
from tests.product.processes import ROOT

NEEDED = {"promote": ["v1"], "export": ["--out", "x.csv"]}


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - set(BEGINNING)))
def test_a_command_in_a_mistyped_home_says_so_in_one_line_and_makes_nothing(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, *NEEDED.get(command, []), "--home", str(tmp_path / "typo")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith(f"daemon {command}: There is no archive in {tmp_path / 'typo'}. Check --home")
    assert said[0].endswith(f"python -m daemon run --home {tmp_path / 'typo'}")
    assert list(tmp_path.iterdir()) == []


def test_status_begins_an_archive_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        assert main(["status", "--home", str(tmp_path / "home")]) == 0
        assert main(["status", "--home", str(tmp_path / "home")]) == 0
    assert {path.name for path in (tmp_path / "home").iterdir()} == {"inbox", "sorted", "db"}
    assert caplog.text.count(f"a new archive begins in {tmp_path / 'home'}") == 1


@pytest.mark.parametrize("command", ["run", "once", "retag", "retry"])
def test_a_sites_threshold_of_a_tag_that_is_never_said_is_refused(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"settings.toml": b"[sites.NORTH.thresholds]\nscreen_photo = 0.4\n"})
    assert main([command, "--home", str(tmp_path)]) == 2
    assert f"daemon {command}: sites.NORTH.thresholds: " in capsys.readouterr().err


def test_a_site_in_an_archive_whose_folders_say_no_site_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"settings.toml": b"inbox_folders = '{camera}'\n[sites.NORTH]\nignore = ['*.gif']\n"})
    assert main(["status", "--home", str(tmp_path)]) == 2
    assert "daemon status: sites.NORTH has no effect" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["status", "models", "check"])
def test_a_reader_that_goes_away_ends_a_command_in_silence(command: str, tmp_path: Path) -> None:
    Home(tmp_path / "home").make()
    words = [sys.executable, "-m", "daemon", command, "--home", str(tmp_path / "home")]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (141, b"")


def test_a_pipe_to_somebody_else_that_breaks_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setitem(_RUN, "status", broken)
    assert main(["status", "--home", str(tmp_path)]) == 2
    assert capfd.readouterr().err.endswith("daemon status: [Errno 32] Broken pipe\n")


@pytest.mark.parametrize("remains", ["sorted/a.jpg", "db/metersieve.sqlite", "settings.toml"])
def test_what_remains_of_an_archive_is_one(tmp_path: Path, remains: str) -> None:
    write(tmp_path, {remains: b""})
    assert main(["retain", "--home", str(tmp_path)]) == 0
