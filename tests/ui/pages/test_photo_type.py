"""A photo's detail says what its type rests on, and sets it right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.group_acts import dismiss
from db.groups import Selection
from db.retagging import earlier_judgements, replace_judgement
from db.tables import Photo
from engine.quality import QualityJudgement
from engine.verdict import Quality
from tests.archive import photo, store, unknown
from tests.ui.pages.test_groups import MakeArchive
from ui.pages.history import render_table
from ui.pages.history_query import parse_query
from ui.pages.photo_detail import render_photo
from ui.pages.photo_type import press_type, view_type


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("labelled", "Recognised from 5 labelled photos"),
        ("plate", "network and front plate"),
        ("network", "its network"),
        (None, ""),
    ],
)
def test_the_detail_says_by_what_a_type_was_found(database: Engine, templates: Environment, way: str, says: str) -> None:
    row = photo(1, recognised_by=way, labelled_photos=5, shared_details=40)
    store(database, row)
    with Session(database) as session:
        assert says in view_type(session, session.get_one(Photo, row.id), templates).rests_on


def test_the_detail_says_what_would_help_the_next_photo_before_it_goes_into_numbers(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, photo(1, suggestions=["Hold still."]))
    with Session(database) as session:
        text = render_photo(session.get_one(Photo, 1), archive_with(), templates)
    assert text.index("For the next photo") < text.index("Hold still.") < text.index("Meter type, best guesses")


def test_the_detail_says_what_a_photo_was_called_before_other_thresholds_judged_it(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, photo(1))
    with Session(database) as session, session.begin():
        row = session.get_one(Photo, 1)
        dark = QualityJudgement(quality=Quality.POOR, quality_score=0.1, tags=("low_light",), scores={}, suggestions=())
        for version, judgement in (("dark-1", dark), ("dark-2", replace(dark, tags=("low_light", "noisy")))):
            replace_judgement(session, row, judgement, version=version, now=datetime(2026, 11, 21, tzinfo=UTC))
    with Session(database) as session:
        before = tuple(earlier_judgements(session, 1))
        text = render_photo(session.get_one(Photo, 1), archive_with(), templates, earlier=before)
    assert text.index("Good (thresholds 2026-1, until") < text.index("Poor, Low light (thresholds dark-1, until")


def test_an_unknown_photo_says_which_type_its_print_contradicts_until_it_is_named(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, unknown(1, contradicted_type="GENUS5"))
    archive = archive_with()

    def said() -> tuple[str, str]:
        with Session(database) as session:
            detail = view_type(session, session.get_one(Photo, 1), templates).rests_on
        return detail, render_table(parse_query("period=all"), archive, templates)

    assert said()[0] == "The model takes it for GENUS5, but its print differs"
    assert "like GENUS5, print differs" in said()[1]
    assert press_type({"id": 1, "act": "correct", "name": "GENUS6"}, archive) == ("1 photo is now GENUS6.",)
    assert said()[0].startswith("Named by pages")
    assert "print differs" not in said()[1]


def test_a_dismissed_photo_says_who_dismissed_it_and_is_brought_back(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, unknown(1))
    archive = archive_with()
    with Session(database) as session:
        dismiss(session, Selection((1,)), by="ana", now=archive.clock())
        session.commit()

    def detail() -> str:
        with Session(database) as session:
            row = session.get_one(Photo, 1)
            return render_photo(row, archive, templates, type_view=view_type(session, row, templates))

    assert "Dismissed by ana, " in detail() and 'data-type="undo" data-of="1"' in detail()
    assert press_type({"id": 1, "act": "undo", "of": "1"}, archive)[0].startswith("Taken back")
    assert "Dismissed" not in detail() and 'data-type="correct"' in detail()


def test_a_type_is_denied_set_and_taken_back_and_a_stale_press_says_why_nothing_was_done(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, photo(1, recognised_by="network"), unknown(2))
    archive = archive_with()
    deny = {"id": 1, "act": "deny", "name": "GENUS5"}
    assert press_type(deny, archive) == ("1 photo said not to be GENUS5.",)
    assert press_type({"id": 2, "act": "deny", "name": "HPL 1"}, archive)[0].startswith("1 photo said not to be HPL 1")
    assert press_type({"id": 1, "act": "undo", "of": "1"}, archive)[0].startswith("Taken back")
    assert press_type({"id": 1, "act": "correct", "name": "hpl 1"}, archive) == ("1 photo is now hpl 1.",)
    assert "None of these photos" in press_type(deny, archive)[0]
    assert press_type({"id": 77, "act": "deny", "name": "X"}, archive) == ("This photo is no longer recorded.",)
    with Session(database) as session:
        seen = view_type(session, session.get_one(Photo, 1), templates)
    assert (seen.named, seen.rests_on.partition(",")[0]) == ("hpl 1", "Named by pages")
    assert [line for _, line in seen.said] == ["it is hpl 1"]


def test_the_table_does_not_call_sure_what_labels_or_a_person_said(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, photo(1, meter_type="HPL 1", recognised_by="labelled"), photo(2, meter_type="HPL 1"), photo(3))
    table = render_table(parse_query("period=all"), archive_with(), templates)
    assert (table.count("by labelled photos"), table.count("by a person"), table.count("80% sure")) == (1, 1, 1)
