"""Two views of one photo, spoilt differently, with the details that both show: what a describer of details learns from.

Nobody labels anything: the second view is the first one warped, so it is known where each detail must be.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.grouping.details import cut_out
from engine.grouping.plates import describe_grey, even_grey

Grey = NDArray[np.uint8]  # (H, W)

MOST = 160  # details kept of a pair of views
FEWEST = 24
NEAR = (2.5, 0.25)  # a detail's place may be off by so many pixels, or so many of its sizes
SIZES = 0.35  # and its size by so much, as a difference of logarithms
TURNS = 20.0  # and its direction by so many degrees


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """K details in both views."""

    one: NDArray[np.uint8]  # (K, 32, 32)
    other: NDArray[np.uint8]  # (K, 32, 32)
    places: NDArray[np.float32]  # (K, 2) in the first view's plate picture, pixels
    sift: tuple[NDArray[np.float32], NDArray[np.float32]]  # (K, 128) of unit length, of either view: what there was before


def two_views(photo: Grey, rng: np.random.Generator) -> Views | None:
    """Two views of the plate's part of a grey photo; None where they share too few details to learn from."""
    height, width = photo.shape
    first, second = _camera(width, height, rng, turn=4, zoom=0.05), _camera(width, height, rng, turn=18, zoom=0.3)
    one, one_scale = even_grey(spoil(_seen(photo, first), rng, 0.6))
    other, other_scale = even_grey(spoil(_seen(photo, second), rng, 1.0))
    plate, other_plate = describe_grey(one), describe_grey(other)
    in_one, in_other = plate.keypoints, other_plate.keypoints
    if min(len(in_one), len(in_other)) < FEWEST:
        return None
    between = np.diag([other_scale, other_scale, 1]) @ second @ np.linalg.inv(first) @ np.diag([1 / one_scale, 1 / one_scale, 1])
    here, there = _same_details(in_one, in_other, between)
    if len(here) < FEWEST:
        return None
    chosen = rng.permutation(len(here))[:MOST]
    here, there = here[chosen], there[chosen]
    sift = plate.unit_descriptors()[here], other_plate.unit_descriptors()[there]
    return Views(cut_out(one, in_one[here]), cut_out(other, in_other[there]), in_one[here, :2], sift)


def spoil(photo: Grey, rng: np.random.Generator, strength: float) -> Grey:
    """What dark cellars, hasty hands and messengers do to a photo; `strength` 0..1 is how often."""
    height, width = photo.shape
    light = np.asarray(photo, dtype=np.float32) / np.float32(255)
    if rng.random() < 0.5:  # a lamp from the side
        field = rng.uniform(0.5, 1.4, (3, 3)).astype(np.float32)
        light = light * np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.float32)
    if rng.random() < 0.5:
        light = np.clip(light, 0, 1) ** np.float32(rng.uniform(0.5, 2.0))
    for _ in range(rng.integers(0, 3) if rng.random() < 0.5 else 0):
        light = light + _reflection(width, height, rng)
    light = _softened(light, rng, strength)
    if rng.random() < 0.35 * strength:  # dark
        light = np.clip(light, 0, 1) * rng.uniform(0.06, 0.6)
    if rng.random() < 0.2 * strength:  # haze
        light = light * rng.uniform(0.3, 0.7) + rng.uniform(0.2, 0.4)
    if rng.random() < 0.5:
        light = light + rng.normal(0, rng.uniform(0.003, 0.003 + 0.047 * strength), light.shape)
    grey = np.clip(light * 255, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        sent = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 95))])[1]
        return np.asarray(cv2.imdecode(sent, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    return grey


def _softened(light: NDArray[np.float32], rng: np.random.Generator, strength: float) -> NDArray[np.float32]:
    """Out of focus, moved, or of fewer pixels; or none of them."""
    height, width = light.shape
    drawn = rng.random() / strength
    if drawn < 0.3:
        return np.asarray(cv2.GaussianBlur(light, (0, 0), rng.uniform(0.6, 2.6)))
    if drawn < 0.45:
        length = int(rng.integers(3, 12))
        line = np.zeros((length, length), np.float32)
        line[length // 2] = 1.0
        middle = ((length - 1) / 2, (length - 1) / 2)
        line = cv2.warpAffine(line, cv2.getRotationMatrix2D(middle, rng.uniform(0, 180), 1), (length, length))
        return np.asarray(cv2.filter2D(light, -1, line / line.sum()))
    if drawn < 0.7:
        fewer = rng.uniform(0.35, 0.85)
        small = cv2.resize(light, None, fx=fewer, fy=fewer, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))
    return light


def _reflection(width: int, height: int, rng: np.random.Generator) -> NDArray[np.float32]:
    spot = np.zeros((height, width), np.float32)
    centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
    axes = (int(rng.integers(8, max(width // 6, 9))), int(rng.integers(8, max(height // 6, 9))))
    cv2.ellipse(spot, centre, axes, rng.uniform(0, 180), 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(spot, (0, 0), rng.uniform(2, 25)) * rng.uniform(0.3, 1.2), dtype=np.float32)


def _camera(width: int, height: int, rng: np.random.Generator, *, turn: float, zoom: float) -> NDArray[np.float64]:
    """(3, 3) mapping of the photo onto a view of it: turned by up to `turn` degrees, zoomed, aslant, shifted."""
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    middle, side = corners.mean(axis=0), np.array([width, height])
    angle, scale = np.radians(rng.uniform(-turn, turn)), np.exp(rng.uniform(-zoom, zoom))
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (corners - middle) @ rotation.T + middle + (rng.normal(0, 0.035, (4, 2)) + rng.normal(0, 0.05, 2)) * side
    return np.asarray(cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), dtype=np.float64)


def _seen(photo: Grey, camera: NDArray[np.float64]) -> Grey:
    height, width = photo.shape
    return np.asarray(cv2.warpPerspective(photo, camera, (width, height), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)


def _same_details(
    one: NDArray[np.float32], other: NDArray[np.float32], between: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of details (K, 4) of two views that show the same place alike, each used once."""
    angles = np.radians(one[:, 3].astype(np.float64))
    ahead = np.column_stack([np.cos(angles), np.sin(angles)])
    places = one[:, :2].astype(np.float64)
    mapped = _mapped(places, between)
    forward = _mapped(places + ahead, between) - mapped
    aside = _mapped(places + ahead[:, ::-1] * (-1, 1), between) - mapped
    grown = np.sqrt(np.abs(forward[:, 0] * aside[:, 1] - forward[:, 1] * aside[:, 0]))
    turned = np.degrees(np.arctan2(forward[:, 1], forward[:, 0]))
    apart = np.linalg.norm(mapped[:, None] - other[None, :, :2], axis=2)
    sizes = np.abs(np.log((one[:, 2] * grown)[:, None] / other[None, :, 2]))
    turns = np.abs((turned[:, None] - other[None, :, 3] + 180.0) % 360.0 - 180.0)
    same = (apart < np.maximum(NEAR[0], NEAR[1] * other[None, :, 2])) & (sizes < SIZES) & (turns < TURNS)
    cost = np.where(same, apart / NEAR[0] + sizes / SIZES + turns / TURNS, np.inf)
    nearest = cost.argmin(axis=1)
    here = np.flatnonzero(np.isfinite(cost.min(axis=1)))
    _, first = np.unique(nearest[here], return_index=True)
    return here[first], nearest[here[first]]


def _mapped(points: NDArray[np.float64], mapping: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.perspectiveTransform(points[None], mapping)[0], dtype=np.float64)
