"""Details of a plate as a network sees them: the places are SIFT's, the description is learned.

SIFT describes a corner by gradients close by; blur, dark and compression change those more than they change the print. A network
that saw many photos spoilt in such ways describes a wider window of it (benchmarks/grouping.py measures both).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.grouping.plates import LEARNED_STEPS, Plate, describe_plate, plate_picture
from engine.picture import Pixels

if TYPE_CHECKING:
    from engine.runtime import Model  # which holds plates itself

SIDE = 32  # pixels of the small picture of a detail
WINDOW = 12.0  # its side in sizes of the detail; SIFT looks at 6
_COARSEST = 40  # pixels: smaller pictures of the plate are not made
_AT_ONCE = 300  # details described in one run


def describe_whole(pixels: Pixels, model: Model | None) -> Plate:
    """The plate of an upright RGB photo (H, W, 3), its details described by SIFT and, where there is one, by the model."""
    plate = describe_plate(pixels)
    return plate if model is None else describe_learned(plate, pixels, model)


def describe_learned(plate: Plate, pixels: Pixels, model: Model) -> Plate:
    """The plate of this very photo (H, W, 3) with its details described by the model too; some 0.2 s of one core."""
    small = cut_out(plate_picture(pixels), plate.keypoints)
    runs = [small[start : start + _AT_ONCE] for start in range(0, len(small), _AT_ONCE)]
    found = [model.outputs(run[:, None].astype(np.float32))[1] for run in runs]
    values = np.concatenate(found) if found else np.zeros((0, plate.descriptors.shape[1]), np.float32)
    learned = np.clip(np.rint(values * LEARNED_STEPS), -127, 127).astype(np.int8)
    return replace(plate, learned=learned, learned_by=model.card.version)


def cut_out(grey: NDArray[np.uint8], keypoints: NDArray[np.float32], side: int = SIDE) -> NDArray[np.uint8]:
    """(K, side, side) small pictures of details (K, 4) as in `Plate.keypoints`, turned upright, from a plate's picture (H, W).

    Each is taken from the picture halved so often that no pixel is passed over.
    """
    halved = [grey]
    while min(halved[-1].shape) > _COARSEST:
        halved.append(np.asarray(cv2.pyrDown(halved[-1]), dtype=np.uint8))
    cut = np.empty((len(keypoints), side, side), np.uint8)
    middle = (side - 1) / 2
    for number, (x, y, size, angle) in enumerate(keypoints.tolist()):
        step = WINDOW * size / side
        times = min(max(int(np.floor(np.log2(max(step, 1e-3)))), 0), len(halved) - 1)
        scale, turn = step / 2**times, np.radians(angle)
        linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        centre = (np.array([x, y]) + 0.5) / 2**times - 0.5
        mapping = np.column_stack([linear, centre - linear @ (middle, middle)])
        cut[number] = cv2.warpAffine(
            halved[times], mapping, (side, side), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )
    return cut
