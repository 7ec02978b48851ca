"""How well the quality tags find known defects, and how fast, against cleanvision and fastdup on the same photos in the same run.

    python -m benchmarks.quality --data ../shared/data --peers peers/bin/python

Reads `quality/quality.csv` and `field/field.csv` below the folder, and draws the defects for which there are no real photos on
the good ones. The thresholds that judge were fitted to scenes of this very folder: `python -m benchmarks.fit_thresholds` prints
the same rows with the scenes left out, and those are the figures to quote. Peers are run at their defaults, in an environment of
their own (benchmarks/requirements.txt); without --peers they are left out.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from benchmarks.quality_corpus import GOOD, Known, is_base, real_photos, spoilt
from benchmarks.quality_slices import SLICES
from engine.picture import Picture, decode
from engine.quality import Tag, judge, measure, shipped
from engine.quality.cuts import f_score


@dataclass(frozen=True, kw_only=True, slots=True)
class PeerCheck:
    """What a peer says of one defect: `sign` with which its score rises with the defect, its flag if it sets one."""

    name: str
    score: str
    sign: int
    flag: str | None = None

    def figure(self, photos: Mapping[str, Mapping[str, float]], chosen: NDArray[np.intp], has: NDArray[np.bool_]) -> str:
        """AUC and F1 on the chosen photos, as printed."""
        rows = [photos.get(_name(int(number)), {}) for number in chosen]
        if not all(self.score in row for row in rows):
            return "incomplete"
        scores = self.sign * np.array([row[self.score] for row in rows])
        return _figure(has, scores, [bool(row[self.flag]) for row in rows] if self.flag else None)


def _cleanvision(issue: str) -> PeerCheck:
    return PeerCheck(name="cleanvision", score=f"{issue}_score", sign=-1, flag=f"is_{issue}_issue")


def _fastdup(statistic: str, sign: int) -> PeerCheck:
    return PeerCheck(name="fastdup", score=statistic, sign=sign)


PEERS: Mapping[Tag, tuple[PeerCheck, ...]] = {
    Tag.BLURRY: (_cleanvision("blurry"), _fastdup("blur", -1)),
    Tag.LOW_LIGHT: (_cleanvision("dark"), _fastdup("mean", -1)),
    Tag.OVEREXPOSED: (_cleanvision("light"), _fastdup("mean", 1)),
    Tag.LOW_CONTRAST: (_fastdup("stdv", -1),),
    Tag.LOW_INFORMATION: (_cleanvision("low_information"), _fastdup("stdv", -1)),
}
SIZES = ((720, 1280, 40), (3000, 4000, 6))  # width, height, photos


def main() -> int:
    """Print the tables. Returns 0, also when there is no data to measure on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), metavar="FOLDER")
    parser.add_argument("--peers", type=Path, metavar="PYTHON", help="interpreter that has cleanvision and fastdup")
    parser.add_argument("--speed-only", action="store_true")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="draw defects on every Nth good photo (default: 1)")
    args = parser.parse_args()
    if not (args.data / "quality" / "quality.csv").is_file():
        print(f"skipped: no photos with known defects at {args.data / 'quality'} (give their folder with --data)")
        return 0
    if args.peers and not args.peers.is_file():
        parser.error(f"--peers: there is no interpreter {args.peers}. Make one as benchmarks/requirements.txt says.")
    cv2.setNumThreads(1)
    if not args.speed_only:
        with tempfile.TemporaryDirectory() as folder:
            compare(args.data, args.peers, Path(folder), args.every)
    for width, height, count in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            print_speed(_resized(args.data / "field" / "photos", Path(folder), width, height, count), args.peers, width, height)
    return 0


def compare(data: Path, peers: Path | None, folder: Path, every: int = 1) -> None:
    """Write every photo to `folder`, let all judge those very files, and print a row per slice.

    Every real photo is among them; `every` thins out only the good ones on which defects are drawn.
    """
    known: list[Known] = []
    judged = []
    for photo in tqdm(_photos(data, every), desc="judging", disable=None):
        encoded = cv2.imencode(".png", photo.pixels[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
        (folder / f"{len(known):05d}.png").write_bytes(encoded.tobytes())
        judged.append(judge(measure(photo.pixels), shipped()))
        known.append(_without_pixels(photo))
    said = {name: peer["photos"] for name, peer in _ask(peers, folder).items()} if peers else {}
    kind, source = np.array([each.kind for each in known]), np.array([each.source for each in known])
    print(f"thresholds {shipped().version}, {len(known)} photos; AUC / F1 at the defaults; - = no check, no flag")
    print(f"{'tag':<16} {'photos':<28} {'with':>5} {'without':>8} {'ours':>12} {'cleanvision':>13} {'fastdup':>13}")
    for row in SLICES:
        truth = np.array([1.0 if row.tag in each.present else np.nan if row.tag in each.unsure else 0.0 for each in known])
        chosen = np.flatnonzero(row.chosen(truth, kind, source))
        has = truth[chosen] == 1
        if has.all() or not has.any():
            continue
        ours = _figure(
            has, np.array([judged[i].scores[row.tag.value] for i in chosen]), [row.tag.value in judged[i].tags for i in chosen]
        )
        theirs = {peer.name: peer.figure(said[peer.name], chosen, has) for peer in PEERS.get(row.tag, ()) if peer.name in said}
        print(
            f"{row.tag.value:<16} {row.name:<28} {has.sum():>5} {(~has).sum():>8} {ours:>12} "
            f"{theirs.get('cleanvision', '-'):>13} {theirs.get('fastdup', '-'):>13}"
        )
    for label in GOOD:
        here = np.flatnonzero(kind == label)
        poor = np.mean([judged[i].quality.value == "Poor" for i in here])
        flags = [
            any(value for key, value in said["cleanvision"][_name(int(i))].items() if key in _FLAGS)
            for i in here
            if "cleanvision" in said
        ]
        print(
            f"good photos, {label}: ours {poor:.1%} of {len(here)} with a defect tag"
            + (f", cleanvision {np.mean(flags):.1%}" if flags else "")
        )


_FLAGS = {"is_blurry_issue", "is_dark_issue", "is_light_issue", "is_low_information_issue"}


def _photos(data: Path, every: int) -> Iterator[Known]:
    rng = np.random.default_rng(0)
    bases = itertools.count()
    for photo in real_photos(data):
        yield photo
        if is_base(photo) and next(bases) % every == 0:
            yield from (each for each in spoilt(photo, rng) if each.kind == "drawn")


def _without_pixels(photo: Known) -> Known:
    return replace(photo, pixels=np.zeros((1, 1, 3), np.uint8))


def _name(number: int) -> str:
    return f"{number:05d}.png"


def _figure(has: NDArray[np.bool_], scores: NDArray[np.float64], said: list[bool] | None) -> str:
    f1 = "-" if said is None else f"{f_score(has, np.array(said, bool))[2]:.2f}"
    return f"{roc_auc_score(has, scores):.3f} / {f1}"


def _ask(peers: Path, folder: Path, only: str | None = None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "said.json"
        script = Path(__file__).with_name("quality_peers.py")
        command = [str(peers.absolute()), str(script), str(folder.absolute()), "--out", str(out)]
        done = subprocess.run(
            [*command, *(["--only", only] if only else [])], cwd=place, capture_output=True, text=True, check=False
        )
        if not out.is_file():
            print(f"the peers failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
            return {}
        said: dict[str, Any] = json.loads(out.read_text())
        return said


def _resized(photos: Path, folder: Path, width: int, height: int, count: int) -> list[Path]:
    """Field photos at one size, as a phone saves them."""
    for photo in sorted(photos.glob("*.jpg"))[:count]:
        picture = cv2.resize(decode(photo.read_bytes()).pixels, (width, height), interpolation=cv2.INTER_AREA)
        (folder / photo.name).write_bytes(cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())
    return sorted(folder.glob("*.jpg"))


def print_speed(files: list[Path], peers: Path | None, width: int, height: int) -> None:
    """Photos per second of processor time, one thread, from the file's bytes to the tags."""
    if not files:
        return
    datas = [path.read_bytes() for path in files]
    pictures = [decode(data) for data in datas]

    def judged(picture: Picture) -> object:
        return judge(measure(picture.pixels, picture.native), shipped())

    judged(pictures[0])
    rates = {
        "decode alone": _rate(lambda i: decode(datas[i]), len(datas)),
        "measure and judge": _rate(lambda i: judged(pictures[i]), len(datas)),
        "decode, measure, judge": _rate(lambda i: judged(decode(datas[i])), len(datas)),
    }
    rates |= {name: len(files) / peer["cpu_s"] for name, peer in (_ask(peers, files[0].parent) if peers else {}).items()}
    said = ", ".join(f"{name} {rate:.1f}" for name, rate in rates.items())
    print(f"photos per CPU-second at {width} x {height}: {said}")


def _rate(work: Callable[[int], object], count: int) -> float:
    start = time.process_time()
    for number in range(count):
        work(number)
    return count / (time.process_time() - start)


if __name__ == "__main__":
    sys.exit(main())
