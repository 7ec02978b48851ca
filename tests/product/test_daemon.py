"""The real daemon on a real folder: what an operator would see."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from daemon.home import Home
from daemon.lock import locked
from tests.photos import encoded, jpeg, pixels, read, write
from tests.product.processes import ROOT, environment, run, start, wait_until

pytestmark = pytest.mark.product


@pytest.fixture
def no_models(tmp_path: Path) -> dict[str, str]:
    """Without models the daemon starts at once; filing does not depend on what they say."""
    (tmp_path / "models").mkdir()
    return environment(models_dir=tmp_path / "models")


@pytest.fixture
def daemon(tmp_path: Path, no_models: dict[str, str]) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start_daemon() -> subprocess.Popen[bytes]:
        process = start("daemon", "run", "--home", str(tmp_path / "home"), env=no_models)
        started.append(process)
        return process

    yield start_daemon
    for process in started:
        process.kill()
        process.wait()


def exported(home: Path) -> list[dict[str, object]]:
    out = home / "export.jsonl"
    done = run("daemon", "export", "--home", str(home), "--out", str(out))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sorted_photos(home: Path) -> dict[str, bytes]:
    return {name: data for name, data in read(home / "sorted").items() if not name.endswith(".csv")}


def hostile_drop() -> dict[str, bytes]:
    picture = pixels(7, 128, 192)
    huge, heic, rotated = io.BytesIO(), io.BytesIO(), Image.Exif()
    Image.new("1", (20_000, 20_000)).save(huge, "PNG")
    pillow_heif.from_pillow(Image.fromarray(picture)).save(heic)
    rotated[0x0112] = 6
    return {
        "truncated.jpg": jpeg(1)[:-300],
        "zero.jpg": b"",
        "text.jpg": b"I am a text file",
        "deep.png": encoded(picture[..., 0].astype(np.uint16) * 257, "PNG"),
        "cmyk.jpg": encoded_cmyk(picture),
        "rotated.jpg": encoded(np.rot90(picture).copy(), "JPEG", exif=rotated),
        "photo.heic": heic.getvalue(),
        "huge.png": huge.getvalue(),
        'it\'s "new"\n😀.jpg': jpeg(2),
    }


def encoded_cmyk(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).convert("CMYK").save(file, "JPEG")
    return file.getvalue()


def test_nine_difficult_files_in_one_drop_each_get_their_right_outcome(
    tmp_path: Path, daemon: Callable[[], subprocess.Popen[bytes]]
) -> None:
    home = tmp_path / "home"
    files = hostile_drop()
    process = daemon()
    write(home / "inbox", files)
    wait_until(lambda: not read(home / "inbox"), what="an empty inbox")
    rows = {str(row["source"]): row for row in exported(home)}
    assert {name: row["reason"] or row["outcome"] for name, row in rows.items()} == {
        "truncated.jpg": "truncated",
        "zero.jpg": "empty",
        "text.jpg": "not_an_image",
        "deep.png": "filed",
        "cmyk.jpg": "filed",
        "rotated.jpg": "filed",
        "photo.heic": "filed",
        "huge.png": "bomb",
        'it\'s "new"\n😀.jpg': "filed",
    }
    assert (rows["rotated.jpg"]["width"], rows["rotated.jpg"]["height"]) == (128, 192)
    assert {name: digest((home / str(row["path"])).read_bytes()) for name, row in rows.items()} == {
        name: digest(data) for name, data in files.items()
    }
    assert process.poll() is None
    write(home / "inbox", {"next.jpg": jpeg(99)})
    wait_until(lambda: not read(home / "inbox"), what="the photo after them")


def test_killed_again_and_again_during_a_drop_it_loses_and_doubles_nothing(
    tmp_path: Path, daemon: Callable[[], subprocess.Popen[bytes]]
) -> None:
    home = tmp_path / "home"
    files = {f"site{n % 3}/IMG_{n:04}.jpg": jpeg(n) for n in range(300)}
    rng = random.Random(5)
    names = list(files)
    for part in range(6):
        process = daemon()
        wait_until((home / "inbox").is_dir)
        write(home / "inbox", {name: files[name] for name in names[part * 50 : part * 50 + 50]})
        goal = len(sorted_photos(home)) + rng.randint(5, 40)
        wait_until(lambda goal=goal: len(sorted_photos(home)) >= goal, what=f"{goal} photos filed")
        process.send_signal(signal.SIGKILL)
        process.wait()
    daemon()
    wait_until(lambda: not read(home / "inbox"), 120, what="an empty inbox")
    wait_until(lambda: len(exported(home)) == 300, what="all rows")
    rows = exported(home)
    assert Counter(row["outcome"] for row in rows) == {"filed": 300}
    assert Counter(row["source"] for row in rows) == Counter(files.keys())
    on_disk = sorted_photos(home)
    assert sorted(map(digest, on_disk.values())) == sorted(map(digest, files.values()))
    assert {f"sorted/{name}" for name in on_disk} == {row["path"] for row in rows}


def test_sigterm_ends_it_with_0_and_the_status_says_so(tmp_path: Path, daemon: Callable[[], subprocess.Popen[bytes]]) -> None:
    home = tmp_path / "home"

    def status() -> dict[str, object]:
        return dict(json.loads(run("daemon", "status", "--json", "--home", str(home)).stdout))

    process = daemon()
    wait_until(lambda: status()["daemon"] == "running", what="the daemon")
    write(home / "inbox", {"a.jpg": jpeg(), "b.jpg": jpeg(), "c.jpg": b"text"})
    wait_until(lambda: status()["waiting"] == 0 and status()["filed"] == 1, what="the photos")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    values = status()
    assert {key: values[key] for key in ("waiting", "filed", "duplicate", "refused", "daemon")} == {
        "waiting": 0,
        "filed": 1,
        "duplicate": 1,
        "refused": 1,
        "daemon": "stopped",
    }


def test_a_second_daemon_on_the_same_inbox_is_told_so(
    tmp_path: Path, daemon: Callable[[], subprocess.Popen[bytes]], no_models: dict[str, str]
) -> None:
    home = tmp_path / "home"
    first = daemon()
    wait_until(lambda: (home / "db" / "daemon.lock").exists() and (home / "db" / "daemon.lock").read_text() == str(first.pid))
    second = run("daemon", "run", "--home", str(home), env=no_models)
    assert second.returncode == 4
    assert str(first.pid) in second.stderr
    assert "Traceback" not in second.stderr


def test_a_regrouping_waits_while_photos_are_moved(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    with ExitStack() as moving:
        moving.enter_context(locked(tmp_path / "db" / "regroup.lock"))
        process = subprocess.Popen(
            [sys.executable, "-m", "daemon", "regroup", "--home", str(tmp_path)],
            cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr is not None
        said = process.stderr.readline()
    _, later = process.communicate(timeout=120)
    assert f"waiting for process {os.getpid()}, which has regroup.lock" in said
    assert (process.returncode, "regrouped 0 unknown meters" in later) == (0, True)


def children(pid: int) -> list[int]:
    """The processes that a process has started and that have not ended."""
    listed = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for child in " ".join(listed).split()]


def is_regrouping(pid: int) -> bool:
    """Whether the process is there and regroups; of one that ended and was not yet reaped the command line is empty."""
    try:
        return b"regroup" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_regrouping_ends_with_a_daemon_that_is_killed(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").make()
    with locked(home.db / "regroup.lock"):  # it waits for its turn as long as we like
        process = start("daemon", "run", "--home", str(home.root), env=environment(regroup_minutes=0.02))
        try:
            wait_until(lambda: list(filter(is_regrouping, children(process.pid))), what="a regrouping")
            regrouping = next(filter(is_regrouping, children(process.pid)))
        finally:
            process.kill()
            process.wait()
        wait_until(lambda: not is_regrouping(regrouping), seconds=20, what="the regrouping's end")


def test_a_slow_writer_makes_one_row_of_the_whole_file(tmp_path: Path, daemon: Callable[[], subprocess.Popen[bytes]]) -> None:
    home = tmp_path / "home"
    daemon()
    wait_until((home / "inbox").is_dir)
    data = encoded(pixels(3, 256, 256), "PNG")
    with (home / "inbox" / "slow.png").open("wb") as writer:
        for part in range(0, len(data), len(data) // 4 + 1):
            writer.write(data[part : part + len(data) // 4 + 1])
            writer.flush()
            os.fsync(writer.fileno())
            write(home / "inbox", {f"marker-{part}.jpg": jpeg(part + 1)})  # filed after its quiet window: time has passed
            wait_until(lambda part=part: not (home / "inbox" / f"marker-{part}.jpg").exists())
            assert (home / "inbox" / "slow.png").exists()
    wait_until(lambda: not read(home / "inbox"))
    slow = [row for row in exported(home) if row["source"] == "slow.png"]
    assert [(row["outcome"], row["sha256"]) for row in slow] == [("filed", digest(data))]


def test_once_deals_with_what_is_there_and_exits_0(tmp_path: Path, no_models: dict[str, str]) -> None:
    home = tmp_path / "home"
    write(home / "inbox", {"a.jpg": jpeg(), "sub/b.jpg": jpeg(1), "c.txt": b"note", ".DS_Store": b"x"})
    done = run("daemon", "once", "--home", str(home), env=no_models)
    assert done.returncode == 0, done.stderr
    assert set(read(home / "inbox")) == {".DS_Store"}
    assert {(row["source"], row["outcome"]) for row in exported(home)} == {
        ("a.jpg", "filed"),
        ("sub/b.jpg", "filed"),
        ("c.txt", "refused"),
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["daemon", "export", "--out", "x.docx"], "must end in .jsonl, .csv, .xlsx"),
        (["engine", "judge", "no-such-file.jpg"], "There is no file or folder no-such-file.jpg"),
        (["engine", "judge", ".", "--jobs", "0"], "--jobs must be at least 1"),
    ],
)
def test_a_wrong_argument_gets_advice_and_exit_code_2(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "inbox").mkdir()
    done = run(*arguments, env=environment(home=tmp_path))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert said in done.stderr


def test_a_wrong_setting_ends_the_program_with_its_name_and_range(tmp_path: Path) -> None:
    done = run("daemon", "status", "--home", str(tmp_path), env=environment(settle_s=-1))
    assert done.returncode == 2
    assert "settle_s = '-1'" in done.stderr
    assert "range 0 to 3600" in done.stderr
    assert "Traceback" not in done.stderr
