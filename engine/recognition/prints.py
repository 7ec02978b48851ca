"""The prints of a model's types, as a bundle holds them beside the exemplars: marks of a few labelled photos, no picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.recognition.choice import spread
from engine.recognition.exemplars import joined, packed, unpacked
from engine.recognition.marks import Look
from engine.recognition.sameness import REFERENCES, Likeness, Print, Reference

Prints = Mapping[str, Print]

_STEPS = 510.0  # quantisation steps per unit of a descriptor, as `engine.grouping.plates` stores them


def prints_of(labels: Sequence[str], embeddings: NDArray[Any], look_of: Callable[[int], Look | None]) -> Prints:
    """The print of each type, from `REFERENCES` of its photos that differ most; types whose photos agree on nothing have none.

    Args:
        labels: (M,) the type of each photo.
        embeddings: (M, D) of unit length.
        look_of: a photo by its position, None where it cannot be compared. Asked for the chosen ones.
    """
    found = {}
    for label in sorted(set(labels)):
        mine = [number for number, each in enumerate(labels) if each == label]
        chosen = spread(np.asarray(embeddings, dtype=np.float32)[mine], REFERENCES)
        looks = [look for place in chosen if (look := look_of(mine[place])) is not None]
        made = Print.of(looks)
        if made.says_something():
            found[label] = made
    return found


def prints_to_tensors(prints: Prints, labels: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Arrays for a bundle; types are positions in `labels`, the order of the card. Some 0.2 MB a type."""
    known = [(number, prints[label]) for number, label in enumerate(labels) if label in prints]
    kept = [(number, reference) for number, each in known for reference in each.references]
    own = [(number, likeness) for number, each in known for likeness in each.own]
    return {
        "print_types": np.array([number for number, _ in kept], np.int32),
        "print_marks": np.array([[len(each.places), each.details] for _, each in kept], np.int32).reshape(-1, 2),
        "print_places": joined([packed(each.places) for _, each in kept], (0, 4), np.uint16),
        "print_descriptors": joined([_quantised(each.descriptors) for _, each in kept], (0, 128), np.uint8),
        "print_expected": joined([each.expected for _, each in kept], (0,), np.float16),
        "print_own_types": np.array([number for number, _ in own], np.int32),
        "print_own": np.array([[likeness.share, likeness.region] for _, likeness in own], np.float32).reshape(-1, 2),
    }


def prints_from_tensors(labels: Sequence[str], tensors: Mapping[str, NDArray[Any]]) -> Prints:
    """What `prints_to_tensors` gave; nothing for bundles that were written before there were prints."""
    if "print_types" not in tensors:
        return {}
    marks, types, own_types = tensors["print_marks"], tensors["print_types"], tensors["print_own_types"]
    ends = np.cumsum(marks[:, 0])
    references: dict[str, list[Reference]] = {}
    for number, end, (count, details) in zip(types.tolist(), ends.tolist(), marks.tolist(), strict=True):
        part = slice(end - count, end)
        references.setdefault(labels[number], []).append(
            Reference(
                places=unpacked(tensors["print_places"][part]),
                descriptors=_unit(tensors["print_descriptors"][part]),
                expected=tensors["print_expected"][part].astype(np.float32),
                details=details,
            )
        )
    own: dict[str, list[Likeness]] = {}
    for number, (share, region) in zip(own_types.tolist(), tensors["print_own"].tolist(), strict=True):
        own.setdefault(labels[number], []).append(Likeness(share, region))
    return {label: Print(tuple(each), tuple(own.get(label, ()))) for label, each in references.items()}


def _quantised(descriptors: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(descriptors * _STEPS), 0, 255), dtype=np.uint8)


def _unit(descriptors: NDArray[np.uint8]) -> NDArray[np.float32]:
    values = descriptors.astype(np.float32)
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1.0), dtype=np.float32)
