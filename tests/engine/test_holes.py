from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.decisions import Filed
from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from db.tables import Photo
from engine.appraise import Models, appraise
from engine.holes import missing_share
from tests.photos import encoded, read, write


def scene(seed: int) -> np.ndarray:
    """(480, 640, 3) soft shapes with grain, as a camera sees them."""
    rng = np.random.default_rng(seed)
    shapes = cv2.resize(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    return np.clip(shapes + rng.normal(0, 4, shapes.shape), 0, 255).astype(np.uint8)


def with_hole(data: bytes, at: float, share: float) -> bytes:
    start, length = int(len(data) * at), int(len(data) * share)
    return data[:start] + bytes(length) + data[start + length :]


@pytest.mark.parametrize("at", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("share", [0.02, 0.2])
@pytest.mark.parametrize("optimize", [False, True])
def test_a_photo_whose_middle_was_overwritten_by_zeros_is_tagged_damaged(at: float, share: float, optimize: bool) -> None:
    whole = encoded(scene(1), quality=90, optimize=optimize)
    assert "damaged" not in appraise(whole, models=Models()).tags
    broken = appraise(with_hole(whole, at, share), models=Models())
    assert "damaged" in broken.tags
    assert any("Send the photo again" in advice for advice in broken.suggestions)


def test_a_photo_with_a_hole_is_filed_with_the_tag(home: Home, database: Engine) -> None:
    photo = with_hole(encoded(scene(2), quality=90), 0.4, 0.2)
    write(home.inbox, {"a.jpg": photo})
    judged = lambda data: appraise(data, models=Models())  # noqa: E731
    intake = Intake(home, database, judged, template="{name}", max_bytes=10**6)
    (seen,) = look(home.inbox)
    assert isinstance(intake.take(seen, may_wait=True), Filed)
    assert read(home.sorted) == {"a.jpg": photo}
    with Session(database) as session:
        assert "damaged" in {tag.tag for tag in session.get_one(Photo, 1).tags}


def test_zeros_that_are_no_hole_are_left_alone() -> None:
    whole = encoded(scene(3), quality=90)
    film_behind = whole + b"ftyp" + bytes(100_000)
    exif = Image.Exif()
    exif[0x927C] = bytes(20_000)  # a camera's own notes, as empty as they often are
    assert missing_share(film_behind) == 0.0
    assert missing_share(encoded(scene(3), quality=90, exif=exif)) == 0.0


@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"progressive": True}])
def test_an_even_picture_is_no_hole_though_its_codes_may_be_zeros(options: dict[str, bool]) -> None:
    assert missing_share(encoded(np.full((2000, 2000, 3), 255, np.uint8), quality=90, **options)) == 0.0


def test_bytes_that_are_no_whole_jpeg_are_no_hole() -> None:
    picture = io.BytesIO()
    Image.new("L", (500, 500)).save(picture, "BMP")
    for data in (b"", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xda\x00\x00" + bytes(9), bytes(10_000), picture.getvalue()):
        assert missing_share(data) == 0.0
