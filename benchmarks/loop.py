"""The loop from unknown to known: how many photos one click labels, beside labelling photo by photo.

    python benchmarks/loop.py --data ../shared/data --weights FILE.pt [--photos field|drawn] [--base MODELS] [--seed 0]

A model knows a third of the designs. All other photos stream in, in batches. Each is recognised at once, from what the model
and the labels so far know; those nobody knows are grouped after every batch. An oracle stands in for the person: it names a
group of one design with one click, takes each stranger in it out with one click more, and leaves mixed groups alone. From then
on the named photos are exemplars, and the unknown ones are looked at again. Half-way and at the end the model is renewed from
the labels and has to pass the gate. No meter is both in the model's training and in the stream.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np

from engine import bundle, runtime
from engine.drawing import draw_photo
from engine.evaluation.answering import answer
from engine.evaluation.aside import is_kept_aside
from engine.evaluation.gate import Answered, Decision, rule
from engine.grouping import Plate, describe_plate, group
from engine.picture import decode
from engine.recognition import Exemplars, recognise, thinned
from engine.runtime import Model
from engine.training.recipe import FAST, RECIPES, Recipe
from engine.training.renew import Lesson, Renewal, renew
from engine.verdict import UNKNOWN

LEAST_METERS = 4  # of a design that the model may know at the start
PURE = 0.8  # share of one design from which the oracle names a group; below, a person would look for another
BATCHES = 8
HEADINGS = (  # labelled: photos of new designs that have their right type; one by one: what as many clicks would have labelled
    "arrived clicks labelled per click one by one new UNKNOWN  (on arrival)  right  wrong of those accepted"
)
DRAWN_DESIGNS, DRAWN_PHOTOS = 18, 20


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One photo with its truth."""

    path: Path
    design: str
    meter: str


@dataclass(kw_only=True)
class Archive:
    """What has arrived so far, by position: who was named by the oracle, what recognition says of the others."""

    shots: list[Shot] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # a type or UNKNOWN
    embeddings: list[np.ndarray] = field(default_factory=list)
    plates: list[Plate] = field(default_factory=list)
    named: set[int] = field(default_factory=set)
    taught: set[int] = field(default_factory=set)  # in the bundle's own exemplars by now
    pairs: dict[tuple[int, int], int] = field(default_factory=dict)
    clicks: int = 0


def main() -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds field/field.csv and field/photos/")
    parser.add_argument("--photos", choices=["field", "drawn"], default="field")
    parser.add_argument("--weights", type=Path, help="start weights of the first model; without, torchvision's or random ones")
    parser.add_argument("--base", type=Path, help="models folder of an earlier run with the same photos and seed: no training")
    parser.add_argument("--work", type=Path, help="where models and drawn photos are kept (default: a temporary folder)")
    parser.add_argument("--recipe", choices=["own", "fast"], default="own", help="of the first model; fast: a third of the time")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.photos == "field" and not (args.data / "field" / "field.csv").is_file():
        print(f"skipped: no field photos at {args.data}/field (give their folder with --data)")
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        work = args.work or Path(temporary)
        shots = read_field(args.data / "field") if args.photos == "field" else draw(work / "drawn", args.seed)
        base, stream = divide(shots, np.random.default_rng(args.seed))
        models = args.base or train_base(base, work, args.weights, args.seed, RECIPES if args.recipe == "own" else FAST)
        run(base, stream, models, work)
    return 0


def read_field(folder: Path) -> list[Shot]:
    """The hand-labelled field photos."""
    with (folder / "field.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [Shot(path=folder / "photos" / row["file"], design=row["design"], meter=row["meter_group"]) for row in rows]


def draw(folder: Path, seed: int) -> list[Shot]:
    """`DRAWN_DESIGNS` designs, one meter in two photos."""
    folder.mkdir(parents=True, exist_ok=True)
    shots = []
    for design in range(DRAWN_DESIGNS):
        for number in range(DRAWN_PHOTOS):
            path = folder / f"{seed}-{design}-{number}.jpg"
            if not path.exists():
                pixels, _ = draw_photo(seed * 10_000 + number, design, meter=number // 2, reading=1000 + 37 * number)
                cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])
            shots.append(Shot(path=path, design=f"design {design}", meter=f"{design}-{number // 2}"))
    return shots


def divide(shots: Sequence[Shot], rng: np.random.Generator) -> tuple[list[Shot], list[Shot]]:
    """A third of the designs is known, from half of their meters; everything else streams, in random order."""
    meters: dict[str, set[str]] = defaultdict(set)
    for shot in shots:
        meters[shot.design].add(shot.meter)
    able = sorted(design for design in meters if len(meters[design]) >= LEAST_METERS)
    known = rng.choice(able, len(meters) // 3, replace=False).tolist()
    learned = {meter for design in known for meter in rng.permutation(sorted(meters[design]))[: len(meters[design]) // 2 + 1]}
    base = [shot for shot in shots if shot.design in known and shot.meter in learned]
    rest = [shot for shot in shots if shot not in base]
    return base, [rest[index] for index in rng.permutation(len(rest))]


def train_base(
    base: Sequence[Shot], work: Path, weights: Path | None, seed: int, recipes: Mapping[str, Recipe] = RECIPES
) -> Path:
    """A first model of the known designs; of each the first meter chooses the epoch. Returns the models folder."""
    from engine.training.train import Order, train

    data, models = work / f"base-{seed}", work / f"models-{seed}"
    first: dict[str, str] = {}
    for shot in base:
        side = "val" if shot.meter == first.setdefault(shot.design, shot.meter) else "train"
        folder = data / side / shot.design
        folder.mkdir(parents=True, exist_ok=True)
        (folder / shot.path.name).unlink(missing_ok=True)
        (folder / shot.path.name).symlink_to(shot.path.resolve())
    order = Order(
        task="meter_type", data=data, models_dir=models, weights=weights, weights_licence=None,
        recipe=replace(recipes["meter_type"], threads=1, seed=seed), command="", promote=True, today=datetime.date(2026, 1, 1),
    )  # fmt: skip
    train(order, tell=lambda line: print(f"  {line}", file=sys.stderr))
    return models


def run(base: Sequence[Shot], stream: Sequence[Shot], models: Path, work: Path) -> None:
    """Stream, name, renew; print what came of it after every batch."""
    known = {shot.design for shot in base}
    folder = bundle.current(models, "meter_type")
    if folder is None:
        raise SystemExit(f"no meter_type model in {models}")
    model = runtime.load(folder, cache=work / "cache", threads=1)
    new = len({shot.design for shot in stream} - known)
    print(f"{len(known)} designs known from {len(base)} photos; {len(stream)} photos stream in, {new} designs among them are new")
    print(HEADINGS)
    archive = Archive()
    for number, batch in enumerate(np.array_split(np.arange(len(stream)), BATCHES), start=1):
        begun = len(archive.shots)
        for index in batch:
            arrive(archive, stream[index], model)
        at_arrival = [i for i in range(begun, len(archive.shots)) if archive.shots[i].design not in known]
        unknown = np.mean([archive.said[i] == UNKNOWN for i in at_arrival]) if at_arrival else 0.0
        while name_groups(archive):
            look_again(archive, model)
        tell(archive, known, float(unknown))
        if number in (BATCHES // 2, BATCHES):
            model = renewed(archive, model, models, work)


def arrive(archive: Archive, shot: Shot, model: Model) -> None:
    """Recognise one photo by the model and the labels so far."""
    pixels = decode(shot.path.read_bytes()).pixels
    said = recognise(model, pixels, labelled=labelled(archive, model))
    archive.shots.append(shot)
    archive.said.append(str(said.meter_type))
    archive.embeddings.append(np.asarray(said.embedding))
    archive.plates.append(said.plate or describe_plate(pixels))


def look_again(archive: Archive, model: Model) -> None:
    """Every unknown photo by what has been named since."""
    exemplars = labelled(archive, model)
    for index in unknown_of(archive):
        pixels = decode(archive.shots[index].path.read_bytes()).pixels
        archive.said[index] = str(recognise(model, pixels, labelled=exemplars).meter_type)


def labelled(archive: Archive, model: Model) -> Exemplars | None:
    """What people named and the bundle does not hold yet."""
    fresh = sorted(archive.named - archive.taught)
    if not fresh:
        return None
    types, vectors, plates = zip(
        *((archive.shots[i].design, archive.embeddings[i], archive.plates[i]) for i in fresh), strict=True
    )
    return thinned(Exemplars.of(model.card.version, types, vectors, plates))


def name_groups(archive: Archive) -> bool:
    """Group the unknown; the oracle names what is nearly pure. Returns whether anything was named."""
    pool = unknown_of(archive)
    if len(pool) < 2:
        return False
    place = {index: number for number, index in enumerate(pool)}
    known_pairs = {(place[a], place[b]): n for (a, b), n in archive.pairs.items() if a in place and b in place}
    grouping = group(np.stack([archive.embeddings[i] for i in pool]), [archive.plates[i] for i in pool], known_pairs=known_pairs)
    archive.pairs.update({(pool[a], pool[b]): n for (a, b), n in grouping.verified.items()})
    done = False
    for group_id in grouping.groups():
        members = [pool[place] for place in grouping.members(group_id)]
        design, count = Counter(archive.shots[i].design for i in members).most_common(1)[0]
        if count / len(members) < PURE:
            continue
        archive.clicks += 1 + len(members) - count
        for index in members:
            if archive.shots[index].design == design:
                archive.said[index] = design
                archive.named.add(index)
        done = True
    return done


def unknown_of(archive: Archive) -> list[int]:
    """Positions of the photos that have no type."""
    return [index for index, said in enumerate(archive.said) if said == UNKNOWN]


def tell(archive: Archive, known: set[str], unknown_at_arrival: float) -> None:
    """One line of the table."""
    truth = [shot.design for shot in archive.shots]
    new = [i for i, design in enumerate(truth) if design not in known]
    right_new = sum(archive.said[i] == truth[i] for i in new)
    waiting = np.mean([archive.said[i] == UNKNOWN for i in new])
    by_itself = [i for i, said in enumerate(archive.said) if said != UNKNOWN and i not in archive.named]
    wrong = sum(archive.said[i] != truth[i] for i in by_itself)
    right = np.mean([said == design for said, design in zip(archive.said, truth, strict=True)])
    share = wrong / max(len(by_itself), 1)
    print(
        f"{len(truth):7} {archive.clicks:6} {right_new:8} {right_new / max(archive.clicks, 1):9.1f} {archive.clicks:10} "
        f"{waiting:11.1%} {unknown_at_arrival:13.0%} {right:6.1%} {wrong:6} of {len(by_itself)} ({share:.1%})",
        flush=True,
    )


def renewed(archive: Archive, model: Model, models: Path, work: Path) -> Model:
    """The model after a training from the labels, where the gate lets it pass."""
    champion = models / "meter_type" / model.card.version
    parts = {True: [], False: []}  # type: dict[bool, list[int]]
    for index in sorted(archive.named):
        parts[is_kept_aside(archive.shots[index].meter)].append(index)
    order = Renewal(
        champion=champion, models_dir=models, cache=work / "cache", threads=1, command="", today=datetime.date(2026, 1, 1)
    )
    candidate = renew(order, list(lessons(archive, parts[False])), tell=lambda *_: None)
    paths = [archive.shots[i].path for i in parts[True]]
    before, after = (answer(each, paths, cache=work / "cache", threads=1, tell=lambda _: None) for each in (champion, candidate))
    answers = [
        Answered(truth=archive.shots[i].design, meter=archive.shots[i].meter, champion=str(old), challenger=str(new))
        for i, old, new in zip(parts[True], before, after, strict=True)
    ]
    known = {*model.card.labels, *bundle.read_card(candidate).labels}
    ruling = rule(answers, known)
    print(f"  {candidate.name} from {len(parts[False])} labels: {ruling.decision.value}: {ruling.reasons[0]}")
    if ruling.decision is not Decision.PROMOTE:
        return model
    archive.taught = set(parts[False])
    return runtime.load(candidate, cache=work / "cache", threads=1)


def lessons(archive: Archive, indices: Sequence[int]) -> Iterator[Lesson]:
    """What the oracle named, as a training reads it."""
    for index in indices:
        shot = archive.shots[index]
        yield Lesson(path=shot.path, sha256=shot.path.stem, label=shot.design, meter=shot.meter)


if __name__ == "__main__":
    sys.exit(main())
