"""What makers do differently in the small: print blocks, displays, optical ports, labels and terminal covers.

Each `deal_...` takes a design's own generator and its index: what neighbours in the catalogue must not share goes by the
index, the rest by the generator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.drawing.lettering import Lettering, deal_lettering
from engine.drawing.paint import Colour
from engine.drawing.wording import VOCABULARIES, Ratings, Wording, word


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """The small print as it is set."""

    wording: Wording
    lettering: Lettering
    form: str  # "lines", "table" (keys left, values right) or "columns"
    align: str  # of lines: "l", "m" or "r"
    frame: str  # "none", "box", "rules" (above and below) or "grid" (a rule under every line)
    leading: float  # height of a line over the size of its letters
    signs: tuple[str, ...]  # below or above the words
    signs_above: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Screen:
    """A liquid crystal display's own shapes. Shares are of the display."""

    lean: float  # of the digits, sideways over height
    stroke: float  # of a segment, as a share of the digit's height
    blunt: bool  # segments end square instead of pointed
    height: float  # of the digits
    top: float
    pitch: float  # widest distance of digits, as a share of their height
    ghost: float  # how much unlit segments show, 0..1
    unit: str
    unit_at: str  # "above", "middle" or "below"
    unit_height: float
    notes: tuple[tuple[float, str], ...]  # annunciators: where along the line, words
    notes_above: bool
    note_size: float
    lettering: Lettering


@dataclass(frozen=True, kw_only=True, slots=True)
class Port:
    """An optical port."""

    shape: str  # "ring", "square", "dee", "flat" or "notched"
    size: float  # radius over the plate's width
    rim: Colour
    floor: Colour
    eyes: tuple[tuple[float, float], ...]  # centres of the windows, in radii
    eye: float  # radius of a window, in radii


@dataclass(frozen=True, kw_only=True, slots=True)
class Sticker:
    """The layout of the label that carries one meter's serial number."""

    paper: Colour
    ink: Colour
    bars: tuple[float, float, float, float]
    number: tuple[float, float, float, float]
    title: tuple[float, float, float, float] | None
    words: str  # of the title
    prefix: str
    modules: int  # 32-bit words of the bar pattern: more are finer
    lettering: Lettering
    corner: int  # radius, pixels of the canvas


@dataclass(frozen=True, kw_only=True, slots=True)
class Cover:
    """What is on the terminal cover."""

    screw: str  # "slot", "cross", "hex", "holes" or "star"
    screw_size: int  # radius, pixels of the canvas
    ribs: tuple[int, float, bool]  # how many, where (share of the width), upright
    sign: str  # "bang", "bolt", "round" or "box"
    sign_at: float
    terminals: str  # numbers of the wiring diagram
    turn: bool  # the diagram's numbers stand above
    notice: str
    seal: str  # "tag", "disc" or "barrel"


_SIGNS = ("square", "letters", "earth", "arrow", "circle", "diamond", "triangle", "house", "clock", "coil")


def deal_block(rng: np.random.Generator, index: int, ratings: Ratings, *, dial: bool) -> Block:
    """The small print of design `index`; on a round dial it is centred and bare."""
    vocabulary = VOCABULARIES[index * 5 % len(VOCABULARIES)]
    wording = word(rng, ratings, vocabulary)
    plain = (wording.title + "".join(key for key, _ in wording.figures) + "".join(wording.others)).replace("°", "").isascii()
    form = "lines" if dial else ("lines", "table", "columns", "lines")[(index + index // 4) % 4]
    signs = rng.permutation(len(_SIGNS))[: int(rng.integers(1, 5))]
    frame = "none" if dial else ("none", "box", "rules", "none", "grid")[index % 5]
    free = "lmlr"[int(rng.integers(4))] if form == "lines" else "l"
    return Block(
        wording=wording,
        lettering=deal_lettering(rng, index, accents=not plain),
        form=form,
        align="m" if dial else free,
        frame=frame,
        leading=float(rng.uniform(1.3 if frame == "grid" else 1.1, 1.5)),
        signs=() if dial else tuple(_SIGNS[place] for place in signs),
        signs_above=bool(rng.random() < 0.4),
    )


_NOTES = ("1.8.0", "L1 L2 L3", "T1", "T1 T2 T3", "Q+", "A+", "TOTAL", "V A", "PF", "-A", "RUN", "ERR", "Σ", "15.8.0", "BAT", "R1",
          "ID", "M1", "PHASE", "tariff", "IMP", "Rev", "COM", "P+", "h", "Qn")  # fmt: skip


def deal_screen(rng: np.random.Generator, index: int) -> Screen:
    """The liquid crystal display of design `index`."""
    count = (3, 1, 4, 2, 0, 5)[index % 6]
    starts = np.sort(rng.uniform(0.02, 0.9, count)) if count < 2 else np.linspace(0.04, 0.80, count) + rng.uniform(0, 0.08, count)
    words = rng.permutation(len(_NOTES))[:count]
    above = bool(rng.random() < 0.6)
    high = float(rng.uniform(0.54, 0.68))
    return Screen(
        lean=float(rng.choice((0.0, 0.06, 0.12, 0.17))),
        stroke=float(rng.uniform(0.075, 0.135)),
        blunt=bool(rng.random() < 0.4),
        height=high,
        top=0.20 + (0.72 - high) * float(rng.uniform(0.35, 0.8)) if above else float(rng.uniform(0.07, 0.12)),
        pitch=float(rng.uniform(0.58, 0.74)),
        ghost=float(rng.choice((0.0, 0.02, 0.05))),
        unit=str(rng.choice(("kWh", "kW h", "kWh", "KWH"))),
        unit_at=("below", "middle", "above")[index % 3],
        unit_height=float(rng.uniform(0.2, 0.26)),
        notes=tuple((float(start), _NOTES[place]) for start, place in zip(starts, words, strict=True)),
        notes_above=above,
        note_size=float(rng.uniform(0.085, 0.125)),
        lettering=deal_lettering(rng, index + 5, accents=True),
    )


_EYES = (
    (((-0.33, 0.0), (0.33, 0.0)), 0.17), (((0.0, -0.3), (0.0, 0.3)), 0.14), (((0.0, 0.0),), 0.34),
    (((-0.3, 0.1), (0.3, 0.1)), 0.2),
    (((-0.28, -0.28), (0.28, 0.28)), 0.13), (((-0.4, 0.0), (0.0, 0.0), (0.4, 0.0)), 0.12), (((-0.25, 0.0), (0.35, 0.0)), 0.22),
)  # fmt: skip


def deal_port(rng: np.random.Generator, index: int) -> Port:
    """The optical port of design `index`."""
    dark = bool(rng.random() < 0.6)
    eyes, eye = _EYES[index * 3 % len(_EYES)]
    return Port(
        shape=("ring", "square", "dee", "flat", "notched")[index * 2 % 5],
        size=float(rng.uniform(0.072, 0.096)),
        rim=(58, 60, 64) if dark else (176, 178, 180),
        floor=(150, 154, 158) if dark and rng.random() < 0.6 else (70, 40, 44),
        eyes=eyes,
        eye=eye,
    )


_WORDS = ("SERIAL NUMBER", "Zählernummer", "PROPERTY LABEL", "ASSET ID", "Matricola", "N° compteur", "METER POINT", "Nr")
_PREFIXES = ("No. ", "S/N ", "Nr. ", "", "SN: ", "# ", "*", "N° ", "ID ")


def deal_sticker(rng: np.random.Generator, index: int, *, matrix: bool) -> Sticker:
    """The serial label of design `index`; with a matrix code its right third stays free."""
    free = 0.62 if matrix else float(rng.uniform(0.82, 0.92))
    left = 0.05 if matrix else (1 - free) / 2
    bar_high, number_high = float(rng.uniform(0.36, 0.50)), float(rng.uniform(0.24, 0.32))
    titled = bool(rng.random() < 0.45)
    bar_high -= 0.20 if titled else 0
    head = 0.29 if titled else 0.1
    number_first = bool(rng.random() < 0.4)
    number_y, bar_y = (head, head + number_high + 0.05) if number_first else (head + bar_high + 0.05, head)
    return Sticker(
        paper=((240, 240, 235), (250, 238, 190), (226, 228, 230), (240, 240, 235), (206, 226, 240))[index % 5],
        ink=((24, 24, 28), (20, 30, 70), (24, 24, 28), (60, 20, 20))[index % 4],
        bars=(left, bar_y, free, bar_high),
        number=(left, number_y, free, number_high),
        title=(left, 0.06, free, 0.22) if titled else None,
        words=_WORDS[index * 3 % len(_WORDS)],
        prefix=_PREFIXES[index * 4 % len(_PREFIXES)],
        modules=int(rng.integers(2, 5)),
        lettering=deal_lettering(rng, index + 2, accents=True),
        corner=int(rng.choice((2, 6, 14, 22))),
    )


_NOTICES = (
    "Isolate before opening", "SEALED - DO NOT BREAK", "Vor Öffnen freischalten", "Ne pas ouvrir",
    "CAUTION: live parts inside", "Pericolo di folgorazione", "Nie otwierać!", "max. 25 mm²  2.5 Nm",
    "Open by utility only",
)  # fmt: skip


def deal_cover(rng: np.random.Generator, index: int) -> Cover:
    """The terminal cover of design `index`."""
    return Cover(
        screw=("slot", "cross", "hex", "holes", "star")[index * 3 % 5],
        screw_size=int(rng.integers(17, 29)),
        ribs=(int(rng.choice((0, 3, 4, 6, 8))), float(rng.uniform(0.28, 0.55)), bool(rng.random() < 0.6)),
        sign=("bang", "bolt", "round", "box")[(index + index // 4) % 4],
        sign_at=float(rng.uniform(0.22, 0.36)),
        terminals=("1346", "12345", "13469", "123456789", "LNNL", "1379")[index % 6],
        turn=bool(rng.random() < 0.5),
        notice=_NOTICES[index * 3 % len(_NOTICES)],
        seal=("tag", "disc", "barrel")[index % 3],
    )
