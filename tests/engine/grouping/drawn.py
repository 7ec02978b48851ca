"""Front plates drawn by code: each design has its own print, each photo its own angle, light, reading and serial number."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from engine.bundle import Card, InputSpec
from engine.grouping import Plate, describe_plate
from engine.runtime import Model

LETTERS = list("ABCDEFGHKLMNPRSTUVWXYZ0123456789")


def plate_photo(design: int, shot: int, *, headed: Sequence[str] = ()) -> np.ndarray:
    """(480, 480, 3) uint8: photo `shot` of a meter of design `design`; near twins differ in the lines it is headed with."""
    print_rng = np.random.default_rng(design)
    plate = _plate(print_rng)
    left, top, below, font = (int(print_rng.integers(*span)) for span in ((20, 120), (60, 240), (40, 200), (0, 5)))
    rng = np.random.default_rng([design, shot])
    for line, text in enumerate((f"{rng.integers(10**7):07d}", f"SR {rng.integers(10**8):08d}")):
        cv2.putText(plate, text, (left, top + below * line), font, 1.1, 20, 2, cv2.LINE_AA)
    if headed:
        cv2.rectangle(plate, (60, 70), (420, 150), 235, -1)
    for line, text in enumerate(headed):
        cv2.putText(plate, text, (75, 103 + 32 * line), 2, 0.9, 30, 2, cv2.LINE_AA)
    corners = np.array([[40, 40], [440, 40], [440, 440], [40, 440]], np.float32)
    mapping = cv2.getPerspectiveTransform(corners, corners + rng.normal(0, 8, (4, 2)).astype(np.float32))
    warped = cv2.warpPerspective(plate, mapping, (480, 480), borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    lit = warped * rng.uniform(0.6, 1.1) + rng.normal(0, 3, warped.shape)
    return np.repeat(np.clip(lit, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def plate(design: int, shot: int) -> Plate:
    return describe_plate(plate_photo(design, shot))


def embedding(design: int, shot: int) -> np.ndarray:
    """(16,) float32 of unit length: nearer to its design's own than to others, as a network's would be."""
    centre = np.random.default_rng(1000 + design).normal(size=16)
    vector = centre + np.random.default_rng([design, shot]).normal(0, 0.3, 16)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _plate(rng: np.random.Generator) -> np.ndarray:
    picture = np.full((480, 480), rng.integers(150, 220), np.uint8)
    for _ in range(14):
        x, y = rng.integers(20, 400, 2).tolist()
        width, height = rng.integers(20, 120, 2).tolist()
        cv2.rectangle(picture, (x, y), (x + width, y + height), int(rng.integers(40, 255)), int(rng.choice([-1, 1, 2])))
    for _ in range(18):
        place = (int(rng.integers(10, 330)), int(rng.integers(30, 470)))
        size = float(rng.uniform(0.4, 1.1))
        cv2.putText(
            picture,
            "".join(rng.choice(LETTERS, 6)),
            place,
            int(rng.integers(0, 5)),
            size,
            int(rng.integers(0, 100)),
            1,
            cv2.LINE_AA,
        )
    return picture


class GreyLevels:
    """A compiled network that describes a picture by 128 of its own grey levels."""

    def create_infer_request(self) -> GreyLevels:
        return self

    def infer(self, inputs: dict[int, np.ndarray]) -> list[np.ndarray]:
        batch = inputs[0].reshape(len(inputs[0]), -1)[:, ::8]
        levels = batch - batch.mean(axis=1, keepdims=True)
        return [np.zeros((len(batch), 1)), levels / np.maximum(np.linalg.norm(levels, axis=1, keepdims=True), 1e-6)]


def describer(version: str = "v1") -> Model:
    card = Card(task="details", version=version, network="detail_cnn", labels=("detail",), input=InputSpec(width=32, height=32))
    return Model(card=card, extras={}, _compiled=GreyLevels())
