"""The history's address: read from anyone, written by us."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.history import Cursor, Filters
from tests.archive import NOW
from ui.pages.history_query import MAX_FIELDS, Asked, parse_query

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).map(str.strip).filter(bool)
FILTERS = st.builds(
    Filters,
    sites=st.lists(st.one_of(st.just(""), NAMES), max_size=3).map(tuple),
    outcome=st.sampled_from([None, "filed", "refused", "duplicate"]),
    clarity=st.sampled_from([None, "clear", "unclear"]),
    quality=st.sampled_from([None, "Good", "Poor"]),
    meter_types=st.lists(NAMES, max_size=3).map(tuple),
    tags=st.lists(NAMES, max_size=3).map(tuple),
    name=st.one_of(st.just(""), NAMES),
)


@given(period=st.sampled_from(["1", "7", "30", "all"]), filters=FILTERS, photo=st.one_of(st.none(), st.integers(0, 10**14)))
def test_what_is_written_is_what_is_read(period: str, filters: Filters, photo: int | None) -> None:
    place = Cursor(NOW, 12)
    asked = Asked(period=period, filters=filters, older=place, photo=photo)
    assert parse_query(asked.query(older=place, photo=photo)) == asked
    assert parse_query("?" + asked.query(newer=place)) == Asked(period=period, filters=filters, newer=place)


@given(st.text())
def test_any_text_is_some_question(text: str) -> None:
    parse_query(text).query()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "period=8",
        "outcome=lost&clarity=maybe&quality=",
        "older=x&newer=1_",
        "photo=-1&photo=x",
        "name=%20",
        "tag=&type=",
        "unknown=1",
    ],
)
def test_what_makes_no_sense_counts_as_not_asked(text: str) -> None:
    assert parse_query(text) == Asked()
    assert parse_query(text).query() == ""


def test_a_flood_of_fields_is_not_read() -> None:
    assert parse_query("&".join(["tag=blurry"] * (MAX_FIELDS + 1))) == Asked()


def test_a_period_becomes_a_moment_and_all_time_has_none() -> None:
    assert parse_query("period=30").since(NOW).filters.since == NOW - timedelta(days=30)
    assert parse_query("period=all").since(NOW).filters.since is None
