"""Whether a person can read the digits, and if not, why: the display is found first, and its crop is judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.calibration import clear_probability
from engine.display import SCORE_FROM, Found, read_map, view_of
from engine.picture import Pixels
from engine.preprocess import prepare
from engine.runtime import Model
from engine.verdict import Box, Clarity, Reason

CLEAR_FROM = 0.50  # where the card sets no other threshold
REASON_FROM = 0.50
LEAST_CROP = 8  # pixels; a smaller box holds no digits


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What is said of a photo's display. `None` = not judged; `box` None = no display was found, or nobody looked."""

    box: Box | None = None
    score: float | None = None
    probability: float | None = None
    clarity: Clarity | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def no_display(self) -> bool:
        """Looked for and not found: clarity was judged on the whole photo."""
        return self.score is not None and self.box is None


def read_display(locator: Model | None, clarity: Model | None, pixels: Pixels) -> Reading:
    """Find the display, judge its crop; the whole photo where none is found or the model was made for whole photos."""
    found = locate(locator, pixels) if locator else None
    box = found.box if found and locator and found.score >= locator.card.thresholds.get("score", SCORE_FROM) else None
    if box and min(box[2:]) < LEAST_CROP:
        box = None
    score = found.score if found else None
    if clarity is None:
        return Reading(box=box, score=score)
    view = view_of(pixels, box) if box and clarity.card.view == "display" else pixels
    logits = answer(clarity, view)
    card = clarity.card
    probability = clear_probability(logits[: len(card.labels)], card)
    clear = probability >= card.thresholds.get("clear", CLEAR_FROM)
    reasons = () if clear else reasons_of(clarity, logits, looked=score is not None, found=box is not None)
    said = Clarity.CLEAR if clear else Clarity.UNCLEAR
    return Reading(box=box, score=score, probability=probability, clarity=said, reasons=reasons)


def locate(locator: Model, pixels: Pixels) -> Found:
    """The likeliest display, whatever its score."""
    heat, sides = locator.outputs(prepare(pixels, locator.card.input)[None])
    return read_map(heat[0], sides[0], photo=(pixels.shape[1], pixels.shape[0]), spec=locator.card.input)


def answer(clarity: Model, view: Pixels) -> NDArray[np.float32]:
    """The network's logits of a view; of a display the mean of the view and its mirror image, as they were calibrated."""
    batch = prepare(view, clarity.card.input)[None]
    if clarity.card.view == "display":
        batch = np.concatenate([batch, batch[..., ::-1]])
    return np.asarray(clarity.run(batch).logits.mean(axis=0), dtype=np.float32)


def reasons_of(clarity: Model, logits: NDArray[np.float32], *, looked: bool, found: bool) -> tuple[Reason, ...]:
    """Why it is unclear, the likeliest first: each reason that reaches its threshold; the likeliest alone where none does."""
    if looked and not found:
        return (Reason.NO_DISPLAY,)
    card = clarity.card
    if not card.reasons:
        return ()
    shares = 1 / (1 + np.exp(-logits[len(card.labels) :]))
    beyond = {
        name: float(share) / card.thresholds.get(name, REASON_FROM) for name, share in zip(card.reasons, shares, strict=True)
    }
    order = sorted(beyond, key=lambda name: -beyond[name])
    return tuple(Reason(name) for name in order if beyond[name] >= 1) or (Reason(order[0]),)
