from __future__ import annotations

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from daemon.near import NearPhotos
from daemon.refile import refile
from db.near import near_photos
from db.tables import Job, Photo
from engine.appraise import Models, appraise
from engine.verdict import Verdict
from tests.photos import encoded, pixels, read, verdict, write

TEMPLATE = "{clarity}/{meter_type}/{name}"
ONE, OTHER = bytes(33), b"\x55" * 33


def judged(data: bytes) -> Verdict:
    """The first letter says the look, the last digit how good the photo is."""
    bits = {"a": ONE, "b": OTHER, "n": None}[chr(data[0])]
    return verdict(signature=bits, quality_score=int(data[-1:]) / 10)


def intake(home: Home, database: Engine, *, keep_best: bool = False) -> Intake:
    return Intake(home, database, judged, template=TEMPLATE, max_bytes=100, keep_best=keep_best)


def take(taking: Intake, home: Home, *contents: bytes) -> None:
    for content in contents:
        write(home.inbox, {f"{content.decode()}.jpg": content})
        for seen in look(home.inbox):
            taking.take(seen, may_wait=False)


def links(database: Engine) -> list[int | None]:
    with Session(database) as session:
        return [photo.near_of for photo in session.scalars(select(Photo).order_by(Photo.id))]


def test_photos_that_look_nearly_the_same_are_linked_to_the_earliest(home: Home, database: Engine) -> None:
    take(intake(home, database), home, b"a1", b"b1", b"a2", b"a3", b"n1", b"n2")
    assert links(database) == [None, None, 1, 1, None, None]
    assert len(read(home.sorted)) == 6  # linked, not hidden


def test_photos_filed_by_another_process_or_before_the_start_are_found(home: Home, database: Engine) -> None:
    first, second = intake(home, database), intake(home, database)
    take(first, home, b"a1")
    take(second, home, b"b1", b"a2")
    take(first, home, b"b2")
    take(intake(home, database), home, b"a3")
    assert links(database) == [None, None, 1, 2, 1]


def test_a_photo_that_ends_after_a_later_one_is_found_too(home: Home, database: Engine) -> None:
    take(intake(home, database), home, b"a1", b"b1")
    with Session(database) as session, session.begin():
        session.get_one(Photo, 1).outcome = None
    near = NearPhotos()
    with Session(database) as session:
        assert near.earliest_near(session, OTHER) == 2
        assert near.earliest_near(session, ONE) is None
        session.get_one(Photo, 1).outcome = "filed"
        session.commit()
        assert near.earliest_near(session, ONE) == 1


def test_a_photo_that_is_no_longer_recorded_is_nobodys_original(home: Home, database: Engine) -> None:
    taking = intake(home, database)
    take(taking, home, b"a1", b"b1")
    with Session(database) as session, session.begin():
        session.delete(session.get_one(Photo, 1))
    take(taking, home, b"a2")
    assert links(database) == [None, None]


@pytest.mark.parametrize(
    ("contents", "aside"), [((b"a1", b"a5", b"a3"), {"a1", "a3"}), ((b"a5", b"a3"), {"a3"}), ((b"a5", b"b3"), set())]
)
def test_with_keep_best_all_but_the_best_are_put_aside_and_none_is_deleted(
    home: Home, database: Engine, contents: tuple[bytes, ...], aside: set[str]
) -> None:
    take(intake(home, database, keep_best=True), home, *contents)
    with Session(database) as session:
        for job in session.scalars(select(Job)).all():
            refile(home, database, job.payload["photo_ids"], template=TEMPLATE)
    files = set(read(home.sorted))
    everything = {content.decode() for content in contents}
    assert files == {f"near/clear/ACME_1/{name}.jpg" for name in aside} | {
        f"clear/ACME_1/{name}.jpg" for name in everything - aside
    }


def test_an_original_is_kept_rather_than_its_recompressed_copy_that_scores_a_hair_better(home: Home, database: Engine) -> None:
    looks = {b"original": (0.990, 64, 96), b"squeezed": (0.996, 64, 96), b"shrunk": (0.992, 32, 48)}

    def judged(data: bytes) -> Verdict:
        score, width, height = looks[data.rstrip(b".")]
        return verdict(signature=ONE, quality_score=score, width=width, height=height)

    taking = Intake(home, database, judged, template=TEMPLATE, max_bytes=100, keep_best=True)
    take(taking, home, b"squeezed", b"original....", b"shrunk...........")
    with Session(database) as session:
        assert [photo.set_aside for photo in session.scalars(select(Photo).order_by(Photo.id))] == [True, False, True]


def test_all_photos_of_a_kind_are_found_from_each_of_them(home: Home, database: Engine) -> None:
    take(intake(home, database), home, b"a1", b"a2", b"b1")
    with Session(database) as session:
        found = [[each.id for each in near_photos(session, session.get_one(Photo, n))] for n in (1, 2, 3)]
    assert found == [[1, 2], [1, 2], [3]]


def test_a_recompressed_photo_is_linked_and_another_is_not(home: Home, database: Engine) -> None:
    taking = Intake(home, database, lambda data: appraise(data, models=Models()), template=TEMPLATE, max_bytes=10**6)
    picture = pixels(1, width=240, height=320)
    files = {
        "1.jpg": encoded(picture, quality=95),
        "2.jpg": encoded(picture, quality=40),
        "3.jpg": encoded(pixels(2, width=240, height=320), quality=95),
    }
    for name, data in files.items():
        write(home.inbox, {name: data})
        for seen in look(home.inbox):
            taking.take(seen, may_wait=False)
    assert links(database) == [None, 1, None]
