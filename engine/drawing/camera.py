"""What a phone makes of a scene: where it stands, the light there, its sensor, and what goes wrong."""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.drawing.wall import clouds
from engine.picture import Pixels

Scene = NDArray[np.float32]  # (H, W, 3), RGB, 0..255 but not yet clipped


class Defect(StrEnum):
    """What can go wrong with a drawn photo."""

    MOTION = "motion"
    DEFOCUS = "defocus"
    GLARE = "glare"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    OCCLUDED = "occluded"


def stand(rng: np.random.Generator, face: tuple[int, int], photo: tuple[int, int]) -> NDArray[np.float32]:
    """Where the camera stands, as the 3 x 3 map from the meter's face (width, height) into the photo (width, height)."""
    width, height = photo
    scale = rng.uniform(0.76, 0.94) * min(width / face[0], height / face[1])
    turn = np.deg2rad(np.clip(rng.normal(0, 2.6), -7, 7))
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]) * face * scale
    lean = rng.normal(0, 0.028, 2).clip(-0.06, 0.06)  # seen a little from the side and from below
    corners = corners * (1 + corners[:, ::-1] / np.array([face[1], face[0]]) / scale * 2 * lean)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.array([width * rng.uniform(0.46, 0.54), height * rng.uniform(0.42, 0.52)])
    placed = corners @ spin.T + middle
    edge = np.array([(0, 0), (face[0], 0), face, (0, face[1])], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(edge, placed.astype(np.float32)), np.float32)


def light_up(rng: np.random.Generator, scene: Pixels) -> Scene:
    """Uneven light: a gradient from one side, corners a little darker, a colour cast, and soft patches."""
    height, width = scene.shape[:2]
    rows, columns = np.mgrid[:height:8, :width:8].astype(np.float32)
    rows, columns = rows / height - 0.5, columns / width - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    field = 1 + rng.uniform(0.08, 0.34) * (np.cos(angle) * columns + np.sin(angle) * rows)
    field *= 1 - rng.uniform(0.15, 0.5) * (rows**2 + columns**2)
    field += 0.05 * clouds(rng, field.shape[0], field.shape[1], 40)
    cast = 1 + np.array([1.0, 0.15, -1.0], np.float32) * np.float32(rng.normal(0, 0.035))
    gain = np.asarray(cv2.resize(field.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR))
    return np.asarray(scene * (gain[..., None] * (cast * np.float32(rng.uniform(0.86, 1.02)))), np.float32)


def reflect(rng: np.random.Generator, scene: Scene, window: NDArray[np.float32]) -> Scene:
    """A faint reflection of a window or the sky on the meter's glass. `window` is the meter's outline in the photo, 0..1."""
    height, width = window.shape
    rows, columns = np.mgrid[:height:8, :width:8].astype(np.float32)
    across = columns / width * np.cos(0.6) + rows / height * np.sin(0.6) - rng.uniform(0.3, 0.9)
    band = np.exp(-((across / rng.uniform(0.06, 0.16)) ** 2)) + 0.5 * np.exp(-(((across - 0.22) / 0.05) ** 2))
    veil = cv2.resize(band.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) * window
    return np.asarray(scene + (255 - scene).clip(0) * (veil * rng.uniform(0.0, 0.16))[..., None], np.float32)


def spoil(rng: np.random.Generator, scene: Scene, defect: Defect, display: tuple[int, int, int, int]) -> Scene:
    """Let one thing go wrong. `display` is (x, y, w, h) in the photo: glare and fingers go where they hurt."""
    if defect is Defect.MOTION:
        return _moved(rng, scene)
    if defect is Defect.DEFOCUS:
        return _defocused(rng, scene)
    if defect is Defect.GLARE:
        return _glaring(rng, scene, display)
    if defect is Defect.DARK:
        return scene * np.asarray((0.92, 1.0, 1.06), np.float32) * np.float32(rng.uniform(0.10, 0.19))
    if defect is Defect.OVEREXPOSED:
        return scene * np.float32(rng.uniform(1.5, 1.9)) + np.float32(rng.uniform(95, 125))  # stray light washes digits out
    return _covered(rng, scene, display)


def expose(rng: np.random.Generator, scene: Scene, *, grain: float) -> Pixels:
    """The sensor: a lens not quite sharp, photon and read noise of `grain` grey levels, some sharpening, eight bits."""
    soft = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.55, 0.85))
    height, width = soft.shape[:2]
    # A few hundred thousand random numbers, dealt anew per row, look like any other noise and cost a tenth.
    pool = rng.standard_normal(200_003).astype(np.float32)
    starts = rng.integers(0, pool.size - width * 4, height)
    dealt = np.stack([pool[start : start + width * 4] for start in starts]).reshape(height, width, 4)
    noise = dealt[..., 3:] + 0.35 * dealt[..., :3]  # a phone smooths colour noise away and leaves most of the brightness's
    noisy = soft + noise * (grain * (0.7 + 0.6 * np.sqrt(np.clip(soft, 0, 255) / 255)))
    crisp = noisy + 0.55 * (noisy - cv2.GaussianBlur(noisy, (0, 0), 1.4))
    return np.asarray(np.clip(crisp + 0.5, 0, 255), np.uint8)


def _moved(rng: np.random.Generator, scene: Scene) -> Scene:
    length = int(rng.integers(26, 42))
    angle = rng.uniform(0, np.pi)
    run = np.linspace(-length / 2, length / 2, 4 * length)
    wobble = rng.uniform(-3, 3) * np.sin(np.linspace(0, np.pi, run.size))  # a hand does not shake along a ruler
    x = run * np.cos(angle) - wobble * np.sin(angle) + length / 2 + 4
    y = run * np.sin(angle) + wobble * np.cos(angle) + length / 2 + 4
    kernel = np.zeros((length + 9, length + 9), np.float32)
    np.add.at(kernel, (y.round().astype(int), x.round().astype(int)), 1.0)
    return np.asarray(cv2.filter2D(scene, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT), np.float32)


def _defocused(rng: np.random.Generator, scene: Scene) -> Scene:
    radius = int(rng.integers(6, 11))
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1), np.float32)
    cv2.circle(kernel, (radius, radius), radius, 1.0, -1, cv2.LINE_AA)
    return np.asarray(cv2.filter2D(scene, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT), np.float32)


def _glaring(rng: np.random.Generator, scene: Scene, display: tuple[int, int, int, int]) -> Scene:
    """A torch or the sun in the glass: a burnt core, a wide bloom, thin rays."""
    height, width = scene.shape[:2]
    x = display[0] + display[2] * rng.uniform(0.25, 0.75)
    y = display[1] + display[3] * rng.uniform(0.3, 0.8)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    rows, columns = rows - np.float32(y), columns - np.float32(x)
    tilt, squeeze = rng.uniform(0, np.pi), rng.uniform(0.5, 0.9)
    along = columns * np.cos(tilt) + rows * np.sin(tilt)
    beside = (rows * np.cos(tilt) - columns * np.sin(tilt)) / squeeze
    away = along**2 + beside**2
    core, bloom = display[2] * rng.uniform(0.13, 0.2), display[2] * rng.uniform(0.45, 0.7)
    light = 420 * np.exp(-away / (2 * core**2)) + 110 * np.exp(-away / (2 * bloom**2))
    light += 60 * np.exp(-np.abs(beside) / 4 - np.abs(along) / (2.2 * core)) + 60 * np.exp(
        -np.abs(along) / 4 - np.abs(beside) / (2.2 * core)
    )
    return np.asarray(scene * 0.9 + light[..., None] * np.asarray((1.0, 0.99, 0.95), np.float32), np.float32)


def _covered(rng: np.random.Generator, scene: Scene, display: tuple[int, int, int, int]) -> Scene:
    """A fingertip before the lens, near and therefore out of focus, over part of the digits."""
    height, width = scene.shape[:2]
    tip = np.array([display[0] + display[2] * rng.uniform(0.35, 0.6), display[1] + display[3] * rng.uniform(0.3, 0.6)])
    side = 1 if rng.random() < 0.5 else -1
    root = np.array([width * (0.5 + side * rng.uniform(0.55, 0.8)), height * rng.uniform(0.55, 0.95)])
    thick = round(width * rng.uniform(0.30, 0.40))
    mask = np.zeros((height, width), np.uint8)
    start, end = tuple(tip.round().astype(int).tolist()), tuple(root.round().astype(int).tolist())
    cv2.line(mask, start, end, 255, thick, cv2.LINE_AA)
    soft = _softened(mask, 14)
    rounding = _softened(mask, thick / 4.5)
    skin = np.asarray(((206, 150, 122), (168, 112, 84), (118, 76, 56))[int(rng.integers(3))], np.float32)
    flesh = skin * (0.30 + 0.74 * rounding + 0.03 * clouds(rng, height, width, 24))[..., None]
    return np.asarray(scene * (1 - soft[..., None]) + flesh * soft[..., None], np.float32)


def _softened(mask: NDArray[np.uint8], blur: float) -> NDArray[np.float32]:
    """The mask as 0..1, blurred by so many pixels, worked out at a quarter of its size."""
    small = cv2.resize(mask, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    soft = cv2.GaussianBlur(small, (0, 0), blur / 4)
    return np.asarray(cv2.resize(soft, (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def weather(rng: np.random.Generator, face: Pixels) -> Pixels:
    """Years on a wall: yellowed plastic, dust that gathers below, specks. One meter's own, whoever photographs it."""
    height, width = face.shape[:2]
    age = rng.uniform(0.0, 1.0)
    dust = 0.5 + clouds(rng, height, width, 70) * 0.5 + clouds(rng, height, width, 9) * 0.25
    dust *= np.linspace(0.3, 1.0, height, dtype=np.float32)[:, None] * np.float32(0.16 * age)
    specks = np.zeros((height, width), np.uint8)
    for _ in range(int(90 * age)):
        cv2.circle(specks, (int(rng.integers(width)), int(rng.integers(height))), int(rng.integers(1, 3)), 255, -1, cv2.LINE_AA)
    dirt = (dust.clip(0, 1) + specks * np.float32(0.35 / 255))[..., None]
    yellow = 1 - age * np.asarray((0.0, 0.02, 0.08), np.float32)
    earth = np.asarray((122, 108, 88), np.float32)
    return np.asarray(np.clip(face * yellow * (1 - dirt) + earth * dirt, 0, 255), np.uint8)
