"""What a meter hangs on: plaster, brick, concrete, boards or a steel cabinet, with cables and pipes."""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.drawing.paint import Area, Colour, Mask
from engine.picture import Pixels


class Wall(StrEnum):
    """Kinds of background."""

    PLASTER = "plaster"
    BRICK = "brick"
    CONCRETE = "concrete"
    BOARDS = "boards"
    CABINET = "cabinet"


_PAINTS: dict[Wall, tuple[Colour, ...]] = {
    Wall.PLASTER: ((214, 206, 190), (196, 204, 200), (222, 200, 170), (176, 190, 200), (208, 208, 204)),
    Wall.BRICK: ((150, 78, 58), (168, 104, 76), (122, 74, 62)),
    Wall.CONCRETE: ((148, 146, 142), (128, 130, 132), (164, 158, 148)),
    Wall.BOARDS: ((150, 106, 66), (112, 78, 52), (180, 148, 106)),
    Wall.CABINET: ((156, 162, 164), (120, 132, 140), (196, 196, 188)),
}


def draw_wall(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """A background of (height, width, 3), drawn by `rng`."""
    kind = list(Wall)[int(rng.integers(len(Wall)))]
    paints = _PAINTS[kind]
    paint = np.asarray(paints[int(rng.integers(len(paints)))], np.float32)
    relief = {
        Wall.PLASTER: _plaster, Wall.BRICK: _brick, Wall.CONCRETE: _concrete, Wall.BOARDS: _boards, Wall.CABINET: _cabinet,
    }[kind](rng, height, width)  # fmt: skip
    stain = clouds(rng, height, width, 260)[..., None] * np.asarray((0.10, 0.11, 0.13), np.float32)
    lit = paint * (relief[..., None] - stain + 0.04)
    if kind is Wall.BRICK:
        joints = _joints(height, width, rng)[..., None]
        lit = lit * (1 - joints) + np.asarray((176, 170, 160), np.float32) * (0.9 + 0.25 * (relief[..., None] - 1)) * joints
    return np.clip(lit, 0, 255).astype(np.uint8)


def draw_cables(rng: np.random.Generator, wall: Pixels, meter: Area) -> None:
    """Cables leaving the meter downwards, sometimes a conduit above. `meter` is its place on the wall in pixels."""
    height = wall.shape[0]
    lines = []
    if rng.random() < 0.45:
        x = meter.x + round(meter.w * rng.uniform(0.25, 0.75))
        path = np.array([(x, -20), (x + int(rng.integers(-6, 7)), meter.y + meter.h // 3)], np.int32)
        lines.append((path, int(rng.integers(26, 44)), (196, 196, 190)))
    if rng.random() < 0.85:
        colours: tuple[Colour, ...] = ((38, 38, 42), (92, 94, 98), (150, 60, 44), (52, 84, 150), (74, 66, 60))
        for cable in range(int(rng.integers(2, 5))):
            x = meter.x + round(meter.w * (0.2 + 0.16 * cable + rng.uniform(-0.03, 0.03)))
            drift, bend = rng.uniform(-130, 130), rng.uniform(-60, 60)
            run = np.linspace(0, 1, 20)
            xs = x + drift * run**1.6 + bend * np.sin(run * np.pi)
            start = meter.y + meter.h * 0.8
            path = np.round(np.column_stack([xs, start + run * (height - start + 60)])).astype(np.int32)
            lines.append((path, int(rng.integers(11, 19)), colours[int(rng.integers(len(colours)))]))
    shade = np.zeros((height // 4, wall.shape[1] // 4), np.uint8)
    for path, thickness, _ in lines:
        cv2.polylines(shade, [path // 4 + 2], False, 255, max(2, thickness // 4), cv2.LINE_AA)
    if lines:
        _darken(wall, 0.45 / 255 * cv2.GaussianBlur(shade.astype(np.float32), (0, 0), 1.5))
    for path, thickness, colour in lines:
        _draw_line(wall, path, thickness, colour)


def clouds(rng: np.random.Generator, height: int, width: int, grain: int) -> NDArray[np.float32]:
    """Soft noise of (height, width), about -1..1, whose blotches are `grain` pixels wide."""
    small = rng.standard_normal((max(2, height // grain + 3), max(2, width // grain + 3))).astype(np.float32)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32) * 0.7


def _embossed(surface: NDArray[np.float32], strength: float) -> NDArray[np.float32]:
    """Brightness about 1 of a bumpy surface lit from the upper left."""
    slope = cv2.Sobel(surface, cv2.CV_32F, 1, 0, scale=0.125) * 0.5 + cv2.Sobel(surface, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(1 + strength * slope, np.float32)


def _plaster(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    bumps = clouds(rng, height, width, 5) + 2.0 * clouds(rng, height, width, 14) + 3 * clouds(rng, height, width, 60)
    return _embossed(bumps, float(rng.uniform(0.06, 0.16)))


def _concrete(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    relief = _embossed(clouds(rng, height, width, 3) + clouds(rng, height, width, 9), 0.07) + 0.06 * clouds(
        rng, height, width, 40
    )
    holes = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(60, 160))):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(holes, centre, int(rng.integers(1, 4)), 255, -1, cv2.LINE_AA)
    return np.asarray(relief - 0.22 * holes.astype(np.float32) / 255, np.float32)


_BRICK = (172, 62)  # width and height of one brick and its joint, pixels
_JOINT = 9


def _joints(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """1 in the mortar, 0 on the bricks; edges wander a little."""
    wander = clouds(rng, height, width, 10) * 1.6
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    rows += wander
    columns += wander + (rows // _BRICK[1] % 2) * (_BRICK[0] / 2)
    joint = ((rows % _BRICK[1]) < _JOINT) | ((columns % _BRICK[0]) < _JOINT)
    return np.asarray(cv2.GaussianBlur(joint.astype(np.float32), (0, 0), 0.9), np.float32)


def _brick(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    tone = rng.uniform(0.78, 1.15, (height // _BRICK[1] + 2, width // _BRICK[0] + 3)).astype(np.float32)
    rows, columns = np.mgrid[:height, :width]
    row = rows // _BRICK[1]
    bricks = tone[row, (columns + (row % 2) * (_BRICK[0] // 2)) // _BRICK[0]]
    return np.asarray(bricks * _embossed(clouds(rng, height, width, 4) + clouds(rng, height, width, 12), 0.10), np.float32)


def _boards(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    fibres = rng.standard_normal((max(2, height // 90 + 2), width)).astype(np.float32)
    grain = np.asarray(cv2.resize(fibres, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    board = int(rng.integers(150, 240))
    columns = (np.arange(width) + int(rng.integers(board))) // board
    tone = rng.uniform(0.88, 1.1, columns.max() + 1).astype(np.float32)[columns]
    gaps = ((np.arange(width) + 3) // board != np.arange(width) // board).astype(np.float32)
    waves = 0.05 * np.sin(clouds(rng, height, width, 180) * 26)
    return np.asarray((1 + 0.07 * cv2.GaussianBlur(grain, (0, 0), 0.8) + waves) * tone * (1 - 0.5 * gaps), np.float32)


def _cabinet(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """A painted steel box seen from the front: its back lies deeper than its frame."""
    relief = _embossed(clouds(rng, height, width, 3), 0.03)
    frame = int(rng.integers(26, 64))
    back = np.zeros((height, width), np.float32)
    back[frame : height - frame, frame : width - frame] = 1
    depth = cv2.GaussianBlur(back, (0, 0), 14)
    relief = relief * (0.80 + 0.20 * np.abs(2 * depth - 1))
    edge = cv2.Sobel(cv2.GaussianBlur(back, (0, 0), 2), cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(relief - 1.6 * edge, np.float32)


def _draw_line(wall: Pixels, path: NDArray[np.int32], thickness: int, colour: Colour) -> None:
    """A round cable or pipe: dark rim, colour, a thin light along it."""
    for share, light, moved in ((1.0, 0.55, 0.0), (0.78, 0.85, -0.05), (0.5, 1.02, -0.12), (0.18, 1.32, -0.2)):
        tint = tuple(min(255, round(c * light + (18 if light > 1.2 else 0))) for c in colour)
        cv2.polylines(
            wall,
            [path + np.array((round(thickness * moved), 0), np.int32)],
            False,
            tint,
            max(2, round(thickness * share)),
            cv2.LINE_AA,
        )


def cast_shadow(wall: Pixels, outline: Mask, towards: tuple[int, int]) -> None:
    """The meter's shadow on the wall, from its `outline` (H, W): a wide soft one, and a dark seam where it touches."""
    small = cv2.resize(outline, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    darkness = np.zeros_like(small)
    for share, blur, strength in ((1.0, 5.0, 0.42), (0.3, 1.5, 0.40)):
        move = np.array([[1, 0, towards[0] * share / 4], [0, 1, towards[1] * share / 4]], np.float32)
        moved = cv2.warpAffine(small, move, (small.shape[1], small.shape[0]))
        darkness = 1 - (1 - darkness) * (1 - strength * cv2.GaussianBlur(moved, (0, 0), blur))
    _darken(wall, darkness)


def _darken(wall: Pixels, darkness: Mask) -> None:
    """Take a share of the light away; `darkness` may be smaller than the wall, shadows are soft."""
    light = cv2.resize(1 - darkness, (wall.shape[1], wall.shape[0]), interpolation=cv2.INTER_LINEAR)
    wall[:] = (wall * light[..., None]).astype(np.uint8)
