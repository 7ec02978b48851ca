"""The name in a cookie, whatever a browser or a program sends there."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.who import LONGEST, NOBODY, written


@pytest.mark.parametrize(
    ("cookie", "name"),
    [("", NOBODY), ("%20%09", NOBODY), ("Ana", "Ana"), (quote(" Žofie\nNováková\u202e "), "Žofie Nováková"), ("%ff", "\ufffd")],
)
def test_a_name_is_one_line_of_what_one_sees(cookie: str, name: str) -> None:
    assert written(cookie) == name


@given(st.text())
def test_no_cookie_makes_a_name_that_is_long_empty_or_turns_text_around(text: str) -> None:
    name = written(quote(text, errors="replace"))
    assert 0 < len(name) <= LONGEST
    assert name.isprintable() and name == name.strip()
