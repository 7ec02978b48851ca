"""What `daemon status` tells a person."""

from __future__ import annotations

import json

from daemon.status import told

VALUES = {
    "waiting": 2,
    "advice": None,
    "grouping": {"state": "idle", "next_run": "2026-11-26T12:00:00+00:00", "duration_s": 3.2, "groups": {"named": 1}},
}


def test_a_person_reads_words_where_a_program_reads_values() -> None:
    waiting, advice, grouping = told(VALUES, as_json=False).splitlines()
    assert waiting.split() == ["waiting", "2"]
    assert advice.split() == ["advice", "-"]
    assert grouping == f"{'grouping':18} state idle, next run 2026-11-26T12:00:00+00:00, duration s 3.2, groups: named 1"
    assert json.loads(told(VALUES, as_json=True)) == VALUES
