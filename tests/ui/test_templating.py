"""Numbers, sizes and times as people read them; and nothing unescaped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.archive import HOSTILE, photo
from ui import words
from ui.templating import (
    format_beside,
    format_bytes,
    format_percent,
    format_span,
    format_sure,
    format_when,
    style_sheet,
    template_environment,
)


@pytest.mark.parametrize(
    ("share", "text"), [(None, "–"), (0, "0%"), (0.004, "0.4%"), (0.0999, "10.0%"), (0.5, "50%"), (1, "100%")]
)
def test_a_share_has_a_decimal_where_it_matters(share: float | None, text: str) -> None:
    assert format_percent(share) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.494, "49%"), (0.496, "49.6%"), (0.49999, "49.9%"), (0.5, "50%"), (0.504, "50%"), (0.002, "0.2%")]
)
def test_a_score_that_is_not_enough_does_not_look_as_if_it_were(share: float, text: str) -> None:
    assert format_beside(share, 0.5) == text


@pytest.mark.parametrize(("share", "text"), [(0.5, "50% sure"), (0.994, "99% sure"), (0.995, ">99% sure"), (1, ">99% sure")])
def test_nothing_is_quite_sure(share: float, text: str) -> None:
    assert format_sure(share) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (51_200, "51 kB"), (82e9, "82 GB"), (3e12, "3000 GB")],
)
def test_a_size_has_its_unit(size: float, text: str) -> None:
    assert format_bytes(size) == text


@pytest.mark.parametrize(
    ("span", "text"), [(-3, "0 s"), (90, "90 s"), (300, "5 min"), (timedelta(hours=30), "30 h"), (timedelta(days=3), "3 d")]
)
def test_a_span_has_its_largest_sensible_unit(span: float | timedelta, text: str) -> None:
    assert format_span(span) == text


def test_a_moment_of_another_year_says_which() -> None:
    now = datetime(2027, 1, 1, 9, tzinfo=UTC)
    assert format_when(now - timedelta(hours=8), UTC, now) == "01 Jan 01:00"
    assert format_when(now - timedelta(hours=10), UTC, now) == "31 Dec 2026 23:00"


def test_a_hostile_name_is_text_in_every_template_that_shows_it() -> None:
    templates = template_environment(UTC)
    row = photo(1, name=HOSTILE, meter_type=HOSTILE, guessed_type=HOSTILE, site=HOSTILE, sha256=None, id=1)
    shown = templates.get_template("overview_latest.html").render(photos=[row])
    shown += templates.get_template("history_table.html").render(
        photos=[row],
        said=[HOSTILE],
        kept=[],
        is_new=False,
        inbox="inbox",
        query=HOSTILE,
        selected=None,
        count="1",
        has_newer=False,
        has_older=False,
        newest=HOSTILE,
        newer="",
        older="",
    )
    assert "<img src=x" not in shown
    assert shown.count("&lt;img src=x") >= 4


def test_every_tag_and_reason_has_words() -> None:
    assert words.tag("low_light") == "Low light"
    assert words.tag("brand_new") == "Brand new"
    assert words.reason("too_large") == "Too many bytes"
    assert words.reason(None) == "Refused"


def test_the_style_sheet_fetches_nothing() -> None:
    sheet = style_sheet()
    assert "@import" not in sheet
    assert all(part.startswith('"data:') for part in sheet.split("url(")[1:])
