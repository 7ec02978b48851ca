"""Pictures for the pages: small ones made once and kept on disk, and full ones that every browser can show."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from engine.display import view_of
from engine.picture import Limits, decode
from engine.verdict import Box

THUMB_SIDE = 320  # pixels, the longer side: a 160-px tile on a double-density screen
CROP_SIDE = 640  # pixels, the longer side: the digits of a display must be readable on a double-density screen
THUMB_TYPE = "image/webp"
_FULL_SIDE = 3000  # pixels, the longer side of a converted photo; more shows nothing more on a screen
_SHOWABLE = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def make_thumbnail(data: bytes, limits: Limits) -> bytes:
    """The photo as a small WebP. Raises a `PictureError`."""
    image = Image.fromarray(decode(data, limits).pixels)
    image.thumbnail((THUMB_SIDE, THUMB_SIDE))
    return _encoded(image, "WEBP", quality=78)


def make_crop(data: bytes, box: Box, limits: Limits) -> bytes:
    """The display with its margin as clarity is judged on, as a small WebP. `box`: of the photo. Raises a `PictureError`."""
    picture = decode(data, limits)
    image = Image.fromarray(view_of(picture.pixels, picture.in_pixels(box)))
    image.thumbnail((CROP_SIDE, CROP_SIDE))
    return _encoded(image, "WEBP", quality=82)


def make_showable(data: bytes, limits: Limits) -> tuple[bytes, str]:
    """The photo and its media type: untouched where browsers show the format, else as JPEG. Raises a `PictureError`."""
    if (media_type := _showable_type(data)) is not None:
        return data, media_type
    image = Image.fromarray(decode(data, limits).pixels)
    image.thumbnail((_FULL_SIDE, _FULL_SIDE))
    return _encoded(image, "JPEG", quality=88), "image/jpeg"


def keep(path: Path, data: bytes) -> None:
    """Write a cache file so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(data)
    Path(draft.name).replace(path)


def _showable_type(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for start, media_type in _SHOWABLE.items() if data.startswith(start)), None)


def _encoded(image: Image.Image, form: str, *, quality: int) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, quality=quality)
    return buffer.getvalue()
