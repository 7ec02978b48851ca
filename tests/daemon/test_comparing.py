"""What photos are compared by is read from files that may be on their way elsewhere, or away for a while."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.comparing import Comparing
from daemon.home import Home
from db.exemplars import Known, Newcomer, newcomers, read_known
from db.naming import name_photos
from db.tables import Photo
from tests.daemon.test_newcomers import ONE_LINE, name_em101, twin
from tests.daemon.test_regroup import NOW, arrive

EM101 = "type EM101"


@pytest.fixture
def named(home: Home, database: Engine) -> Engine:
    """Five photos are called EM101, a sixth of that design is new."""
    name_em101(home, database)
    arrive(home, database, {"new.jpg": twin(8, ONE_LINE)})
    return database


def asked(database: Engine) -> tuple[Newcomer, Known]:
    with Session(database) as session:
        (new,) = newcomers(session, "v1", after=0, most=9)
        return new, read_known(session, "v1")


def hide(home: Home, database: Engine, *photo_ids: int) -> dict[Path, bytes]:
    """Remove the files of these photos; returns what brings them back."""
    with Session(database) as session:
        paths = [home.root / path for path in session.scalars(select(Photo.path).where(Photo.id.in_(photo_ids)))]
    held = {path: path.read_bytes() for path in paths}
    for path in paths:
        path.unlink()
    return held


def test_a_print_of_which_files_were_away_is_asked_again_when_they_are_back(home: Home, named: Engine) -> None:
    comparing, (new, known) = Comparing(home, named), asked(named)
    away = hide(home, named, 2, 4)
    assert comparing.falls_short(new, EM101, known) is None
    for path, data in away.items():
        path.write_bytes(data)
    short = comparing.falls_short(new, EM101, known)
    assert short is not None
    assert short < 1.5


def test_a_print_is_compared_while_its_files_move_from_folder_to_folder(home: Home, named: Engine) -> None:
    new, known = asked(named)
    with Session(named) as session, session.begin():
        for photo in session.scalars(select(Photo)):
            photo.moving_to = f"sorted/{photo.name}"
            (home.root / photo.path).rename(home.root / photo.moving_to)
    assert Comparing(home, named).falls_short(new, EM101, known) is not None


def test_other_labelled_photos_stand_in_for_those_whose_files_are_gone(home: Home, named: Engine) -> None:
    with Session(named) as session, session.begin():
        name_photos(session, [6], "EM101", by="ana", now=NOW)
    arrive(home, named, {"newer.jpg": twin(9, ONE_LINE)})
    new, known = asked(named)
    hide(home, named, 5, 6)
    assert Comparing(home, named).falls_short(new, EM101, known) is not None


def test_a_photo_whose_file_was_away_shares_details_when_it_is_back(home: Home, named: Engine) -> None:
    comparing = Comparing(home, named)
    away = hide(home, named, 6)
    assert comparing.shared(1, 6) == 0
    for path, data in away.items():
        path.write_bytes(data)
    assert comparing.shared(1, 6) > 10
