"""Broken pictures and hostile names by the thousand: does anything crash, hang, eat memory or get lost?

    python benchmarks/fuzz.py --pictures 5000 --names 3000

Pictures: drawn photos as JPEG, PNG, TIFF, WebP, HEIC, GIF and BMP, each damaged at random (bits, bytes, cuts, repeats, sizes
written into headers, two files spliced), decoded and measured as the daemon does, in a process whose death or silence counts.
Names: bytes that are no text, control characters, 255 bytes, NFC beside NFD, names that differ in case alone, leading dashes,
reserved and traversing names, taken in by the real intake; each must end as one file with one row that pages and exports read.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "HEIF", "GIF", "BMP")
BATCH = 100  # pictures a message to the process
PATIENCE_S = 300.0  # for one batch; a sound photo takes milliseconds
SPECIAL_NAMES = (
    b"CON", b"NUL.jpg", b"aux.txt", b"-rf", b"--help.jpg", b" ", b" .jpg", b"x. ", b"x.", b"...", b"..jpg", b"%2e%2e%2fx.jpg",
    b"..\\..\\x.jpg", b"a\nb.jpg", b"a\rb.jpg", b"\x1b[31mred.jpg", b"\x07.jpg", b"'; DROP TABLE photo; --.jpg", b"$(reboot).jpg",
    b"<script>alert(1).jpg", b"=cmd|' C calc'!A0.jpg", b"\xff\xfe.jpg", b"\xc3\x28.jpg", b"\xed\xa0\x80.jpg", b"x" * 255,
    b"y" * 251 + b".jpg", "é".encode() * 127, "e\u0301".encode() * 85, "\u202egpj.exe".encode(), "😀".encode() * 63, b"a:b.jpg",
    b"a|b?.jpg", b"IMG.JPG", b"img.jpg", b"Img.Jpg", b"{name}.jpg", b"${x}.jpg", b"{{x}}.jpg", b"x.jpg.jpg", b"\xe2\x80\x8b.jpg",
)  # fmt: skip


@dataclass
class Told:
    """What became of some pictures."""

    ended: Counter[str] = field(default_factory=Counter)
    slowest_ms: float = 0.0
    peak_mb: float = 0.0  # resident memory of the process that judged, MB


def originals(rng: np.random.Generator) -> list[bytes]:
    """One small drawn picture in every format."""
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener()
    blocks = rng.integers(0, 256, (20, 15, 3), dtype=np.uint8)
    image = Image.fromarray(np.kron(blocks, np.ones((12, 12, 1), np.uint8)))
    files = []
    for name in FORMATS:
        file = io.BytesIO()
        image.save(file, format=name)
        files.append(file.getvalue())
    return files


def mutated(data: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """The file with one to eight damages."""
    broken = bytearray(data)
    for _ in range(int(rng.integers(1, 9))):
        if not broken:
            break
        at = int(rng.integers(len(broken)))
        if rng.random() < 0.3:  # headers are where decoders believe what they read
            at = min(at, int(rng.integers(1, 64)), len(broken) - 1)
        size = int(rng.integers(1, 32))
        match int(rng.integers(8)):
            case 0:
                broken[at] ^= 1 << int(rng.integers(8))
            case 1:
                broken[at : at + size] = rng.bytes(size)
            case 2:
                del broken[at:]
            case 3:
                del broken[at : at + size]
            case 4:
                broken[at:at] = broken[at : at + size * 8]
            case 5:
                number = int(rng.choice([0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]))
                broken[at : at + 4] = number.to_bytes(4, "big" if rng.random() < 0.5 else "little")
            case 6:
                broken[at:] = other[int(rng.integers(len(other))) :]
            case 7:
                broken[at : at + size * 16] = bytes(len(broken[at : at + size * 16]))
    return bytes(broken)


def judge_batch(seed: int, pictures: int) -> Told:
    """Damage and judge so many pictures, as the daemon's judge does."""
    from engine.appraise import Models, appraise
    from engine.errors import PictureError
    from engine.picture import Limits

    rng, told = np.random.default_rng(seed), Told()
    sources = originals(rng)
    for number in range(pictures):
        data = mutated(sources[number % len(sources)], sources[int(rng.integers(len(sources)))], rng)
        started = time.perf_counter()
        try:
            appraise(data, models=Models(), limits=Limits(max_pixels=20_000_000))
            told.ended["judged"] += 1
        except PictureError as error:
            told.ended[error.reason] += 1
        told.slowest_ms = max(told.slowest_ms, (time.perf_counter() - started) * 1000)
    told.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return told


def fuzz_pictures(pictures: int, seed: int = 0) -> Told:
    """Judge so many damaged pictures in one process; its deaths and silences are counted as "crash" and "hang"."""
    told = Told()
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    for first in range(0, pictures, BATCH):
        many = min(BATCH, pictures - first)
        try:
            batch = pool.submit(judge_batch, seed + first, many).result(PATIENCE_S)
        except (BrokenProcessPool, NotInTime) as error:
            told.ended["crash" if isinstance(error, BrokenProcessPool) else "hang"] += 1
            pool.shutdown(wait=False, cancel_futures=True)
            pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
            continue
        told.ended += batch.ended
        told.slowest_ms, told.peak_mb = max(told.slowest_ms, batch.slowest_ms), max(told.peak_mb, batch.peak_mb)
    pool.shutdown()
    return told


def hostile_names(count: int, rng: np.random.Generator) -> list[bytes]:
    """Different file names of at most 255 bytes, the special ones first."""
    names = dict.fromkeys(SPECIAL_NAMES)
    while len(names) < count:
        size = int(rng.integers(1, 256))
        raw = rng.bytes(size) if rng.random() < 0.5 else "".join(map(chr, rng.integers(1, 0xD7FF, size))).encode()[:255]
        if rng.random() < 0.3:
            text = raw.decode(errors="replace")
            raw = unicodedata.normalize("NFC" if rng.random() < 0.5 else "NFD", text).encode()[:255]
        name = raw.replace(b"/", b"_").replace(b"\0", b"_")
        if name not in (b".", b".."):
            names[name] = None
    return list(names)[:count]


def fuzz_names(folder: Path, count: int, seed: int = 0) -> Counter[str]:
    """Take in so many files with hostile names; each must be filed once, below sorted/, and be readable for all who ask.

    Litter (names that are never a photo, such as those with a leading dot) stays in the inbox.
    """
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from daemon.export import export
    from daemon.home import Home
    from daemon.inbox import is_litter, look
    from daemon.intake import Intake
    from db.database import open_database, sqlite_url
    from db.tables import Photo
    from engine.verdict import Quality, Verdict

    def judged(_: bytes) -> Verdict:
        return Verdict(
            width=1, height=1, quality=Quality.GOOD, quality_score=1.0, tags=(), measures={}, scores={}, suggestions=(), stamps={}
        )

    ended: Counter[str] = Counter()
    home = Home(folder).make()
    database = open_database(sqlite_url(home.db / "fuzz.sqlite"))
    contents: dict[bytes, bytes] = {}
    for number, name in enumerate(hostile_names(count, np.random.default_rng(seed))):
        contents[name] = f"photo {number}".encode()
        Path(os.fsdecode(os.fsencode(home.inbox) + b"/" + name)).write_bytes(contents[name])
    intake = Intake(home, database, judged, template="{clarity}/{meter_type}/{name}", max_bytes=100)
    for seen in look(home.inbox):
        ended[type(intake.take(seen, may_wait=False)).__name__.lower()] += 1
    left = {os.fsencode(entry.name) for entry in os.scandir(home.inbox)}
    ended["litter"] = sum(is_litter(os.fsdecode(name)) for name in left)
    ended["left"] = len(left) - ended["litter"]
    with Session(database) as session:
        rows = list(session.scalars(select(Photo)))
    found = Counter((home.root / row.path).read_bytes() for row in rows)
    wanted = Counter(data for name, data in contents.items() if name not in left)
    ended["lost"], ended["doubled"] = (wanted - found).total(), (found - wanted).total()
    ended["outside"] = sum(home.sorted not in (home.root / row.path).resolve().parents for row in rows)
    json.dumps([[row.name, row.source, row.path] for row in rows]).encode()
    for ending in (".jsonl", ".csv", ".xlsx"):
        ended[f"rows in {ending}"] = export(database, folder / f"all{ending}")
    database.dispose()
    return ended


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--names", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    told = fuzz_pictures(args.pictures, args.seed)
    print(f"{args.pictures} damaged pictures: {dict(told.ended.most_common())}")
    print(f"  crashes {told.ended['crash']}, hangs {told.ended['hang']}, slowest {told.slowest_ms:.0f} ms, {told.peak_mb:.0f} MB")
    with tempfile.TemporaryDirectory() as folder:
        print(f"{args.names} hostile names: {dict(fuzz_names(Path(folder), args.names, args.seed))}")


if __name__ == "__main__":
    main()
