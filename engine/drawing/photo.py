"""A drawn photo and the truth about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.drawing.camera import Defect, expose, light_up, reflect, spoil, stand, weather
from engine.drawing.design import design
from engine.drawing.housing import Face, draw_face
from engine.drawing.paint import Area, Colour
from engine.drawing.wall import cast_shadow, draw_cables, draw_wall
from engine.picture import Pixels
from engine.verdict import Box, Clarity

_SEALS: tuple[Colour, ...] = (
    (198, 56, 50),
    (44, 96, 176),
    (226, 178, 40),
    (70, 140, 84),
    (226, 226, 222),
    (206, 110, 40),
    (120, 80, 150),
)
_METERS = 7  # seed of the meters: one meter is the same in every photo of it
_SIZES = ((720, 1130), (720, 1130), (720, 1280), (810, 1080))  # width, height of photos as messengers and phones leave them


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What is known of a drawn photo because we drew it."""

    design: str
    meter_id: str
    digits: str  # as shown, with the point
    clarity: Clarity
    defects: tuple[str, ...]
    display_box: Box  # in pixels of the photo


def draw_photo(
    seed: int, design_index: int, *, meter: int = 0, reading: int = 0, defects: Sequence[Defect] = ()
) -> tuple[Pixels, Truth]:
    """Draw one photo: RGB (H, W, 3) uint8, about 720 x 1130, and its truth. The same arguments draw the same photo.

    `meter` tells meters of one design apart (serial number, seal); `reading` is in the display's last digit, taken modulo
    what the display can show. `seed` decides the rest: wall, light, camera.
    """
    rng = np.random.default_rng((seed, design_index, meter))
    kind = design(design_index)
    own = np.random.default_rng((_METERS, design_index, meter))
    serial = f"{kind.serial_prefix}{own.integers(10**6):06d}"
    places = kind.digits + kind.decimals
    shown = f"{reading % 10**places:0{places}d}"
    face = draw_face(design_index, serial=serial, reading=shown, seal=_SEALS[meter % len(_SEALS)])
    scene, box = _compose(rng, face._replace(pixels=weather(own, face.pixels)))
    for defect in defects:
        scene = spoil(rng, scene, defect, box)
    grain = rng.uniform(0.6, 1.6) + (1.6 if Defect.DARK in defects else 0.0)
    truth = Truth(
        design=kind.label,
        meter_id=serial,
        digits=shown if not kind.decimals else f"{shown[: kind.digits]}.{shown[kind.digits :]}",
        clarity=Clarity.UNCLEAR if defects else Clarity.CLEAR,
        defects=tuple(defect.value for defect in defects),
        display_box=box,
    )
    return expose(rng, scene, grain=float(grain)), truth


def _compose(rng: np.random.Generator, face: Face) -> tuple[NDArray[np.float32], Box]:
    """Hang the meter on a wall, look at it from somewhere, light it. Returns the scene and the display's box in it."""
    width, height = _SIZES[int(rng.integers(len(_SIZES)))]
    size = (face.pixels.shape[1], face.pixels.shape[0])
    view = stand(rng, size, (width, height))
    outline = _mapped(view, Area(0, 0, *size), (width, height))
    wall = draw_wall(rng, width, height)
    draw_cables(rng, wall, outline)
    meter = cv2.warpPerspective(face.pixels, view, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpPerspective(face.mask, view, (width, height), flags=cv2.INTER_LINEAR)
    cast_shadow(wall, mask, (int(rng.integers(-26, 27)), int(rng.integers(16, 40))))
    scene = (wall + (meter.astype(np.float32) - wall) * mask[..., None]).astype(np.uint8)
    lit = reflect(rng, light_up(rng, scene), mask)
    shown = _mapped(view, face.display, (width, height))
    return lit, (shown.x, shown.y, shown.w, shown.h)


def _mapped(view: NDArray[np.float32], area: Area, photo: tuple[int, int]) -> Area:
    """The upright rectangle around an area of the face as the photo (width, height) shows it."""
    x, y, w, h = area
    corners = np.array([[(x, y), (x + w, y), (x + w, y + h), (x, y + h)]], np.float32)
    seen = cv2.perspectiveTransform(corners, view)[0]
    left, top = np.floor(seen.min(axis=0)).clip(0, photo).astype(int)
    right, bottom = np.ceil(seen.max(axis=0)).clip(0, photo).astype(int)
    return Area(int(left), int(top), int(right - left), int(bottom - top))
