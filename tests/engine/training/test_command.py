"""The train command: knobs, and a card without paths of the machine."""

import argparse
from dataclasses import replace
from pathlib import Path

import pytest

from engine.commands import train
from engine.errors import ArgumentError
from engine.training.augment import Augmentation
from engine.training.recipe import ORIGIN, RECIPES


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    return parser.parse_args(list(words))


def test_without_options_a_task_is_trained_by_its_recipe() -> None:
    for task, recipe in RECIPES.items():
        views = {"readability": ("--view", "display"), "clarity": ("--view", "photo")}
        words = ("clarity" if task == "readability" else task, "data", *views.get(task, ()))
        assert train._recipe(parse(*words)) == recipe


def test_a_network_made_for_photos_looks_at_the_whole_photo() -> None:
    assert train._recipe(parse("clarity", "data", "--network", "mobilenet_v2")).view == "photo"
    with pytest.raises(ArgumentError, match="--view display"):
        train._recipe(parse("clarity", "data", "--network", "mobilenet_v2", "--view", "display"))


def test_a_recipe_that_a_task_does_not_have_is_refused() -> None:
    with pytest.raises(ArgumentError, match="--recipe fast"):
        train._recipe(parse("display", "data", "--recipe", "fast"))


def test_each_option_changes_its_knob_alone() -> None:
    changed = train._recipe(parse("clarity", "data", "--view", "photo", "--lr", "0.5", "--width", "64"))
    assert (changed.lr, changed.width, changed.height) == (0.5, 64, RECIPES["clarity"].height)


def test_the_replaced_systems_recipes_and_every_variation_can_be_asked_for() -> None:
    words = ("--recipe", "origin", "--rotation", "3", "--no-flip")
    recipe = train._recipe(parse("meter_type", "data", *words))
    assert (recipe.network, recipe.layers, recipe.head_epochs, recipe.epochs) == ("resnet18", "last_block", 6, 8)
    assert recipe == replace(ORIGIN["meter_type"], augmentation=replace(Augmentation(), rotation=3.0, flip=False))
    assert train._command(parse("meter_type", "data", *words)).endswith("--recipe origin --rotation 3.0 --no-flip")


@pytest.mark.parametrize(
    "words",
    [("--network", "vgg"), ("--fit", "crop"), ("--epochs", "0"), ("--width", "-1"), ("--layers", "some"), ("--averaging", "1")],
)
def test_a_knob_that_makes_no_sense_is_refused_by_name(words: tuple[str, str]) -> None:
    with pytest.raises(ArgumentError, match=words[0]):
        train._recipe(parse("clarity", "data", *words))


def test_the_command_in_the_card_names_folders_not_where_they_lie(tmp_path: Path) -> None:
    args = parse("clarity", str(tmp_path / "photos"), "--weights", str(tmp_path / "start.pt"), "--seed", "3")
    assert train._command(args) == "python -m engine train clarity photos --out models --start start.pt --seed 3"


def test_a_weights_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"gone\.pt"):
        train.run(parse("clarity", str(tmp_path), "--weights", str(tmp_path / "gone.pt")))


def test_the_licence_of_the_start_weights_is_read_from_the_file_beside_them(tmp_path: Path) -> None:
    (tmp_path / "start.json").write_text('{"licence": "BSD"}')
    assert train._licence(tmp_path / "start.pt") == "BSD"
    assert train._licence(tmp_path / "other.pt") == "licence not stated"
    assert train._licence(None) is None
