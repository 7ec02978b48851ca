"""What the front plate of a meter looks like up close: SIFT features, small enough to be stored beside the photo.

A network says "about such a meter"; two photos of one design share printed details at the same places, and those
can be counted. SIFT needs no training, so a design nobody has seen is recognised as surely as a known one.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.picture import Pixels

FEATURES = 900  # at most, per photo: measured, fewer lose groups
AREA = 540 * 570  # pixels of the picture that is described; its sides follow the photo's
MAX_SIDE = 1400  # pixels: keeps a panorama from becoming a mile-long strip
PORTRAIT = 1.25  # height / width from which a photo is taken for a portrait one, with the plate in its upper part
UPPER = 760 / 720  # of the width: the rows of a portrait photo that are described (measured on field photos)

# How near to an edge, in widths of the picture, camera apps print; and the share of `FEATURES` from which what lies there is such
# print. Of 330 photos without any none has more than .42 at the upper or .70 at the lower edge; with print drawn over the upper
# edge none of 83 has less than .75.
PRINT, PRINTED = 0.20, 0.72

# RootSIFT values lie in 0..1, in practice below 0.5: each is the square root of one of 128 shares of 1.
_STEPS = 510.0  # quantisation steps per unit: 255 stands for 0.5
LEARNED_STEPS = 254.0  # the same for learned descriptions, -0.5..0.5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Plate:
    """Features of one photo, K <= 900 of them; K = 0 for a photo without texture.

    Attributes:
        keypoints: (K, 4) float32, the strongest first: x, y, size in pixels of the described picture (about 540 x 570),
            angle in degrees.
        descriptors: (K, 128) uint8, RootSIFT in steps of 1/510.
        size: width and height of the described picture in its pixels; (0, 0) where that was not kept.
        learned: (K, 128) int8, what a network says of the same details, in steps of 1/254; None where none was asked.
        learned_by: version of that network: descriptions of two versions are never compared.
    """

    keypoints: NDArray[np.float32]
    descriptors: NDArray[np.uint8]
    size: tuple[int, int] = (0, 0)
    learned: NDArray[np.int8] | None = None
    learned_by: str = ""

    def __len__(self) -> int:
        return len(self.keypoints)

    def unit_descriptors(self) -> NDArray[np.float32]:
        """(K, 128) float32 of unit length, so that a dot product is a cosine."""
        return _unit(self.descriptors)

    def unit_learned(self) -> NDArray[np.float32] | None:
        """The same of the learned descriptions."""
        return None if self.learned is None else _unit(self.learned)

    def to_bytes(self) -> bytes:
        """An .npz, 130 kB for 900 features, 250 kB with learned descriptions.

        Compressing would take a fifth away and cost a millisecond whenever a regrouping reads it.
        """
        arrays: dict[str, NDArray[Any]] = {
            "keypoints": self.keypoints,
            "descriptors": self.descriptors,
            "size": np.array(self.size),
        }
        if self.learned is not None:
            arrays |= {"learned": self.learned, "learned_by": np.array(self.learned_by)}
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Plate:
        """Read what `to_bytes` wrote; never unpickles. Raises `DataError` where the bytes are something else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                keypoints, descriptors = file["keypoints"], file["descriptors"]
                width, height = file["size"].tolist() if "size" in file else (0, 0)  # earlier versions did not keep it
                learned, by = (file["learned"], str(file["learned_by"])) if "learned" in file else (None, "")
        except Exception as error:  # zipfile, zlib, struct and numpy all report damage in their own words
            raise DataError(f"The stored plate features cannot be read ({error}). Describe the photo again.") from error
        count = len(keypoints)
        sound = keypoints.shape == (count, 4) and descriptors.shape == (count, 128) and descriptors.dtype == np.uint8
        if not sound or (learned is not None and (learned.shape != (count, 128) or learned.dtype != np.int8)):
            raise DataError("The stored plate features have the wrong shape. Describe the photo again.")
        return cls(
            keypoints=keypoints.astype(np.float32), descriptors=descriptors, size=(int(width), int(height)),
            learned=learned, learned_by=by,
        )  # fmt: skip


def describe_plate(pixels: Pixels) -> Plate:
    """Find the features of the meter in an upright RGB photo (H, W, 3). Deterministic; about 0.1 s on one core."""
    return describe_grey(plate_picture(pixels))


def describe_grey(grey: NDArray[np.uint8]) -> Plate:
    """The same of a plate's picture (H, W)."""
    sift = _sift()
    found, raw = sift.detectAndCompute(grey, None)
    first, last = _beside_print(grey, found)
    if last - first < grey.shape[0]:  # sharp letters leave few of the details to the meter; a mask is applied too late for that
        found, raw = sift.detectAndCompute(grey[first:last], None)
    if raw is None or not len(found):
        return Plate(keypoints=np.zeros((0, 4), np.float32), descriptors=np.zeros((0, 128), np.uint8))
    # OpenCV orders by place. The strongest come first here, so that the first k are the best k; SIFT may also return a few more
    # than asked for, when several share the last strength.
    order = np.argsort([-point.response for point in found], kind="stable")[:FEATURES]
    found, raw = [found[index] for index in order], raw[order]
    keypoints = np.array([(point.pt[0], point.pt[1] + first, point.size, point.angle) for point in found], dtype=np.float32)
    return Plate(keypoints=keypoints, descriptors=_root_sift(raw), size=(grey.shape[1], grey.shape[0]))


def describe_at(grey: NDArray[np.uint8], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """(K, 128) RootSIFT of unit length of what a plate's picture shows at given places (K, 4), whether or not a detector would.

    Places are x, y, size and angle as in `Plate.keypoints`.
    """
    if not len(places):
        return np.zeros((0, 128), np.float32)
    # Which blurred picture a place of that size is described in, packed as OpenCV's detector does:
    # size = 3.2 x 2^(octave + layer/3), layers 1 to 3, octave -1 twice as large as the picture.
    thirds = np.maximum(np.rint(3 * np.log2(np.maximum(places[:, 2], 1.0) / 3.2)), -2).astype(int)
    octaves = (thirds - 1) // 3
    packed = (octaves & 255) | ((thirds - 3 * octaves) << 8)
    points = [
        cv2.KeyPoint(x, y, size, angle, octave=octave)
        for (x, y, size, angle), octave in zip(places.tolist(), packed.tolist(), strict=True)
    ]
    _, raw = _sift().compute(grey, points)
    return _unit(_root_sift(raw))


def _sift() -> cv2.SIFT:
    return cv2.SIFT.create(nfeatures=FEATURES, contrastThreshold=0.02, edgeThreshold=15)


def _beside_print(grey: NDArray[np.uint8], found: Sequence[cv2.KeyPoint]) -> tuple[int, int]:
    """First row and end of what is left where a camera app printed over the upper or lower edge; all rows where it did not."""
    height, width = grey.shape
    deep = round(PRINT * width)
    if height <= 2 * deep:  # a strip is all edge
        return 0, height
    rows = np.array([point.pt[1] for point in found])
    if (rows < deep).sum() > PRINTED * FEATURES:
        return deep, height
    return 0, height - deep if (rows >= height - deep).sum() > PRINTED * FEATURES else height


def plate_picture(pixels: Pixels) -> NDArray[np.uint8]:
    """Grey, contrast evened out, about `AREA` pixels: the part of the photo that holds the plate.

    Portrait photos show wires and seals below the meter, and camera apps print time and place over the lower edge:
    the same letters in every photo would look like a shared plate. Square and landscape photos are described whole.
    """
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return even_grey(plate_part(grey))[0]


def plate_part(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The rows of a grey photo (H, W) that are described: all, or the upper ones of a portrait photo."""
    height, width = grey.shape
    return grey[: round(UPPER * width)] if height / width > PORTRAIT else grey


def even_grey(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """A grey picture (H, W) of about `AREA` pixels with its contrast evened out, and by how much it was scaled."""
    height, width = grey.shape
    scale = min((AREA / (height * width)) ** 0.5, MAX_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), dtype=np.uint8)
    return np.asarray(cv2.createCLAHE(clipLimit=3.0, tileGridSize=(6, 6)).apply(grey), dtype=np.uint8), scale


def _root_sift(raw: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Shares of the L1 sum, square-rooted (Arandjelović and Zisserman 2012), quantised."""
    shares = raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-6)
    return np.asarray(np.clip(np.rint(np.sqrt(shares) * _STEPS), 0, 255), dtype=np.uint8)


def _unit(descriptors: NDArray[np.integer]) -> NDArray[np.float32]:
    values = descriptors.astype(np.float32)
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1.0), dtype=np.float32)
