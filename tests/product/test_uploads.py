"""Every way in which senders really write, against one real daemon: a real FTP server, cp, mv, rsync, links, SMB-like writes."""

from __future__ import annotations

import ftplib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.database import open_database, sqlite_url
from db.tables import Photo
from tests.photos import encoded, pixels, write
from tests.product.processes import environment, start, wait_until

pytestmark = pytest.mark.product


def picture(seed: int) -> bytes:
    return encoded(pixels(seed, 256, 256), "PNG")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home that one daemon watches for all tests of this module; patience is long, so that what waits is seen to wait."""
    root = tmp_path_factory.mktemp("uploads")
    (root / "models").mkdir()
    env = environment(models_dir=root / "models", settle_s=0.5, patience_s=600.0, judge_processes=1, min_free_mb=0)
    daemon = start("daemon", "run", "--home", str(root / "home"), env=env)
    wait_until((root / "home" / "inbox" / ".metersieve").exists, 120, what="the daemon")
    yield root / "home"
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(60) == 0


Outcomes = Callable[[str], list[tuple[str | None, int]]]


@pytest.fixture(scope="module")
def outcomes(home: Path) -> Outcomes:
    database = open_database(sqlite_url(home / "db" / "metersieve.sqlite"))

    def of(prefix: str) -> list[tuple[str | None, int]]:
        with Session(database) as session:
            rows = session.scalars(select(Photo).where(Photo.source.startswith(prefix), Photo.outcome.is_not(None)))
            return [(row.outcome, row.size_bytes) for row in rows]

    return of


@pytest.fixture(scope="module")
def ftp(home: Path) -> Iterator[Callable[[], ftplib.FTP]]:
    """A real FTP server whose root is the inbox, and a way to log in."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "pyftpdlib",
        "-w",
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        "-u",
        "cam",
        "-P",
        "x",
    ]
    command += ["-u", "cam", "-P", "x", "-d", str(home / "inbox")]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def connect() -> ftplib.FTP:
        client = ftplib.FTP(timeout=60)  # noqa: S321 - what cameras speak
        client.connect("127.0.0.1", port)
        client.login("cam", "x")
        return client

    def answers() -> bool:
        try:
            connect().quit()
        except OSError:
            return False
        return True

    wait_until(answers, what="the FTP server")
    yield connect
    server.kill()
    server.wait()


def marked(home: Path, outcomes: Outcomes, name: str) -> None:
    """Another photo comes and is filed: time enough for the daemon to have done wrong with the first."""
    write(home / "inbox", {f"marker-{name}.png": picture(zlib.crc32(name.encode()))})
    wait_until(lambda: outcomes(f"marker-{name}"), what="the marker")


def test_an_ftp_upload_that_stalls_longer_than_the_window_makes_one_row_of_the_whole_file(
    home: Path, outcomes: Outcomes, ftp: Callable[[], ftplib.FTP]
) -> None:
    data, client = picture(1), ftp()
    client.voidcmd("TYPE I")
    with client.transfercmd("STOR stall.png") as upload:
        upload.sendall(data[: len(data) // 2])
        marked(home, outcomes, "stall")
        assert outcomes("stall") == []
        upload.sendall(data[len(data) // 2 :])
    client.voidresp()
    wait_until(lambda: outcomes("stall"), what="the upload")
    assert outcomes("stall") == [("filed", len(data))]


def test_a_dropped_ftp_connection_waits_and_is_one_row_when_it_was_resumed(
    home: Path, outcomes: Outcomes, ftp: Callable[[], ftplib.FTP]
) -> None:
    data, client = picture(2), ftp()
    client.voidcmd("TYPE I")
    half = len(data) // 2
    with client.transfercmd("STOR resume.png") as upload:
        upload.sendall(data[:half])
    client.close()  # the network is gone
    marked(home, outcomes, "resume")
    assert outcomes("resume") == []
    again = ftp()
    again.voidcmd("TYPE I")
    held = again.size("resume.png")
    assert held is not None
    again.storbinary("STOR resume.png", io.BytesIO(data[held:]), rest=held)
    wait_until(lambda: outcomes("resume"), what="the resumed upload")
    assert outcomes("resume") == [("filed", len(data))]


def test_an_ftp_upload_under_a_temporary_name_is_taken_when_it_is_renamed(
    home: Path, outcomes: Outcomes, ftp: Callable[[], ftplib.FTP]
) -> None:
    data, client = picture(3), ftp()
    client.storbinary("STOR renamed.png.part", io.BytesIO(data))
    marked(home, outcomes, "renamed")
    assert outcomes("renamed") == []
    client.rename("renamed.png.part", "renamed.png")
    wait_until(lambda: outcomes("renamed"), what="the renamed upload")
    assert outcomes("renamed") == [("filed", len(data))]


def test_a_place_taken_first_and_filled_later_as_smb_does_makes_one_row(home: Path, outcomes: Outcomes) -> None:
    data, path = picture(4), home / "inbox" / "smb.png"
    with path.open("wb") as file:
        file.truncate(len(data))
    marked(home, outcomes, "smb")
    assert outcomes("smb") == []
    with path.open("r+b") as file:
        file.write(data)
    wait_until(lambda: outcomes("smb"), what="the filled file")
    assert outcomes("smb") == [("filed", len(data))]


def test_folders_copied_or_moved_in_and_links_arrive_once_each(home: Path, outcomes: Outcomes, tmp_path: Path) -> None:
    write(
        tmp_path,
        {f"{folder}/deep/{n}.png": picture(2000 + 100 * k + n) for k, folder in enumerate(("cp", "mv")) for n in range(5)},
    )
    write(tmp_path, {"link.png": picture(500)})
    subprocess.run(["cp", "-r", str(tmp_path / "cp"), str(home / "inbox")], check=True)
    shutil.move(tmp_path / "mv", home / "inbox")
    os.link(tmp_path / "link.png", home / "inbox" / "link.png")
    wait_until(lambda: len(outcomes("cp/") + outcomes("mv/") + outcomes("link")) == 11, 120, what="eleven photos")
    assert {outcome for outcome, _ in outcomes("cp/") + outcomes("mv/") + outcomes("link")} == {"filed"}


@pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed")
@pytest.mark.parametrize("options", [["-a"], ["-a", "--inplace"]])
def test_rsync_delivers_each_photo_once(home: Path, outcomes: Outcomes, tmp_path: Path, options: list[str]) -> None:
    name = f"rsync{len(options)}"
    write(tmp_path, {f"{name}/{n}.png": picture(3000 * len(options) + n) for n in range(5)})
    subprocess.run(["rsync", *options, str(tmp_path / name), str(home / "inbox")], check=True)
    wait_until(lambda: len(outcomes(f"{name}/")) == 5, 120, what="five photos")
    assert {outcome for outcome, _ in outcomes(f"{name}/")} == {"filed"}
