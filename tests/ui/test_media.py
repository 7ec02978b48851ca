"""/media serves the archive's photos and nothing else."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import Engine

from daemon.home import Home
from engine.picture import Limits
from tests.archive import photo, refused, store, with_file
from tests.photos import encoded, jpeg, pixels
from ui.media import media_routes


@pytest.fixture
def client(home: Home, database: Engine) -> TestClient:
    app = FastAPI()
    app.include_router(media_routes(database, home.root, Limits()))
    return TestClient(app)


def put(home: Home, database: Engine, data: bytes, path: str = "sorted/a.jpg", **changes: object) -> str:
    """Store one photo with these bytes; returns its sha256."""
    sha256 = hashlib.sha256(data).hexdigest()
    (home.root / path).parent.mkdir(parents=True, exist_ok=True)
    (home.root / path).write_bytes(data)
    store(database, photo(1, sha256=sha256, path=path, **changes))
    return sha256


def test_a_thumbnail_is_a_small_upright_webp_that_browsers_may_keep(client: TestClient, home: Home, database: Engine) -> None:
    rotated = Image.fromarray(pixels(1, width=800, height=400))
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn by 90 degrees
    buffer = BytesIO()
    rotated.save(buffer, "JPEG", exif=exif)
    answer = client.get(f"/media/thumb/{put(home, database, buffer.getvalue())}")
    assert answer.headers["content-type"] == "image/webp"
    assert Image.open(BytesIO(answer.content)).size == (160, 320)
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_thumbnail_is_made_once_and_kept_whole(client: TestClient, home: Home, database: Engine) -> None:
    sha256 = put(home, database, jpeg(1))
    first = client.get(f"/media/thumb/{sha256}").content
    (home.root / "sorted/a.jpg").unlink()
    assert client.get(f"/media/thumb/{sha256}").content == first
    assert [path.name for path in (home.db / "thumbs").rglob("*") if path.is_file()] == [f"{sha256}.webp"]


@pytest.mark.parametrize(("form", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_what_browsers_show_is_served_untouched(
    client: TestClient, home: Home, database: Engine, form: str, media_type: str
) -> None:
    data = encoded(pixels(2), form)
    answer = client.get(f"/media/full/{put(home, database, data)}")
    assert answer.content == data
    assert answer.headers["content-type"] == media_type
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("form", ["TIFF", "BMP", "GIF"])
def test_what_browsers_may_not_show_becomes_a_jpeg(client: TestClient, home: Home, database: Engine, form: str) -> None:
    answer = client.get(f"/media/full/{put(home, database, encoded(pixels(2), form))}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(BytesIO(answer.content)).size == (64, 96)


@pytest.mark.parametrize(
    "name", ["0" * 64, "x" * 64, "0" * 63, "A" * 64, "..%2f..%2fetc%2fpasswd", "%2e%2e", "0" * 64 + "%00", "0" * 64 + "%0a"]
)
@pytest.mark.parametrize("kind", ["thumb", "full"])
def test_what_is_not_the_sha256_of_a_photo_is_not_found(client: TestClient, kind: str, name: str) -> None:
    assert client.get(f"/media/{kind}/{name}").status_code == 404


def test_a_row_that_points_out_of_home_serves_nothing(client: TestClient, home: Home, database: Engine) -> None:
    outside = home.root.parent / "secret.jpg"
    outside.write_bytes(jpeg(3))
    (home.root / "sorted" / "link.jpg").symlink_to(outside)
    sha256 = hashlib.sha256(jpeg(3)).hexdigest()
    store(database, photo(1, sha256=sha256, path="../secret.jpg"))
    store(database, photo(2, sha256="1" * 64, path="sorted/link.jpg"), photo(3, sha256="2" * 64, path=str(outside)))
    for name in (sha256, "1" * 64, "2" * 64):
        assert client.get(f"/media/full/{name}").status_code == 404
        assert client.get(f"/media/thumb/{name}").status_code == 404


def test_a_file_on_the_move_is_found_at_either_end(client: TestClient, home: Home, database: Engine) -> None:
    sha256 = put(home, database, jpeg(1), path="sorted/new.jpg")
    row = photo(2, sha256="3" * 64, path="sorted/old.jpg", moving_to="sorted/new.jpg")
    store(database, row)
    assert client.get(f"/media/full/{row.sha256}").status_code == 200
    assert client.get(f"/media/full/{sha256}").status_code == 200


def test_a_refused_file_is_never_served(client: TestClient, home: Home, database: Engine) -> None:
    row = with_file(refused(1, path="sorted/refused/x.jpg"), home.root, 1)
    store(database, row)
    assert client.get(f"/media/full/{row.sha256}").status_code == 404


def test_a_photo_damaged_since_it_was_filed_is_not_found_and_leaves_no_thumbnail(
    client: TestClient, home: Home, database: Engine
) -> None:
    sha256 = put(home, database, encoded(pixels(2), "TIFF")[:200])
    assert client.get(f"/media/thumb/{sha256}").status_code == 404
    assert not (home.db / "thumbs").exists()
    assert Path(home.root / "sorted/a.jpg").exists()


def test_the_display_is_cut_out_where_it_was_found_and_kept(client: TestClient, home: Home, database: Engine) -> None:
    data = encoded(pixels(1, width=900, height=600), "PNG")
    sha256 = put(home, database, data, display_box=[100, 200, 500, 100])
    answer = client.get(f"/media/display/{sha256}?box=100-200-500-100")
    assert answer.headers["content-type"] == "image/webp"
    assert Image.open(BytesIO(answer.content)).size == (600, 128)  # a tenth at the sides, 14 % above and below
    (home.root / "sorted/a.jpg").unlink()
    assert client.get(f"/media/display/{sha256}").content == answer.content


def test_a_photo_without_a_display_has_no_crop_whatever_box_is_asked_for(
    client: TestClient, home: Home, database: Engine
) -> None:
    sha256 = put(home, database, jpeg(1))
    assert client.get(f"/media/display/{sha256}?box=0-0-9-9").status_code == 404
    assert client.get("/media/display/..%2F..%2Fetc").status_code == 404
