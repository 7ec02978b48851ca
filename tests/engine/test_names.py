from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ArgumentError
from engine.names import check_label, formula_safe, readable


@pytest.mark.parametrize("text", ["GENUS5", "  HPL  SPPB10 ", "L+G E150", "LT1", "a", "em101_white_1line", "X-2.1"])
def test_a_makers_name_and_model_is_a_good_label(text: str) -> None:
    assert check_label(text) == " ".join(text.split())


@pytest.mark.parametrize(
    "text", ["", " ", "../evil", "a/b", "UNKNOWN", "unknown", "con", "COM1", "nul.b", "x" * 61, "-x", ".", "<b>x</b>", "é", "=1"]
)
def test_what_could_harm_a_folder_or_a_page_is_no_label(text: str) -> None:
    with pytest.raises(ArgumentError):
        check_label(text)


@given(st.text(max_size=80))
def test_a_label_is_always_one_safe_folder_name(text: str) -> None:
    try:
        label = check_label(text)
    except ArgumentError:
        return
    assert label == label.strip(" .") or label.endswith(("_", "+", "-"))
    assert not set(label) & set('/\\:*?"<>|\0\n')


def test_bytes_that_are_no_utf8_become_readable_and_all_else_stays() -> None:
    assert readable(os.fsdecode(b"a\xff.jpg")) == r"a\xff.jpg"
    assert readable('it\'s "new"\n😀.jpg') == 'it\'s "new"\n😀.jpg'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\r=1"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(text: str) -> None:
    assert formula_safe(text) == "'" + text


def test_numbers_and_plain_text_stay_as_they_are() -> None:
    assert [formula_safe(value) for value in (-1, 0.5, "a=1", None)] == [-1, 0.5, "a=1", None]
