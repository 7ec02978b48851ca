"""The loop from unknown to known: how many photos one click labels, beside labelling photo by photo.

    python benchmarks/loop.py --data ../shared/data --weights FILE.pt [--photos field|drawn] [--base MODELS] [--seed 0]

A model knows a third of the designs. All other photos stream in, in batches. Each is recognised at once, from what the model
and the labels so far know; those nobody knows are grouped after every batch. An oracle stands in for the person: it names a
group of one design with one click. In a mixed group, where one design has at least `--pure`, the photos of others are ticked,
a click each, and split off with one click more; what is split off is looked at in the same way. A group that is nearly all of
two designs has its prints compared, a click whether or not that helps; where those that differ are mostly of the other design
they are split off with one click, and both parts looked at again. From then on the named photos are exemplars, and the unknown
ones are looked at again. Half-way and at the end the model is renewed from the labels and has to pass the gate. No meter is both
in the model's training and in the stream.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.loop_shots import Shot, divide, draw, read_field, train_base
from db.exemplars import PER_CLASS
from engine import bundle, runtime
from engine.evaluation.answering import answer
from engine.evaluation.aside import is_kept_aside
from engine.evaluation.gate import Answered, Decision, rule
from engine.grouping import Plate, group
from engine.grouping.details import describe_learned
from engine.grouping.verification import prepare_plate, shared_details
from engine.picture import decode
from engine.recognition import describe, recognise_described
from engine.recognition.differing import differing
from engine.recognition.exemplars import NO_PLATE
from engine.recognition.marks import Look, look_at
from engine.recognition.nearest import belongs_clearly, nearest
from engine.recognition.resemblance import Resemblance, resemblance
from engine.recognition.sameness import REFERENCES, Print, is_same, shows_it
from engine.recognition.sisters import AMONG, Sister, with_sisters
from engine.runtime import Model
from engine.training.recipe import FAST, RECIPES
from engine.training.renew import Lesson, Renewal, renew
from engine.verdict import UNKNOWN

BATCHES = 8
LEAST_TWINS = 4  # photos of a second design from which a group is one of two designs
HEADINGS = (  # labelled: photos of new designs that have their right type; one by one: what as many clicks would have labelled
    "arrived clicks labelled per click one by one new UNKNOWN  (on arrival)  right  wrong of those accepted"
)


@dataclass(kw_only=True)
class Archive:
    """What has arrived so far, by position: who was named by the oracle, what recognition says of the others."""

    pure: float  # share of one design from which the oracle works on a group; below, a person would look for another
    shots: list[Shot] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # a type or UNKNOWN
    embeddings: list[np.ndarray] = field(default_factory=list)
    plates: list[Plate] = field(default_factory=list)
    named: set[int] = field(default_factory=set)
    looks: list[Look] = field(default_factory=list)  # the plates, ready for comparing
    prints: dict[tuple[int, ...], Print] = field(default_factory=dict)
    alike: dict[int, Resemblance] = field(default_factory=dict)  # what photos look like by themselves
    shared: dict[tuple[int, int], int] = field(default_factory=dict)  # details of those
    groups: dict[int, int] = field(default_factory=dict)  # unknown photo -> its group
    pairs: dict[tuple[int, int], int] = field(default_factory=dict)
    compared: set[frozenset[int]] = field(default_factory=set)  # groups whose prints were compared
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
    parser.add_argument("--pure", type=float, default=0.8, help="share of one design from which the oracle works on a group")
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
        run(base, stream, models, work, args.pure)
    return 0


def run(base: Sequence[Shot], stream: Sequence[Shot], models: Path, work: Path, pure: float) -> None:
    """Stream, name, renew; print what came of it after every batch."""
    known = {shot.design for shot in base}
    folder = bundle.current(models, "meter_type")
    if folder is None:
        raise SystemExit(f"no meter_type model in {models}")
    model = runtime.load(folder, cache=work / "cache", threads=1)
    details = runtime.load_current(Path(__file__).resolve().parent.parent / "models", "details", cache=work / "cache", threads=1)
    if details is None:
        raise SystemExit("no model of details in models: train one (`python -m engine train details PHOTOS`)")
    fresh = [shot for shot in stream if shot.design not in known]
    new = len({shot.design for shot in fresh})
    print(f"{len(known)} designs known from {len(base)} photos; {len(stream)} photos stream in, {new} designs among them are new")
    print(f"{len(fresh)} photos of new designs: one click for each design would be {len(fresh) / new:.1f} photos per click")
    print(HEADINGS)
    archive = Archive(pure=pure)
    for number, batch in enumerate(np.array_split(np.arange(len(stream)), BATCHES), start=1):
        begun = len(archive.shots)
        for index in batch:
            arrive(archive, stream[index], model, details)
        at_arrival = [i for i in range(begun, len(archive.shots)) if archive.shots[i].design not in known]
        unknown = np.mean([archive.said[i] == UNKNOWN for i in at_arrival]) if at_arrival else 0.0
        while name_groups(archive):
            look_again(archive)
        tell(archive, known, float(unknown))
        if number in (BATCHES // 2, BATCHES):
            model = renewed(archive, model, models, work)
            second_look(archive, model)
    tell(archive, known, float(unknown))


def arrive(archive: Archive, shot: Shot, model: Model, details: Model) -> None:
    """Judge one photo by the model; where it is unknown, compare it with what people named and with the groups."""
    pixels = decode(shot.path.read_bytes()).pixels
    seen = describe(model, pixels)
    plate = seen.plate or NO_PLATE
    archive.looks.append(look_at(pixels, prepare_plate(plate)))
    archive.shots.append(shot)
    archive.embeddings.append(seen.embedding)
    archive.plates.append(plate)
    archive.said.append(str(recognise_described(model, seen, pixels).meter_type))
    if archive.said[-1] == UNKNOWN:
        archive.plates[-1] = describe_learned(plate, pixels, details)
        look_at_newcomers(archive, [len(archive.said) - 1])


def second_look(archive: Archive, model: Model) -> None:
    """Unknown photos are judged again by the version that judges now, as after a promotion."""
    for index in unknown_of(archive):
        pixels = decode(archive.shots[index].path.read_bytes()).pixels
        seen = replace(describe(model, pixels, plate=False), plate=archive.plates[index])
        archive.said[index] = str(recognise_described(model, seen, pixels).meter_type)
    look_again(archive)


def look_again(archive: Archive) -> None:
    """Every unknown photo in no group, by what has been named since."""
    look_at_newcomers(archive, [index for index in unknown_of(archive) if index not in archive.groups])


def look_at_newcomers(archive: Archive, newcomers: Sequence[int]) -> None:
    """Give unknown photos their type or group, as the daemon's newcomers get theirs: one by one, then with their sisters."""
    for index in newcomers:
        archive.alike.pop(index, None)
        place(archive, index)
    for index in unknown_of(archive):
        if index not in archive.groups and (index in newcomers or index in archive.alike):
            together = with_sisters(archive.alike.get(index), sisters(archive, index))
            if together is not None and shows_it(together.short):
                archive.said[index] = together.name


def sisters(archive: Archive, index: int) -> list[Sister]:
    """Those of the closest photos that look like a type."""
    others = [each for each in archive.alike if each != index and each not in archive.named and each not in archive.groups]
    closest = sorted(others, key=lambda each: -float(archive.embeddings[each] @ archive.embeddings[index]))[:AMONG]
    for each in closest:
        if (each, index) not in archive.shared:
            archive.shared[each, index] = shared_details(archive.looks[each].details, archive.looks[index].details)
    return [Sister(archive.shared[each, index], archive.alike[each]) for each in closest]


def place(archive: Archive, index: int) -> None:
    """Give an unknown photo its type or group where that is clear by itself, or note what it looks like."""
    classes: dict[str, list[int]] = defaultdict(list)
    for member in sorted(archive.named, reverse=True):  # the newest labels, as in the product
        classes[f"type {archive.said[member]}"].append(member)
    for member, group_id in archive.groups.items():
        classes[f"group {group_id}"].append(member)
    held = [(label, member) for label, members in classes.items() for member in members[:PER_CLASS]]
    found = nearest(
        archive.embeddings[index],
        archive.looks[index].details,
        [label for label, _ in held],
        np.stack([archive.embeddings[member] for _, member in held]) if held else np.zeros((0, 1), np.float32),
        plate_of=lambda number: archive.looks[held[number][1]].details,
    )
    if found is None:
        return
    kind, _, name = found.label.partition(" ")
    if kind == "type":
        chosen = tuple(classes[found.label][:REFERENCES])
        if chosen not in archive.prints:
            archive.prints[chosen] = Print.of([archive.looks[member] for member in chosen])
        archive.alike[index] = resemblance(name, found.details, archive.prints[chosen].falls_short(archive.looks[index]))
        if archive.alike[index].short is None and is_same(found.score, None):
            archive.said[index] = name
    elif belongs_clearly(found):
        archive.groups[index] = int(name)


def name_groups(archive: Archive) -> bool:
    """Group the unknown; the oracle names what is nearly pure. Returns whether anything was named."""
    pool = unknown_of(archive)
    previous = np.array([archive.groups.get(index, -1) for index in pool], np.int64)
    archive.groups = {}
    if len(pool) < 2:
        return False
    place = {index: number for number, index in enumerate(pool)}
    known_pairs = {(place[a], place[b]): n for (a, b), n in archive.pairs.items() if a in place and b in place}
    embeddings, plates = np.stack([archive.embeddings[i] for i in pool]), [archive.plates[i] for i in pool]
    grouping = group(embeddings, plates, known_pairs=known_pairs, previous=previous)
    archive.pairs.update({(pool[a], pool[b]): n for (a, b), n in grouping.verified.items()})
    done = False
    for group_id in grouping.groups():
        members = [pool[place] for place in grouping.members(group_id)]
        if named := name(archive, members):
            done = True
        archive.groups |= dict.fromkeys(set(members) - named, group_id)
    return done


def name(archive: Archive, members: Sequence[int]) -> set[int]:
    """Name a group of which one design has the most, split the others off, and name those likewise; returns the named photos."""
    design, count = main_design(archive, members)
    if count < 2:
        return set()
    if count / len(members) < archive.pure:
        return split_by_print(archive, members)
    others = [i for i in members if archive.shots[i].design != design]
    archive.clicks += 1 + (len(others) + 1 if others else 0)
    mine = set(members) - set(others)
    for index in mine:
        archive.said[index] = design
        archive.named.add(index)
    return mine | (name(archive, others) if others else set())


def main_design(archive: Archive, members: Sequence[int]) -> tuple[str, int]:
    """Of which design a group has most photos, and how many."""
    return Counter(archive.shots[i].design for i in members).most_common(1)[0]


def split_by_print(archive: Archive, members: Sequence[int]) -> set[int]:
    """Have the prints of a group of two designs compared, once for the same photos; go on with both parts if that tells them."""
    counts = Counter(archive.shots[i].design for i in members).most_common(2)
    two = len(counts) == 2 and counts[1][1] >= LEAST_TWINS and sum(count for _, count in counts) / len(members) >= archive.pure
    if not two or len(members) <= REFERENCES or frozenset(members) in archive.compared:
        return set()
    archive.compared.add(frozenset(members))
    archive.clicks += 1
    ticked = {members[place] for place in differing([archive.looks[i] for i in members]) or ()}
    parts = [i for i in members if i not in ticked], [i for i in members if i in ticked]
    if not ticked or main_design(archive, parts[0])[0] == main_design(archive, parts[1])[0]:
        return set()
    archive.clicks += 1
    return name(archive, parts[0]) | name(archive, parts[1])


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
    unnamed = [index for index in archive.groups if archive.said[index] == UNKNOWN]
    asked = [*parts[True], *unnamed]
    paths = [archive.shots[i].path for i in asked]
    before, after = (answer(each, paths, cache=work / "cache", threads=1, tell=lambda _: None) for each in (champion, candidate))
    answers = [
        Answered(
            truth=archive.shots[i].design if place < len(parts[True]) else None, meter=archive.shots[i].meter,
            champion=str(old), challenger=str(new), is_unnamed=place >= len(parts[True]),
        )
        for place, (i, old, new) in enumerate(zip(asked, before, after, strict=True))
    ]  # fmt: skip
    known = {*model.card.labels, *bundle.read_card(candidate).labels}
    ruling = rule(answers, known)
    print(f"  {candidate.name} from {len(parts[False])} labels: {ruling.decision.value}: {ruling.reasons[0]}")
    if ruling.decision is not Decision.PROMOTE:
        return model
    return runtime.load(candidate, cache=work / "cache", threads=1)


def lessons(archive: Archive, indices: Sequence[int]) -> Iterator[Lesson]:
    """What the oracle named, as a training reads it."""
    for index in indices:
        shot = archive.shots[index]
        yield Lesson(path=shot.path, sha256=shot.path.stem, label=shot.design, meter=shot.meter)


if __name__ == "__main__":
    sys.exit(main())
