"""The catalogue of drawn meter designs: design 3 looks the same in every run and on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np

from engine.drawing.paint import Colour

_CATALOGUE = 20_260_401  # seed of the catalogue; another number is another catalogue


class Display(StrEnum):
    """What shows the reading."""

    GREY_LCD = "grey_lcd"
    GREEN_LCD = "green_lcd"
    BLUE_LCD = "blue_lcd"
    AMBER_LCD = "amber_lcd"
    DRUMS = "drums"


class Body(StrEnum):
    """The shape of the housing."""

    BOX = "box"  # one moulding, terminal cover below
    SHOULDERS = "shoulders"  # a narrower front on a wide base
    DOME = "dome"  # a round glass cover over a dial plate


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where things sit on the printed plate: (x, y, width, height) as shares of it."""

    display: tuple[float, float, float, float]
    brand: tuple[float, float, float, float]
    specs: tuple[float, float, float, float]
    barcode: tuple[float, float, float, float]
    port: tuple[float, float]  # centre of the optical port
    led: tuple[float, float]  # centre of the pulse light
    buttons: tuple[tuple[float, float], ...]  # centres


@dataclass(frozen=True, kw_only=True, slots=True)
class Design:
    """One meter type: everything that two meters of the same type share."""

    index: int
    brand: str
    model: str
    body: Body
    aspect: float  # height over width of the housing
    housing: Colour
    plate: Colour
    ink: Colour
    accent: Colour
    trim: int  # 0 plain, 1 colour band above, 2 side stripe, 3 frame, 4 wave below
    display: Display
    digits: int
    decimals: int
    places: Places
    round_buttons: bool
    button: Colour
    brand_face: str
    emblem: int
    specs: tuple[str, ...]
    serial_prefix: str
    cover: int  # print on the terminal cover: 0 warning sign, 1 terminal diagram, 2 notice, 3 none
    screws: tuple[float, float]  # where the cover's screws sit, as shares of its width
    matrix_code: bool
    corner: int  # radius of the housing's corners on its 1120-pixel canvas

    @property
    def label(self) -> str:
        """A name for the design, fit for a folder: brand and model."""
        return f"{self.brand}-{self.model}".replace(" ", "").upper()


_PLACES = (
    Places(display=(0.09, 0.08, 0.82, 0.27), brand=(0.09, 0.40, 0.48, 0.11), specs=(0.09, 0.55, 0.5, 0.2),
           barcode=(0.09, 0.80, 0.56, 0.15), port=(0.79, 0.76), led=(0.60, 0.43), buttons=((0.70, 0.47), (0.86, 0.47))),
    Places(display=(0.07, 0.29, 0.66, 0.24), brand=(0.07, 0.06, 0.62, 0.14), specs=(0.07, 0.58, 0.52, 0.16),
           barcode=(0.07, 0.80, 0.60, 0.15), port=(0.86, 0.17), led=(0.70, 0.575), buttons=((0.86, 0.41), (0.86, 0.62))),
    Places(display=(0.06, 0.10, 0.58, 0.25), brand=(0.06, 0.79, 0.55, 0.15), specs=(0.06, 0.41, 0.5, 0.135),
           barcode=(0.06, 0.60, 0.56, 0.14), port=(0.82, 0.30), led=(0.61, 0.39), buttons=((0.82, 0.72),)),
    Places(display=(0.14, 0.55, 0.72, 0.23), brand=(0.2, 0.05, 0.6, 0.13), specs=(0.08, 0.24, 0.5, 0.23),
           barcode=(0.2, 0.83, 0.6, 0.13), port=(0.80, 0.35), led=(0.93, 0.665), buttons=()),
    Places(display=(0.2, 0.25, 0.6, 0.22), brand=(0.25, 0.075, 0.5, 0.12), specs=(0.08, 0.70, 0.42, 0.22),
           barcode=(0.54, 0.74, 0.40, 0.17), port=(0.30, 0.58), led=(0.87, 0.36), buttons=((0.56, 0.58), (0.72, 0.58))),
    Places(display=(0.32, 0.12, 0.62, 0.25), brand=(0.32, 0.44, 0.60, 0.13), specs=(0.32, 0.62, 0.5, 0.135),
           barcode=(0.32, 0.81, 0.60, 0.14), port=(0.16, 0.22), led=(0.91, 0.41),
           buttons=((0.16, 0.5), (0.16, 0.68), (0.16, 0.86))),
)  # fmt: skip
_DIAL = Places(display=(0.24, 0.24, 0.52, 0.13), brand=(0.28, 0.42, 0.44, 0.10), specs=(0.25, 0.66, 0.42, 0.14),
               barcode=(0.27, 0.825, 0.46, 0.085), port=(0.5, -1), led=(0.5, -1), buttons=())  # fmt: skip

_HOUSINGS: tuple[Colour, ...] = (
    (226, 226, 220),
    (196, 199, 202),
    (214, 205, 186),
    (72, 76, 82),
    (238, 238, 238),
    (150, 156, 160),
    (44, 46, 50),
)
# Plate, ink and accent go together: print must be legible.
_PRINTS: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((240, 240, 236), (30, 32, 38), (206, 38, 46)),
    ((28, 104, 190), (244, 247, 250), (250, 204, 48)),
    ((205, 208, 210), (28, 34, 44), (24, 92, 160)),
    ((18, 120, 112), (240, 248, 246), (244, 244, 240)),
    ((42, 45, 52), (232, 234, 236), (86, 188, 90)),
    ((246, 208, 66), (32, 30, 28), (32, 30, 28)),
    ((246, 246, 246), (22, 60, 120), (22, 60, 120)),
    ((150, 34, 44), (250, 240, 236), (245, 214, 150)),
    ((222, 232, 224), (24, 70, 48), (40, 140, 80)),
    ((236, 226, 204), (70, 44, 30), (184, 92, 30)),
    ((92, 70, 140), (244, 242, 250), (180, 220, 90)),
)
_FACES = ("DejaVuSans-Bold", "strong", "DejaVuSans-BoldOblique", "DejaVuSerif-Bold", "STIXGeneralBol", "DejaVuSansMono-Bold")
_DISPLAYS = (
    Display.GREY_LCD,
    Display.GREEN_LCD,
    Display.DRUMS,
    Display.GREY_LCD,
    Display.BLUE_LCD,
    Display.AMBER_LCD,
    Display.GREEN_LCD,
)
_HEADS = ("Vol", "Enm", "Kil", "Amp", "Nor", "Tes", "Ark", "Hel", "Quan", "Zen", "Met", "Fer", "Lum", "Orb", "Syn", "Pol", "Del")
_TAILS = ("tara", "etra", "oria", "eon", "volt", "lion", "ada", "ixa", "tron", "ola", "ika", "umo", "ero")


@cache
def design(index: int) -> Design:
    """Design number `index`, 0 or more. Any number of them can be had; the first 1,000 differ in brand, colours or layout."""
    rng = np.random.default_rng((_CATALOGUE, index))
    dome = index % 6 == 4
    plate, ink, accent = _PRINTS[(index * 4 + index // 11) % len(_PRINTS)]
    shown = Display.DRUMS if dome and index % 4 else _DISPLAYS[(index * 5 + index // 7) % len(_DISPLAYS)]
    brand = _HEADS[index * 7 % len(_HEADS)] + _TAILS[(index * 5 + index // len(_HEADS)) % len(_TAILS)]
    return Design(
        index=index,
        brand=brand if rng.random() < 0.4 else brand.upper(),
        model=f"{rng.choice(list('ABDEFKLMRSTX'))}{rng.choice(list('CEGMPST'))}{rng.integers(10, 99) * 10}",
        body=Body.DOME if dome else (Body.SHOULDERS if index % 3 == 1 else Body.BOX),
        aspect=1.22 if dome else float(rng.uniform(1.22, 1.42)),
        housing=_HOUSINGS[(index * 3 + index // 7) % len(_HOUSINGS)],
        plate=plate,
        ink=ink,
        accent=accent,
        trim=0 if dome else (index * 2 + index // 5) % 5,
        display=shown,
        digits=int(rng.integers(5, 7)),
        decimals=1 if shown is Display.DRUMS else int(rng.integers(0, 2)),
        places=_DIAL if dome else _PLACES[(index + index // 6) % len(_PLACES)],
        round_buttons=bool(rng.random() < 0.5),
        button=((40, 42, 46), (58, 118, 196), (196, 60, 52), (120, 124, 128), (232, 178, 60))[int(rng.integers(5))],
        brand_face=_FACES[index % len(_FACES)],
        emblem=int(rng.integers(6)),
        specs=_specs(rng),
        serial_prefix=f"{brand[:2].upper()}{rng.integers(10, 99)}",
        cover=(index * 3 + index // 4) % 4,
        screws=((0.10, 0.90), (0.06, 0.94), (0.50, 0.90), (0.16, 0.84))[index % 4],
        matrix_code=bool(rng.random() < 0.35),
        corner=int(rng.integers(28, 110)),
    )


def _specs(rng: np.random.Generator) -> tuple[str, ...]:
    """The small print: what a rating plate says, with one design's own figures."""
    phases = bool(rng.random() < 0.4)
    current = ("5(60) A", "10(100) A", "5-80 A", "0.25-5(100) A", "10-40 A")[int(rng.integers(5))]
    pulses = (500, 800, 1000, 1600, 3200)[int(rng.integers(5))]
    accuracy = "1" if rng.random() < 0.5 else "B"
    return (
        f"{'3x230/400' if phases else '1x230'} V   {current}   50 Hz",
        f"{pulses} imp/kWh   Cl. {accuracy}   IP{rng.integers(51, 55)}",
        f"{'Three' if phases else 'Single'}-phase static watt-hour meter",
        f"IEC 62053-2{rng.integers(1, 4)}   -25...+55 °C   {rng.integers(2014, 2026)}",
    )
