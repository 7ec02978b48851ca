"""A bundle's types keep their print: a near twin that a model takes for one of them is UNKNOWN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from engine.grouping import Plate, describe_plate
from engine.grouping.verification import prepare_plate
from engine.recognition import recognise
from engine.recognition.marks import Look, look_at
from engine.recognition.prints import Prints, prints_from_tensors, prints_of, prints_to_tensors
from engine.verdict import UNKNOWN
from tests.engine.grouping.drawn import plate_photo
from tests.engine.recognition.test_recognise import exemplars, model

ONE_LINE, TWO_LINES = ("STATIC METER EM101",), ("1P2W STATIC", "WATTHOUR METER")


def look(shot: int, headed: Sequence[str] = ONE_LINE) -> Look:
    pixels = plate_photo(1, shot, headed=headed)
    return look_at(pixels, prepare_plate(describe_plate(pixels)))


def plate(shot: int, headed: Sequence[str]) -> Plate:
    return describe_plate(plate_photo(1, shot, headed=headed))


@pytest.fixture(scope="module")
def prints() -> Prints:
    """Of type A, from six photos; type B has two, too few to agree on anything."""
    embeddings = np.eye(8, dtype=np.float32)
    return prints_of(["A"] * 6 + ["B"] * 2, embeddings, look)


def test_a_type_of_few_photos_has_no_print_and_one_of_many_is_read_back_as_it_was_kept(prints: Prints) -> None:
    assert set(prints) == {"A"}
    tensors = prints_to_tensors(prints, ("A", "B"))
    again = prints_from_tensors(("A", "B"), tensors)["A"]
    assert len(again.references) == 5
    for one, other in zip(prints["A"].references, again.references, strict=True):
        assert one.details == other.details
        assert np.abs(one.places - other.places).max() <= 1 / 32
        assert np.einsum("kd,kd->k", one.descriptors, other.descriptors).min() > 0.99
    photo, twin = look(11), look(12, TWO_LINES)
    assert again.falls_short(photo) == pytest.approx(prints["A"].falls_short(photo), abs=0.3)
    assert again.falls_short(twin) == pytest.approx(prints["A"].falls_short(twin), rel=0.2)


def test_bundles_without_prints_are_read_as_such() -> None:
    assert prints_from_tensors(("A",), {}) == {}
    assert prints_from_tensors(("A",), prints_to_tensors({}, ("A",))) == {}


def test_a_near_twin_that_the_model_takes_for_a_type_is_unknown_and_a_photo_of_the_type_is_not(prints: Prints) -> None:
    own = exemplars("v7", A=[plate(1, ONE_LINE), plate(2, ONE_LINE)], B=[describe_plate(plate_photo(2, 1))])
    plain = replace(model(), exemplars=own)
    checked = replace(plain, prints=prints)
    twin = plate_photo(1, 12, headed=TWO_LINES)
    assert recognise(plain, twin).meter_type == "A"
    found = recognise(checked, twin)
    assert (found.meter_type, found.recognised_by, found.contradicted_type) == (UNKNOWN, None, "A")
    assert found.shared_details is not None and found.shared_details > 20
    assert recognise(checked, plate_photo(1, 11, headed=ONE_LINE)).meter_type == "A"


def test_a_photo_that_cannot_be_laid_over_the_print_is_left_to_the_model(prints: Prints) -> None:
    sure = replace(model((9.0, 0.0)), prints=prints)
    assert recognise(sure, plate_photo(2, 7)).meter_type == recognise(model((9.0, 0.0)), plate_photo(2, 7)).meter_type
