"""`python -m engine train`: from labelled photos to a new model version."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ArgumentError

if TYPE_CHECKING:
    from engine.training.recipe import Recipe

SUMMARY = "train a model on folders of labelled photos and make it the one that judges"
EXAMPLE = "python -m engine train meter_type photos/by_type --out models"

KNOBS: dict[str, tuple[type, str]] = {
    "network": (str, "mobilenet_v2, resnet18 or small_cnn"),
    "width": (int, "width of the network's input, pixels"),
    "height": (int, "height of the network's input, pixels"),
    "fit": (str, "stretch or letterbox"),
    "head_epochs": (int, "epochs that train the new head alone"),
    "epochs": (int, "epochs that train all layers, at most"),
    "head_lr": (float, "learning rate of the head alone"),
    "lr": (float, "learning rate of all layers"),
    "batch": (int, "photos per step"),
    "patience": (int, "stop after so many epochs without a better validation loss"),
    "balance": (float, "0 = labels weigh as counted, 1 = all the same"),
    "seed": (int, "seed of the split, the head and the variations"),
    "threads": (int, "CPU threads"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Task and data; every knob of the recipe is an option, the task's recipe is its default."""
    parser.add_argument("task", choices=("clarity", "meter_type", "good_bad"))
    parser.add_argument("data", type=Path, help="<label>/photo.jpg, or the same under train/, val/ and test/")
    parser.add_argument("--out", type=Path, default=Path("models"), help="where versions are kept (default: models)")
    parser.add_argument("--weights", type=Path, help="start weights (.pt state dict or .safetensors) instead of a download")
    parser.add_argument("--no-promote", action="store_true", help="write the version, but leave CURRENT as it is")
    for name, (kind, text) in KNOBS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, help=text)


def run(args: argparse.Namespace) -> int:
    """Exit code 0; expected failures are raised as `EngineError`."""
    from engine.training.train import Order, train

    if args.weights and not args.weights.is_file():
        raise ArgumentError(f"{args.weights} is not a file. Give --weights a state dict (.pt) or a .safetensors file.")
    order = Order(
        task=args.task,
        data=args.data,
        models_dir=args.out,
        recipe=_recipe(args),
        weights=args.weights,
        weights_licence=_licence(args.weights),
        command=_command(args),
        promote=not args.no_promote,
        today=datetime.date.today(),
    )
    folder = train(order, tell=lambda line: print(line, file=sys.stderr, flush=True))
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    for split, figures in card["metrics"].items():
        low, high = figures["accuracy_interval"]
        print(f"{split}: accuracy {figures['accuracy']:.3f} ({low:.3f}-{high:.3f}) on {figures['photos']} photos")
    print(f"{folder}{'' if args.no_promote else ' judges from now on'}")
    return 0


def _recipe(args: argparse.Namespace) -> Recipe:
    from dataclasses import replace
    from typing import get_args

    from engine.bundle import Fit, Network
    from engine.training.recipe import RECIPES

    given: dict[str, Any] = {name: getattr(args, name) for name in KNOBS if getattr(args, name) is not None}
    for name, choices in (("network", get_args(Network)), ("fit", get_args(Fit))):
        if given.get(name, choices[0]) not in choices:
            raise ArgumentError(f"--{name} is one of {', '.join(choices)}, not {given[name]!r}.")
    for name in ("width", "height", "epochs", "batch", "threads"):
        if given.get(name, 1) < 1:
            raise ArgumentError(f"--{name} must be at least 1.")
    return replace(RECIPES[args.task], **given)


def _command(args: argparse.Namespace) -> str:
    """The command as anyone could repeat it: folders and files by their names, not by where they lie here."""
    options = [f"--{name.replace('_', '-')} {getattr(args, name)}" for name in KNOBS if getattr(args, name) is not None]
    weights = [f"--weights {args.weights.name}"] if args.weights else []
    return " ".join(["python -m engine train", args.task, args.data.resolve().name, "--out models", *weights, *options])


def _licence(weights: Path | None) -> str | None:
    """From the JSON beside the weights file, where there is one; None where torchvision's own are used."""
    if weights is None:
        return None
    beside = weights.with_suffix(".json")
    stated = json.loads(beside.read_text(encoding="utf-8")).get("licence") if beside.is_file() else None
    return str(stated or "licence not stated")
