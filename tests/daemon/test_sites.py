from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from daemon.sites import CHARACTERS, InboxFolders, check_folders
from db.tables import Photo
from tests.daemon.test_intake import fake_appraise
from tests.photos import write


@pytest.mark.parametrize(
    ("template", "source", "site", "camera"),
    [
        ("{site}/{camera}", "TPCODL/cam7/x.jpg", "TPCODL", "cam7"),
        ("{site}/{camera}", "TPCODL/x.jpg", "TPCODL", None),
        ("{site}/{camera}", "x.jpg", None, None),
        ("{site}/{camera}", "TPCODL/cam7/2026/x.jpg", "TPCODL", "cam7"),
        ("*/{camera}/{site}", "uploads/cam7/TPCODL/x.jpg", "TPCODL", "cam7"),
        ("{camera}", "cam7/x.jpg", None, "cam7"),
        ("", "TPCODL/x.jpg", None, None),
        ("{site}", "s" * 200 + "/x.jpg", "s" * CHARACTERS, None),
    ],
)
def test_folders_say_site_and_camera(template: str, source: str, site: str | None, camera: str | None) -> None:
    folders = InboxFolders(template=template)
    assert (folders.site(source), folders.camera(source)) == (site, camera)


@pytest.mark.parametrize("template", ["{site}", "{site}/{camera}", "*/{site}", ""])
def test_a_sound_folder_template_is_accepted(template: str) -> None:
    assert check_folders(template) is None


@pytest.mark.parametrize(
    ("template", "said"),
    [("{sight}", "'{sight}' is no folder"), ("{site}/x", "'x'"), ("/{site}", "''"), ("{site}/{site}", "twice"), ("..", "'..'")],
)
def test_a_folder_template_that_cannot_be_meant_is_named(template: str, said: str) -> None:
    assert said in str(check_folders(template))


@given(st.text(), st.sampled_from(["", "{site}", "*/{site}", "{camera}/{site}"]))
def test_a_site_is_always_one_of_the_folders(source: str, template: str) -> None:
    site = InboxFolders(template=template).site(source)
    assert site is None or site in [folder[:CHARACTERS] for folder in source.split("/")[:-1]]


def test_each_site_passes_over_what_its_own_list_says(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"A/x_THUMB.jpg": b"1", "A/x.jpg": b"2", "A/cam/preview/y.jpg": b"3", "B/x_thumb.jpg": b"4", "x_thumb.jpg": b"5"},
    )
    folders = InboxFolders(ignored={"A": ("*_thumb.jpg", "preview"), "": ("x_*",)})
    assert {seen.source for seen in look(tmp_path, folders)} == {"A/x.jpg", "B/x_thumb.jpg"}


def test_site_and_camera_are_recorded(home: Home, database: Engine) -> None:
    intake = Intake(home, database, fake_appraise, template="{clarity}/{meter_type}/{name}", max_bytes=100)
    write(home.inbox, {"TPCODL/cam7/x.jpg": b"sharp"})
    for seen in look(home.inbox, InboxFolders()):
        intake.take(seen, may_wait=False)
    with Session(database) as session:
        photo = session.scalars(select(Photo)).one()
    assert (photo.source, photo.site, photo.camera, photo.name) == ("TPCODL/cam7/x.jpg", "TPCODL", "cam7", "x.jpg")
