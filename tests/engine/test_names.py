from __future__ import annotations

import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ArgumentError
from engine.names import as_folder, check_label, folded, formula_safe, readable


@pytest.mark.parametrize(
    "text",
    [
        "GENUS5",
        "  HPL  SPPB10 ",
        "L+G E150",
        "LT1",
        "a",
        "em101_white_1line",
        "X-2.1",
        "Zähler Ölbach",
        "Счётчик",
        "विद्युत 3",
        "מונה 5",
    ],
)
def test_a_makers_name_and_model_is_a_good_label(text: str) -> None:
    assert check_label(text) == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "../evil", "a/b", "UNKNOWN", "unknown", "con", "COM1", "nul.b", "x" * 61, "-x", ".", "<b>x</b>", "=1", "\u0308x",
        "a\u202eb", "a\u200bb", "a\u2066b", "a\x00b", "a／b", "COM¹", "a\u3164b", "a\ufe0fb", "☎", "\ud800",
    ],
)  # fmt: skip
def test_what_could_harm_a_folder_or_a_page_is_no_label(text: str) -> None:
    with pytest.raises(ArgumentError):
        check_label(text)


@pytest.mark.parametrize("text", ["group-0009", "Group 9", "GROUP12", "ungrouped"])
def test_what_a_group_without_a_name_is_called_is_no_label(text: str) -> None:
    with pytest.raises(ArgumentError, match=f"{text} would look like a group"):
        check_label(text)


@pytest.mark.parametrize("text", ["Group", "groupe 9", "Group 9 Ltd", "group-9a"])
def test_a_maker_may_be_called_nearly_so(text: str) -> None:
    assert check_label(text) == text


# Letters, digits and marks of all scripts, what looks like them, and what is invisible or turns the text around.
ANYTHING = st.text(max_size=80) | st.text(st.characters(categories=["L", "Nd", "M", "Zs", "Cf", "Pd", "Pc"]), max_size=80)


@given(ANYTHING)
def test_a_label_is_always_one_safe_folder_name(text: str) -> None:
    try:
        label = check_label(text)
    except ArgumentError as error:
        assert "Use 1 to 60 letters" in str(error) or "reserved word" in str(error) or "would look like" in str(error)
        return
    assert label == label.strip(" .") or label.endswith(("_", "+", "-"))
    assert not set(label) & set('/\\:*?"<>|\0\n')
    assert {unicodedata.category(char)[0] for char in label if char not in " ._+-"} <= {"L", "M", "N"}
    assert unicodedata.is_normalized("NFC", label) and len(label.encode()) <= 255
    assert check_label(label) == label == as_folder(label)


@given(ANYTHING)
def test_anything_becomes_one_safe_folder_name(text: str) -> None:
    folder = as_folder(text)
    assert folder and folder == folder.strip(" .") == as_folder(folder)
    assert not set(folder) & set('/\\:*?"<>|\0\n') and len(folder.encode()) <= 255


@pytest.mark.parametrize(
    ("one", "other"), [("Zähler", "za\u0308hler"), ("GENUS5", "ｇｅｎｕｓ５"), ("Straße", "STRASSE"), ("Счётчик", "СЧЁТЧИК")]
)
def test_one_type_has_one_folded_name_however_it_is_typed(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_bytes_that_are_no_utf8_become_readable_and_all_else_stays() -> None:
    assert readable(os.fsdecode(b"a\xff.jpg")) == r"a\xff.jpg"
    assert readable('it\'s "new"\n😀.jpg') == 'it\'s "new"\n😀.jpg'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\r=1"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(text: str) -> None:
    assert formula_safe(text) == "'" + text


def test_numbers_and_plain_text_stay_as_they_are() -> None:
    assert [formula_safe(value) for value in (-1, 0.5, "a=1", None)] == [-1, 0.5, "a=1", None]
