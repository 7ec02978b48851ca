"""Labelled photos as evidence: of each the network's embedding and the features of its plate, no picture.

Some travel in a model's bundle (training photos); others come from the database (photos that people labelled since) and may
be of types that the network has never seen. Both are the same value and can be merged.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.grouping.plates import Plate

FEATURES = 900  # of each plate at most; `engine.recognition.choice` keeps fewer for a bundle
_PLACE_STEP = 1 / 16  # pixels and degrees: keypoints are kept as uint16 multiples of it; 1400 pixels and 360 degrees fit


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Exemplars:
    """M labelled photos. An exemplar with an empty plate speaks by its embedding alone.

    Attributes:
        stamp: version of the meter_type model that made the embeddings; those of two versions are never compared.
        labels: (M,) the type of each photo.
        embeddings: (M, D) float16, unit length.
        plates: (M,) at most `FEATURES` features each.
    """

    stamp: str
    labels: tuple[str, ...]
    embeddings: NDArray[np.float16]
    plates: tuple[Plate, ...]

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of(
        cls, stamp: str, labels: Sequence[str], embeddings: Sequence[NDArray[Any]], plates: Sequence[Plate | None]
    ) -> Exemplars:
        """From M labels, embeddings (D,) and plates as `describe` made them (None = not described)."""
        vectors = np.stack([np.asarray(each) for each in embeddings]) if len(labels) else np.zeros((0, 0))
        return cls(
            stamp=stamp,
            labels=tuple(labels),
            embeddings=vectors.astype(np.float16),
            plates=tuple(strongest(plate) if plate is not None else NO_PLATE for plate in plates),
        )

    @classmethod
    def none(cls, stamp: str) -> Exemplars:
        """No photos."""
        return cls.of(stamp, (), (), ())

    def types(self) -> tuple[str, ...]:
        """Each type once, sorted."""
        return tuple(sorted(set(self.labels)))

    def without(self, left_out: Collection[int]) -> Exemplars:
        """All but the photos at these positions."""
        kept = [number for number in range(len(self)) if number not in left_out]
        return replace(
            self,
            labels=tuple(self.labels[number] for number in kept),
            embeddings=self.embeddings[kept],
            plates=tuple(self.plates[number] for number in kept),
        )

    def to_bytes(self) -> bytes:
        """A compressed .npz; about 40 kB a photo."""
        buffer = io.BytesIO()
        stated = {"stamp": np.array(self.stamp), "labels": np.array(self.labels, dtype=np.str_)}
        np.savez_compressed(buffer, allow_pickle=False, **stated, **self.to_tensors(self.types()))
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Exemplars:
        """Read what `to_bytes` wrote; never unpickles. Raises `DataError` where the bytes are something else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                tensors = {name: file[name] for name in file.files}
            stamp, labels = str(tensors.pop("stamp")), tensors.pop("labels").tolist()
            return cls.from_tensors(stamp, tuple(sorted(set(labels))), tensors)
        except Exception as error:  # zipfile, zlib, struct and numpy all report damage in their own words
            raise DataError(f"The stored exemplars cannot be read ({error}). Make them again.") from error

    def to_tensors(self, labels: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Arrays for a bundle; types are positions in `labels`, the order of the card."""
        place = {label: number for number, label in enumerate(labels)}
        return {
            "photos": self.embeddings,
            "types": np.array([place[label] for label in self.labels], np.int32),
            "features": np.array([len(plate) for plate in self.plates], np.int32),
            "places": joined([packed(plate.keypoints) for plate in self.plates], (0, 4), np.uint16),
            "descriptors": joined([plate.descriptors for plate in self.plates], (0, 128), np.uint8),
        }

    @classmethod
    def from_tensors(cls, stamp: str, labels: Sequence[str], tensors: Mapping[str, NDArray[Any]]) -> Exemplars:
        """What `to_tensors` gave. Older bundles hold embeddings and types alone: their plates are empty."""
        types = tensors["types"]
        ends = np.cumsum(tensors.get("features", np.zeros(len(types), np.int32)))
        plates = []
        for start, end in zip(np.concatenate([[0], ends[:-1]]), ends, strict=True) if len(types) else ():
            if start == end:
                plates.append(NO_PLATE)
                continue
            plates.append(Plate(keypoints=unpacked(tensors["places"][start:end]), descriptors=tensors["descriptors"][start:end]))
        return cls(
            stamp=stamp,
            labels=tuple(labels[number] for number in types.tolist()),
            embeddings=tensors["photos"].astype(np.float16),
            plates=tuple(plates),
        )


NO_PLATE = Plate(keypoints=np.zeros((0, 4), np.float32), descriptors=np.zeros((0, 128), np.uint8))


def merge(exemplars: Iterable[Exemplars]) -> Exemplars:
    """All of them as one. Raises `DataError` where their embeddings are of different models."""
    given = [each for each in exemplars if len(each)]
    if not given:
        raise DataError("There are no exemplars to merge.")
    if len({each.stamp for each in given}) > 1:
        raise DataError(f"Exemplars of different models cannot be compared: {', '.join(sorted({e.stamp for e in given}))}.")
    return Exemplars(
        stamp=given[0].stamp,
        labels=tuple(label for each in given for label in each.labels),
        embeddings=np.concatenate([each.embeddings for each in given]),
        plates=tuple(plate for each in given for plate in each.plates),
    )


def strongest(plate: Plate, count: int = FEATURES) -> Plate:
    """At most `count` features, in the order in which SIFT gave them: strongest first."""
    return Plate(keypoints=plate.keypoints[:count], descriptors=plate.descriptors[:count])


def packed(keypoints: NDArray[np.float32]) -> NDArray[np.uint16]:
    """(K, 4) places as they are kept: multiples of 1/16 pixel and degree."""
    return np.asarray(np.clip(np.rint(keypoints / _PLACE_STEP), 0, 65535), dtype=np.uint16)


def unpacked(places: NDArray[np.uint16]) -> NDArray[np.float32]:
    """(K, 4) places as they are used."""
    return places.astype(np.float32) * np.float32(_PLACE_STEP)


def joined(parts: Sequence[NDArray[Any]], empty: tuple[int, ...], kind: Any) -> NDArray[Any]:
    """One array of all parts, of shape `empty` where there are none."""
    return np.concatenate(parts).astype(kind) if parts else np.zeros(empty, kind)
