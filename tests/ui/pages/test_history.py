from jinja2 import Environment

from tests.ui.pages.test_groups import MakeArchive
from ui.pages.history import render_filters
from ui.pages.history_query import parse_query


def test_every_tag_that_a_photo_can_carry_can_be_asked_for(archive_with: MakeArchive, templates: Environment) -> None:
    text = render_filters(parse_query("tag=of_an_old_link"), archive_with(), templates)
    for tag in ("blurry", "damaged", "no_display", "of_an_old_link"):
        assert f'value="{tag}"' in text
    assert 'value="well_exposed"' not in text
