from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.destinations import Place, check_template, filed_folder

TEMPLATE = "{clarity}/{meter_type}/{name}"


def place(**changes: Any) -> Place:
    values: dict[str, Any] = {
        "clarity": "clear",
        "meter_type": "GENUS1",
        "group_id": None,
        "quality": "Good",
        "site": "TPCODL",
        "received_at": datetime(2026, 4, 12, tzinfo=UTC),
    }
    return Place(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "folder"),
    [
        ({}, "clear/GENUS1"),
        ({"clarity": "unclear"}, "unclear/GENUS1"),
        ({"meter_type": "UNKNOWN"}, "clear/UNKNOWN/ungrouped"),
        ({"meter_type": "UNKNOWN", "group_id": 7}, "clear/UNKNOWN/group-0007"),
        ({"clarity": None, "meter_type": None}, "unjudged/unjudged"),
        ({"meter_type": "../../etc"}, "clear/_.._etc"),
        ({"meter_type": "Zähler Ölbach"}, "clear/Zähler Ölbach"),
        ({"meter_type": "Счётчик"}, "clear/Счётчик"),
    ],
)
def test_a_photo_goes_where_its_verdict_says(changes: dict[str, Any], folder: str) -> None:
    assert filed_folder(place(**changes), TEMPLATE) == PurePosixPath(folder)


def test_a_template_may_use_site_and_date() -> None:
    assert filed_folder(place(), "{site}/{year}-{month}-{day}/{name}") == PurePosixPath("TPCODL/2026-04-12")


@pytest.mark.parametrize(
    "template",
    [
        "{nme}",
        "{clarity}",
        "../{name}",
        "/x/{name}",
        "{clarity/{name}",
        "a/../../{name}",
        "{name}",
        "{year}-{name}",
        "{clarity:d}/{name}",
        "{site!z}/{name}",
    ],
)
def test_a_template_that_would_lose_or_leak_files_is_refused(template: str) -> None:
    assert check_template(template)


@given(st.text(min_size=1))
def test_no_label_leads_out_of_its_folder(label: str) -> None:
    folder = filed_folder(place(meter_type=label, site=label), "{clarity}/{meter_type}/{site}/{name}")
    assert folder.parts[0] == "clear"
    assert ".." not in folder.parts
    assert "/" not in "".join(folder.parts)
