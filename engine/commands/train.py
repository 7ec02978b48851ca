"""`python -m engine train`: from labelled photos to a new model version."""

from __future__ import annotations

import argparse
import datetime
import json
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ArgumentError
from engine.outputs import check_folder

if TYPE_CHECKING:
    from engine.training.recipe import Recipe
    from engine.training.train import Order

SUMMARY = "train a model on folders of labelled photos; it judges from then on if it is not worse than the one that does"
EXAMPLE = "python -m engine train meter_type photos/by_type"

PROMOTED_BY_HAND = ("meter_type", "clarity", "good_bad")  # by `daemon promote`
RANDOM = Path("random")  # said instead of a file of start weights
HEADLINES = ("accuracy", "hit_rate", "auc")  # of a card's figures what is printed
KNOBS: dict[str, tuple[type, str]] = {
    "network": (str, "mobilenet_v2, resnet18 or small_cnn; what finds displays or looks at them has its own"),
    "width": (int, "width of the network's input, pixels"),
    "height": (int, "height of the network's input, pixels"),
    "fit": (str, "stretch or letterbox"),
    "head_epochs": (int, "epochs that train the new head alone"),
    "epochs": (int, "epochs that train the other layers too, at most"),
    "layers": (str, "what they train: all, upper (half the time) or last_block"),
    "head_lr": (float, "learning rate of the head alone"),
    "lr": (float, "learning rate of the other epochs"),
    "batch": (int, "photos per step"),
    "patience": (int, "stop after so many epochs without a better validation loss"),
    "weighting": (str, "of rare labels: balanced (by count), effective (by effective number) or sampled (drawn more often)"),
    "balance": (float, "0 = labels weigh as counted, 1 = all the same"),
    "smoothing": (float, "label smoothing, 0 to below 1"),
    "averaging": (float, "decay of the moving average of the weights, 0 = none"),
    "precision": (str, "auto (half where the chip computes it) or full"),
    "seed": (int, "seed of the split, the head and the variations"),
    "threads": (int, "CPU threads"),
}
VARIATIONS: dict[str, str] = {
    "crop": "least share of the area that a random crop keeps, 0 = no crop",
    "rotation": "largest rotation, degrees",
    "perspective": "largest shift of a corner, share of the side",
    "light": "largest relative change of brightness, contrast and saturation",
    "blur": "largest sigma, pixels of the input",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Task and data; every knob of the recipe is an option, the task's recipe is its default."""
    parser.add_argument("task", choices=("display", "clarity", "meter_type", "good_bad", "details"))
    parser.add_argument(
        "data", type=Path,
        help="<label>/photo.jpg, or the same under train/, val/ and test/; for display (and clarity) a CSV with file,x,y,w,h"
        " or a folder with boxes.csv; clarity adds the column clear, 0 to 1; for details any folder of photos",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="DIR", help="where versions are kept (default: as in the settings)")
    parser.add_argument(
        "--start", "--weights", type=Path, dest="weights", metavar="FILE|random",
        help="start weights (.pt state dict or .safetensors), or none (default: ImageNet's, if they can be downloaded)",
    )  # fmt: skip
    parser.add_argument(
        "--view", choices=("display", "photo"),
        help="clarity: what it looks at (default: the display, where the data has boxes or --out has a locator)",
    )  # fmt: skip
    parser.add_argument("--folds", type=int, help="display, clarity on the display: parts to measure and calibrate by, 0 = none")
    parser.add_argument("--resume", action="store_true", help="go on where the same training was interrupted")
    parser.add_argument(
        "--promote", action=argparse.BooleanOptionalAction,
        help="let the version judge in any case, or in none (default: where it is not worse than the one that judges, on the"
        " test or else the validation photos; display and details, which cannot be compared, in any case)",
    )  # fmt: skip
    parser.add_argument(
        "--recipe", choices=("own", "fast", "origin"), default="own", help="fast: a tenth of the time; origin: as before"
    )
    for name, (kind, text) in KNOBS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, help=text)
    for name, text in VARIATIONS.items():
        parser.add_argument(f"--{name}", type=float, help=f"variation: {text}")
    parser.add_argument("--flip", action=argparse.BooleanOptionalAction, help="variation: mirror half of the photos")


def run(args: argparse.Namespace) -> int:
    """Exit code 0; expected failures are raised as `EngineError`."""
    from engine.bundle import current
    from engine.training.train import Order

    if args.weights and args.weights != RANDOM and not args.weights.is_file():
        raise ArgumentError(f"{args.weights} is not a file. Give --start a state dict (.pt), a .safetensors file or `random`.")
    args.out = args.out or args.models_dir
    check_folder(args.out)
    champion = current(args.out, args.task)
    order = Order(
        task=args.task,
        data=args.data,
        models_dir=args.out,
        recipe=_recipe(args),
        weights=None if args.weights == RANDOM else args.weights,
        download=args.weights is None,
        weights_licence=_licence(args.weights),
        command=_command(args),
        promote=champion is None if args.promote is None else args.promote,
        today=datetime.date.today(),
        resume=args.resume,
    )
    folder = _trained(order, args.folds)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    for split, figures in card["metrics"].items():
        for name in (name for name in HEADLINES if name in figures):
            low, high = figures[f"{name}_interval"]
            print(f"{split}: {name.replace('_', ' ')} {figures[name]:.3f} ({low:.3f}-{high:.3f}) on {figures['photos']} photos")
    waits = ""
    if args.promote is None and champion is not None:
        from engine.training.succession import settle

        waits = settle(order, champion, folder, cache=args.cache_dir, tell=print)
    elif not order.promote:
        waits = "--no-promote was given"
    _tell_who_judges(folder, waits, args)
    return 0


def _tell_who_judges(folder: Path, waits: str, args: argparse.Namespace) -> None:
    """The last line: the new version, or how a person lets it judge. Says so where the settings look elsewhere for models."""
    elsewhere = args.out.absolute() != args.models_dir
    if not waits:
        print(f"{folder} judges from now on" + (f" wherever the setting models_dir names {args.out}" if elsewhere else ""))
        return
    setting = f"METERSIEVE_MODELS_DIR={shlex.quote(str(args.out))} " if elsewhere else ""
    print(f"{folder} waits: {waits}.")
    if args.task in PROMOTED_BY_HAND:
        print(f"Let it judge all the same: {setting}python -m daemon promote {folder.name} --task {args.task}")


def _trained(order: Order, folds: int | None) -> Path:
    """The new version's folder. A locator, and clarity on the display, are measured by leaving groups out."""

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    if order.task == "display":
        from engine.training.train_locator import FOLDS as LOCATOR_FOLDS
        from engine.training.train_locator import train_locator

        return train_locator(order, folds=LOCATOR_FOLDS if folds is None else folds, tell=tell)
    if order.task == "details":
        from engine.training.train_details import train_details

        return train_details(order, tell=tell)
    if order.recipe.view == "display":
        from engine.training.train_readability import FOLDS, train_readability

        return train_readability(order, folds=FOLDS if folds is None else folds, tell=tell)
    from engine.training.train import train

    return train(order, tell=tell)


def _recipe_name(args: argparse.Namespace) -> str:
    """The recipe's key: clarity has one per view, and networks other than the display's look at whole photos."""
    from engine import bundle
    from engine.boxes import is_table
    from engine.training.recipe import RECIPES

    other = args.network not in (None, RECIPES["readability"].network)
    if args.task == "clarity" and args.view == "display" and other:
        raise ArgumentError(f"--view display is judged by {RECIPES['readability'].network}. Leave --network out.")
    if args.task != "clarity" or args.recipe != "own" or args.view == "photo" or other:
        return str(args.task)
    if args.view == "display" or is_table(args.data) or bundle.current(args.out, "display"):
        return "readability"
    return "clarity"


def _recipe(args: argparse.Namespace) -> Recipe:
    from dataclasses import replace
    from typing import get_args

    from engine.bundle import Fit, Network
    from engine.training.recipe import FAST, ORIGIN, RECIPES, Layers, Precision, Weighting

    given: dict[str, Any] = _given(args, KNOBS)
    choices = {"network": Network, "fit": Fit, "layers": Layers, "weighting": Weighting, "precision": Precision}
    for name, kinds in choices.items():
        if name in given and given[name] not in get_args(kinds):
            raise ArgumentError(f"--{name} is one of {', '.join(get_args(kinds))}, not {given[name]!r}.")
    for name in ("width", "height", "epochs", "batch", "threads"):
        if given.get(name, 1) < 1:
            raise ArgumentError(f"--{name} must be at least 1.")
    for name in ("smoothing", "averaging", "crop"):
        if not 0 <= (getattr(args, name) or 0) < 1:
            raise ArgumentError(f"--{name} must be at least 0 and below 1.")
    recipes, name = {"own": RECIPES, "fast": FAST, "origin": ORIGIN}[args.recipe], _recipe_name(args)
    if name not in recipes:
        raise ArgumentError(f"--recipe {args.recipe} exists for {', '.join(recipes)}. Leave it out.")
    recipe = recipes[name]
    return replace(recipe, **given, augmentation=replace(recipe.augmentation, **_given(args, (*VARIATIONS, "flip"))))


def _given(args: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}


def _command(args: argparse.Namespace) -> str:
    """The command as anyone could repeat it: folders and files by their names, not by where they lie here."""
    options = [f"--{name.replace('_', '-')} {value}" for name, value in _given(args, (*KNOBS, *VARIATIONS)).items()]
    if args.flip is not None:
        options.append("--flip" if args.flip else "--no-flip")
    recipe = [f"--recipe {args.recipe}"] if args.recipe != "own" else []
    weights = [f"--start {args.weights.name}"] if args.weights else []
    return " ".join(["python -m engine train", args.task, args.data.resolve().name, "--out models", *weights, *recipe, *options])


def _licence(weights: Path | None) -> str | None:
    """From the JSON beside the weights file, where there is one; None where torchvision's own are used."""
    if weights is None or weights == RANDOM:
        return None
    beside = weights.with_suffix(".json")
    stated = json.loads(beside.read_text(encoding="utf-8")).get("licence") if beside.is_file() else None
    return str(stated or "licence not stated")
