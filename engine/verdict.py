"""What the engine says of one photo. Made once by `engine.appraise`; filing, the database, the API and the pages read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engine.grouping.plates import Plate

UNKNOWN = "UNKNOWN"  # the meter type of a photo that no known type fits well enough

Box = tuple[int, int, int, int]  # x, y, width, height in pixels of the upright photo


class Quality(StrEnum):
    """Whether the picture as such is fit for use, by measured numbers."""

    GOOD = "Good"
    POOR = "Poor"


class Clarity(StrEnum):
    """Whether a person can read the meter's digits."""

    CLEAR = "clear"
    UNCLEAR = "unclear"


class Reason(StrEnum):
    """Why a person could not read the digits."""

    BLURRY = "blurry"
    GLARE = "glare"
    DARK = "dark"
    OCCLUDED = "occluded"
    BLANK_DISPLAY = "blank_display"
    NO_DISPLAY = "no_display"


class GoodBad(StrEnum):
    """The learned twin of `Quality`: what a small network trained on degraded photos says."""

    GOOD = "Good"
    BAD = "Bad"


class Way(StrEnum):
    """What a meter type rests on."""

    NETWORK = "network"  # the network alone
    PLATE = "plate"  # details of the front plate shared with training photos, beside the network
    LABELLED = "labelled"  # the same with photos that people labelled since


@dataclass(frozen=True, kw_only=True, slots=True)
class Guess:
    """One candidate meter type with its softmax confidence, 0..1."""

    label: str
    confidence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Everything said of one photo. `None` means "not judged" (no model), never "bad".

    Measured numbers stand apart from judgements: `measures` are raw numbers with units (see `engine.quality.measures`),
    `scores` and `tags` follow from them by the thresholds named in `stamps["thresholds"]`. `stamps` names, per task,
    the version that judged.
    """

    width: int
    height: int
    quality: Quality
    quality_score: float  # 0..1, higher is better
    tags: tuple[str, ...]
    measures: Mapping[str, float]
    scores: Mapping[str, float]  # per tag, 0..1, higher = more of the defect
    suggestions: tuple[str, ...]  # plain words for the person holding the phone
    unsure: tuple[str, ...] = ()  # defects whose score is a close call, said or not
    display_box: Box | None = None  # None where no display was found, or nobody looked
    display_score: float | None = None  # 0..1, of the likeliest display, found or not; None = nobody looked
    clarity: Clarity | None = None
    clear_probability: float | None = None
    unclear_reasons: tuple[Reason, ...] = ()  # the gravest first; empty where the digits can be read
    good_bad: GoodBad | None = None
    good_probability: float | None = None
    meter_type: str | None = None
    top3: tuple[Guess, ...] = ()
    known_score: float | None = None  # 0..1, higher = more surely a known type
    plain_type: str | None = None  # the origin's rule, recorded whatever decides: the network's best guess, or UNKNOWN below 0.5
    recognised_by: Way | None = None  # what `meter_type` rests on; None where it is UNKNOWN or was not judged
    type_confidence: float | None = None  # 0..1, calibrated probability that `meter_type`, or the best guess, is right
    shared_details: int | None = None  # with the most alike photo of the type; None where plates were not compared
    labelled_photos: int = 0  # of the type, labelled by people, that it was recognised from
    contradicted_type: str | None = None  # what an UNKNOWN photo was taken for until its print contradicted that
    stamps: Mapping[str, str]
    embedding: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)  # (D,), unit length
    plate: Plate | None = field(default=None, compare=False, repr=False)  # where recognising described it: grouping needs it too
    signature: bytes | None = field(default=None, compare=False, repr=False)  # of the look, see `engine.signature`

    def as_json(self) -> dict[str, Any]:
        """The verdict as plain JSON values, without the embedding and the signature."""
        return {
            "width": self.width,
            "height": self.height,
            "quality": self.quality.value,
            "quality_score": self.quality_score,
            "tags": list(self.tags),
            "measures": dict(self.measures),
            "scores": dict(self.scores),
            "suggestions": list(self.suggestions),
            "unsure": list(self.unsure),
            "display_box": list(self.display_box) if self.display_box else None,
            "display_score": self.display_score,
            "clarity": self.clarity.value if self.clarity else None,
            "clear_probability": self.clear_probability,
            "unclear_reasons": [reason.value for reason in self.unclear_reasons],
            "good_bad": self.good_bad.value if self.good_bad else None,
            "good_probability": self.good_probability,
            "meter_type": self.meter_type,
            "top3": [{"label": guess.label, "confidence": guess.confidence} for guess in self.top3],
            "known_score": self.known_score,
            "plain_type": self.plain_type,
            "recognised_by": self.recognised_by.value if self.recognised_by else None,
            "type_confidence": self.type_confidence,
            "shared_details": self.shared_details,
            "labelled_photos": self.labelled_photos,
            "contradicted_type": self.contradicted_type,
            "stamps": dict(self.stamps),
        }
