"""The history's pages, filters and counts."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, event
from sqlalchemy.orm import Session

from db.history import Cursor, Filters, count_capped, read_choices, read_page, read_photo
from db.tables import Photo, PhotoTag
from tests.archive import NOW, duplicate, photo, refused, store, unclear, unknown


def names(database: Engine, filters: Filters) -> list[str]:
    with Session(database) as session:
        return [row.name for row in read_page(session, filters).photos]


def test_the_newest_photo_comes_first(database: Engine) -> None:
    store(database, photo(3), photo(1), photo(2))
    assert names(database, Filters()) == ["photo-0001.jpg", "photo-0002.jpg", "photo-0003.jpg"]


@pytest.mark.parametrize("typed", ["NFC", "NFD"])
def test_a_name_is_found_in_either_unicode_form(database: Engine, typed: str) -> None:
    forms = [unicodedata.normalize(form, f"Zähler-{form}.jpg") for form in ("NFC", "NFD")]
    store(database, *(photo(number, name=name) for number, name in enumerate(forms)))
    assert names(database, Filters(name=unicodedata.normalize(typed, "Zähl"))) == forms


def test_a_photo_still_on_its_way_is_not_shown(database: Engine) -> None:
    store(database, photo(1), photo(2, outcome=None))
    assert names(database, Filters()) == ["photo-0001.jpg"]
    with Session(database) as session:
        assert count_capped(session, Filters()) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.lists(st.integers(0, 5), max_size=30), size=st.integers(1, 7))
def test_pages_joined_are_all_photos_in_order_whichever_way_one_walks(database: Engine, minutes: list[int], size: int) -> None:
    with Session(database) as session:
        session.execute(delete(Photo))
        rows = [photo(n, received_at=NOW - timedelta(minutes=m)) for n, m in enumerate(minutes)]  # many share a moment
        session.add_all(rows)
        session.flush()
        expected = [row.id for row in sorted(rows, key=Cursor.of, reverse=True)]

        page = read_page(session, Filters(), size=size)
        down = list(page.photos)
        assert not page.has_newer
        while page.has_older:
            page = read_page(session, Filters(), older_than=Cursor.of(page.photos[-1]), size=size)
            assert page.has_newer
            down += page.photos
        assert [row.id for row in down] == expected

        up = list(page.photos)
        while page.has_newer:
            page = read_page(session, Filters(), newer_than=Cursor.of(page.photos[0]), size=size)
            assert page.has_older
            up = [*page.photos, *up]
        assert [row.id for row in up] == expected


def test_older_then_newer_is_the_same_page_although_photos_arrived_meanwhile(database: Engine) -> None:
    store(database, *(photo(number) for number in range(1, 8)))
    with Session(database) as session:
        first = read_page(session, Filters(), size=3)
        second = read_page(session, Filters(), older_than=Cursor.of(first.photos[-1]), size=3)
        session.add(photo(0))
        session.flush()
        back = read_page(session, Filters(), newer_than=Cursor.of(second.photos[0]), size=3)
    assert [row.id for row in back.photos] == [row.id for row in first.photos]
    assert back.has_newer


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(since=NOW - timedelta(minutes=10)), {"photo-0001.jpg"}),
        (Filters(sites=("south",)), {"photo-0002.jpg"}),
        (Filters(sites=("south", "")), {"photo-0002.jpg", "photo-0003.jpg"}),
        (Filters(outcome="refused"), {"photo-0004.jpg"}),
        (Filters(outcome="duplicate"), {"photo-0005.jpg"}),
        (Filters(clarity="unclear"), {"photo-0002.jpg"}),
        (Filters(quality="Poor"), {"photo-0002.jpg"}),
        (Filters(meter_types=("UNKNOWN", "HPL1")), {"photo-0003.jpg"}),
        (Filters(tags=("blurry",)), {"photo-0001.jpg", "photo-0002.jpg"}),
        (Filters(tags=("blurry", "glare")), {"photo-0001.jpg"}),
        (Filters(name="O-0003"), {"photo-0003.jpg"}),
        (Filters(name="%"), set()),
        (Filters(clarity="clear", sites=("south",)), set()),
    ],
)
def test_a_filter_keeps_what_it_names(database: Engine, filters: Filters, expected: set[str]) -> None:
    first = photo(1, tags=[PhotoTag(tag="blurry"), PhotoTag(tag="glare")])
    store(database, first, unclear(2, site="south"), unknown(3, site=None), refused(4))
    store(database, duplicate(5, first))
    assert set(names(database, filters)) == expected
    with Session(database) as session:
        assert count_capped(session, filters) == len(expected)


def test_a_count_stops_at_its_cap(database: Engine) -> None:
    store(database, *(photo(number) for number in range(6)))
    with Session(database) as session:
        assert count_capped(session, Filters(), cap=10) == 6
        assert count_capped(session, Filters(), cap=3) == 4


def test_the_choices_are_what_occurs(database: Engine) -> None:
    store(database, photo(1), unknown(2, site=None), photo(3, site="south"), refused(4))
    with Session(database) as session:
        choices = read_choices(session)
    assert choices.sites == ("", "north", "south")
    assert choices.meter_types == ("GENUS5", "UNKNOWN")


def test_a_page_of_fifty_costs_no_more_queries_than_a_page_of_two(database: Engine) -> None:
    store(database, *(unclear(number) for number in range(60)))
    counted: list[str] = []
    event.listen(database, "before_cursor_execute", lambda _c, _u, statement, *_: counted.append(statement))
    for size, into in ((2, []), (50, [])):
        counted.clear()
        with Session(database) as session:
            into += [[tag.tag for tag in row.tags] for row in read_page(session, Filters(), size=size).photos]
        assert into == [["blurry"]] * size
        assert len(counted) == 4  # photos, their tags, newer?, older?


def test_one_photo_is_read_with_its_tags_or_not_at_all(database: Engine) -> None:
    store(database, row := unclear(1))
    with Session(database) as session:
        found = read_photo(session, row.id)
        assert found is not None
        assert [tag.tag for tag in found.tags] == ["blurry"]
        assert read_photo(session, row.id + 1) is None


@given(at=st.datetimes(timezones=st.just(NOW.tzinfo)), photo_id=st.integers(1, 10**12))
def test_a_cursor_survives_the_address_bar(at: object, photo_id: int) -> None:
    cursor = Cursor(at, photo_id)  # type: ignore[arg-type]
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "x", "1", "1_x", "9" * 30 + "_1"])
def test_a_broken_cursor_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Cursor.parse(text)
