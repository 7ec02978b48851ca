import re
from datetime import timedelta

from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.exported import as_row
from db.history import read_photo
from db.quality_tables import EarlierJudgement
from db.tables import Job, PhotoTag
from tests.archive import NOW, photo, store
from tests.ui.pages.test_groups import MakeArchive
from ui.pages.history import read_detail, render_filters, render_table
from ui.pages.history_query import parse_query
from ui.pages.overview import render_latest
from ui.pages.photo_detail import render_photo


def test_every_tag_that_a_photo_can_carry_can_be_asked_for(archive_with: MakeArchive, templates: Environment) -> None:
    text = render_filters(parse_query("tag=of_an_old_link"), archive_with(), templates)
    for tag in ("blurry", "damaged", "no_display", "of_an_old_link"):
        assert f'value="{tag}"' in text
    assert 'value="well_exposed"' not in text


TAGS = ("well_exposed", "hazy", "no_display", "damaged", "blurry")
WORDS = ["Damaged", "No display", "Blurry", "Hazy"]


def chips(html: str) -> list[str]:
    return [text for text in re.findall(r'<span class="t">([^<]*)</span>', html) if text in WORDS]


def test_tags_come_in_one_order_everywhere_the_gravest_first(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, photo(1, tags=[PhotoTag(tag=tag) for tag in TAGS]))
    archive = archive_with()
    assert chips(render_table(parse_query("period=all"), archive, templates)) == WORDS
    with Session(database) as session:
        row = read_photo(session, 1)
        assert row is not None
        earlier = EarlierJudgement(quality="Poor", tags=sorted(TAGS), thresholds="2026-1", replaced_at=NOW)
        detail = render_photo(row, archive, templates, earlier=[earlier])
        assert chips(detail) == WORDS
        assert f"Poor, {', '.join(WORDS)}" in detail
        assert as_row(row)["tags"] == ["damaged", "no_display", "blurry", "hazy", "well_exposed"]
    boxes = re.findall(r'value="(\w+)"', render_filters(parse_query(""), archive, templates))
    assert [tag for tag in boxes if tag in TAGS] == ["damaged", "no_display", "blurry", "hazy"]


def test_a_photo_without_a_display_is_nowhere_said_to_be_plainly_clear(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, photo(1, display_score=0.1, tags=[PhotoTag(tag="no_display")]))
    archive = archive_with()
    table, detail = render_table(parse_query("period=all"), archive, templates), read_detail(1, archive, templates)
    for shown, word in (
        (table, "Photo clear"),
        (detail, "Photo clear 90% sure"),
        (render_latest(archive, templates), "Photo clear"),
    ):
        assert f'<span class="t">{word}</span>' in shown
        assert '<span class="t">Clear' not in shown


def test_a_photo_that_could_not_be_moved_says_so(database: Engine, archive_with: MakeArchive, templates: Environment) -> None:
    left = {"photo_ids": [1], "unmoved": True}
    store(database, photo(1), photo(2), Job(kind="move_photos", payload=left, status="failed", asked_at=NOW))
    archive = archive_with()
    assert "could not be moved" in read_detail(1, archive, templates)
    assert "could not be moved" not in read_detail(2, archive, templates)


def count_line(html: str) -> str:
    line = re.search(r'data-testid="count">(.*?)</div>', html)
    assert line
    return re.sub("<[^>]+>", "", line[1])


def test_the_times_beside_the_count_are_said_to_be_those_of_one_page(
    database: Engine, archive_with: MakeArchive, templates: Environment
) -> None:
    store(database, *(photo(number, received_at=NOW - timedelta(minutes=number)) for number in range(60)))
    archive = archive_with()
    assert count_line(render_table(parse_query(""), archive, templates)) == "60 photos · on this page 20 Nov 11:11 – 20 Nov 12:00"
    few = render_table(parse_query("name=photo-0059"), archive, templates)
    assert count_line(few) == "1 photo · 20 Nov 11:01"


def judged(at: int, quality: str, *tags: str) -> EarlierJudgement:
    moment = NOW + timedelta(days=at)
    return EarlierJudgement(quality=quality, tags=list(tags), thresholds=f"2026-{at}", replaced_at=moment)


def test_judgements_that_changed_nothing_are_told_once_and_what_holds_still_not_at_all(
    archive_with: MakeArchive, templates: Environment
) -> None:
    row = photo(1, id=1, quality="Poor", tags=[PhotoTag(tag="glare")])
    earlier = [judged(1, "Poor", "blurry"), judged(2, "Poor", "blurry"), judged(3, "Good"), judged(4, "Poor", "glare")]
    detail = render_photo(row, archive_with(), templates, earlier=earlier)
    lines = re.findall(r"<li>([^<]*thresholds[^<]*)</li>", detail)
    assert lines == [
        "Poor, Blurry (thresholds 2026-1 and 2026-2, until 22 Nov 12:00)",
        "Good (thresholds 2026-3, until 23 Nov 12:00)",
    ]
    assert "Judged before" not in render_photo(row, archive_with(), templates, earlier=earlier[3:])
