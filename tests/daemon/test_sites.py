from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from daemon.sites import CHARACTERS, InboxFolders, check_folders, check_sites, unheard_sites
from daemon.status import status
from db.tables import Photo
from tests.archive import photo
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


@pytest.mark.parametrize(
    ("site", "template", "said"),
    [
        ("NORTH", "{camera}", r"sites\.NORTH has no effect.*Put \{site\} into inbox_folders"),
        ("NORTH/cam7", "{site}/{camera}", "is no folder's name"),
        ("N" * (CHARACTERS + 1), "{site}", f"at most {CHARACTERS}"),
    ],
)
def test_a_site_that_no_photo_can_have_is_refused(site: str, template: str, said: str) -> None:
    assert re.search(said, str(check_sites([site], template)))


@pytest.mark.parametrize(("site", "template"), [("NORTH", "*/{site}"), ("", "{camera}"), ("", "")])
def test_a_site_that_photos_can_have_is_accepted(site: str, template: str) -> None:
    assert check_sites([site], template) is None


def test_a_misspelt_site_is_told_with_the_one_that_was_meant(home: Home, database: Engine) -> None:
    folders = InboxFolders(ignored={"NROTH": (), "north": (), "": ()})
    assert unheard_sites(home, database, folders) == []  # nothing came yet, so nothing can be told
    with Session(database) as session:
        session.add_all([photo(1, site="north"), photo(2, site="south"), photo(3, site=None)])
        session.commit()
    [line] = unheard_sites(home, database, folders)
    assert line.startswith("No photo ever came from sites.NROTH of the settings. Did you mean 'north'?")
    assert status(home, database, folders)["sites_advice"] == line
    assert status(home, database)["sites_advice"] is None


@pytest.mark.parametrize(("template", "folder"), [("{site}/{camera}", "[1] WEST"), ("*/{site}", "uploads/[1] WEST")])
def test_a_site_whose_folder_is_there_already_is_expected(home: Home, database: Engine, template: str, folder: str) -> None:
    with Session(database) as session:
        session.add(photo(1, site="north"))
        session.commit()
    folders = InboxFolders(template=template, ignored={"[1] WEST": ()})
    assert len(unheard_sites(home, database, folders)) == 1
    (home.inbox / folder).mkdir(parents=True)
    assert unheard_sites(home, database, folders) == []


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
