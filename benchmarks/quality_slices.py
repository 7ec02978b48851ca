"""The rows of the quality tables: which photos with a tag are told from which without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality_corpus import BASES, GOOD
from engine.quality import Tag


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """A row of the table: photos with the tag from one place, and those without it they are told from."""

    name: str
    tag: Tag
    positives: tuple[str, ...]  # kinds, or sources
    negatives: tuple[str, ...]

    def chosen(self, truth: NDArray[np.float64], kind: NDArray[np.str_], source: NDArray[np.str_]) -> NDArray[np.bool_]:
        """(N,) the photos of this row; `truth` 1 has the tag, 0 has not, NaN is not known."""
        with_tag, without = (np.isin(kind, names) | np.isin(source, names) for names in (self.positives, self.negatives))
        return np.asarray(((truth == 1) & with_tag) | ((truth == 0) & without), np.bool_)


SLICES = (
    Slice(name="field photos", tag=Tag.BLURRY, positives=("field",), negatives=("field",)),
    Slice(name="other real v clean", tag=Tag.BLURRY, positives=("real",), negatives=GOOD),
    Slice(name="all, hard negatives", tag=Tag.BLURRY, positives=("field", "real", "drawn"), negatives=("field", "real", "drawn")),
    Slice(name="real v clean", tag=Tag.LOW_LIGHT, positives=("real",), negatives=BASES),
    Slice(name="real v bracketed normals", tag=Tag.LOW_LIGHT, positives=("real",), negatives=("normal_exposure",)),
    Slice(name="real v all other real", tag=Tag.LOW_LIGHT, positives=("real",), negatives=("field", "real")),
    Slice(name="all", tag=Tag.LOW_LIGHT, positives=("field", "real", "drawn"), negatives=("field", "real", "drawn")),
    Slice(name="real v clean", tag=Tag.OVEREXPOSED, positives=("real",), negatives=BASES),
    Slice(name="real v bracketed normals", tag=Tag.OVEREXPOSED, positives=("real",), negatives=("normal_exposure",)),
    Slice(name="real v all other real", tag=Tag.OVEREXPOSED, positives=("real",), negatives=("field", "real")),
    Slice(name="all", tag=Tag.OVEREXPOSED, positives=("real", "drawn"), negatives=("field", "real", "drawn")),
    Slice(name="drawn; dark among negatives", tag=Tag.LOW_CONTRAST, positives=("drawn",), negatives=("real", "field", "drawn")),
    Slice(name="real heavy v clean", tag=Tag.NOISY, positives=("noisy",), negatives=BASES),
    Slice(name="real mild v clean", tag=Tag.NOISY, positives=("noisy_mild",), negatives=BASES),
    Slice(name="real mild v its means", tag=Tag.NOISY, positives=("noisy_mild",), negatives=("denoised_mean",)),
    Slice(name="drawn", tag=Tag.NOISY, positives=("drawn",), negatives=("drawn",)),
    Slice(name="field photos", tag=Tag.GLARE, positives=("field",), negatives=("field",)),
    Slice(name="real v clean", tag=Tag.HAZY, positives=("haze",), negatives=BASES),
    Slice(name="drawn", tag=Tag.HAZY, positives=("drawn",), negatives=("drawn",)),
    Slice(name="drawn", tag=Tag.JPEG_ARTIFACTS, positives=("drawn",), negatives=("real", "drawn")),
    Slice(name="drawn", tag=Tag.LOW_RESOLUTION, positives=("drawn",), negatives=("real", "field", "drawn")),
    Slice(name="drawn", tag=Tag.LOW_INFORMATION, positives=("drawn",), negatives=("real", "field", "drawn")),
    Slice(name="drawn", tag=Tag.DAMAGED, positives=("drawn",), negatives=("real", "field", "drawn")),
)
