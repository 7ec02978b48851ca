"""Designs must differ as makers' plates do, or photos of two designs look like one to whoever counts shared details."""

from itertools import combinations

import numpy as np
import pytest

from engine.drawing import Design, design, draw_photo
from engine.drawing.design import GENERATION, Body
from engine.drawing.layout import Places
from engine.drawing.paint import typeface
from engine.grouping.plates import describe_plate
from engine.grouping.verification import Prepared, prepare_plate, shared_details

DESIGNS = range(5)


@pytest.fixture(scope="module")
def plates() -> dict[tuple[int, int], Prepared]:
    """By design and meter, at the half size that thumbnails and small photos have."""
    return {
        (index, meter): prepare_plate(
            describe_plate(draw_photo(meter * 31 + 5, index, meter=meter, reading=7919 * index + 137 * meter)[0][::2, ::2].copy())
        )
        for index in DESIGNS
        for meter in range(2)
    }


def test_photos_of_one_design_share_far_more_details_than_photos_of_two(plates: dict[tuple[int, int], Prepared]) -> None:
    same, others = [], []
    for (one, first), (two, second) in combinations(plates.items(), 2):
        (same if one[0] == two[0] else others).append(shared_details(first, second))
    assert np.median(others) <= 8
    assert min(same) > 2 * max(others)


def boxes(places: Places) -> dict[str, tuple[float, float, float, float]]:
    """Left, top, right, bottom of what stands on a plate; round things by about their size."""
    areas = {name: getattr(places, name) for name in ("display", "brand", "specs", "barcode")}
    found = {name: (x, y, x + w, y + h) for name, (x, y, w, h) in areas.items()}
    fittings = {"port": (places.port, 0.09), "led": (places.led, 0.01)}
    fittings |= {f"button {number}": (place, 0.066) for number, place in enumerate(places.buttons)}
    return found | {name: (x - r, y - r, x + r, y + r) for name, ((x, y), r) in fittings.items()}


@pytest.mark.parametrize("start", range(0, 300, 60))
def test_nothing_on_a_plate_covers_anything_else(start: int) -> None:
    for meter in map(design, range(start, start + 60)):
        found = boxes(meter.places)
        if meter.body is Body.DOME:  # a dial has its disc instead of port and light
            del found["port"], found["led"]
        for (one, a), (two, b) in combinations(found.items(), 2):
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert apart, (meter.index, one, two)
        assert all(0 <= left < right <= 1 and 0 <= top < bottom <= 1 for left, top, right, bottom in found.values())


def printed(meter: Design) -> list[tuple[str, str]]:
    """(face, words) of everything that is set in a dealt face."""
    title, figures, others = meter.block.wording
    words = [title, *others, *(f"{key} {value}" for key, value in figures)]
    screen, sticker = meter.screen, meter.sticker
    return [
        (meter.block.lettering.face, "".join(words)),
        (screen.lettering.face, "".join(note for _, note in screen.notes) + screen.unit),
        (sticker.lettering.face, sticker.prefix + sticker.words + meter.fastening.notice),
    ]


def test_every_letter_is_in_the_face_it_is_printed_in() -> None:
    """A letter that a face lacks is printed as an empty box."""
    for face, words in {pair for index in range(120) for pair in printed(design(index))}:
        font = typeface(face, 24)
        missing = bytes(font.getmask("\uffff"))
        for letter in {*words, *words.upper()} - {" "}:
            assert bytes(font.getmask(letter)) != missing, (face, letter)


def test_neighbours_in_the_catalogue_differ_in_words_and_type() -> None:
    for one, two in combinations(map(design, range(8)), 2):
        assert one.block.wording.title != two.block.wording.title
        assert (one.block.lettering, one.places) != (two.block.lettering, two.places)


def test_siblings_share_housing_and_colours_and_differ_in_name_and_small_print() -> None:
    for elder in map(design, range(8)):
        family = [elder, *(design(elder.index + GENERATION * nth) for nth in range(1, 5))]
        assert len({member.label for member in family}) == len({member.block.wording for member in family}) == 5
        assert len({(member.brand, member.housing, member.plate, member.places) for member in family}) == 1
