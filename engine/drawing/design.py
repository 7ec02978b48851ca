"""The catalogue of drawn meter designs: design 3 looks the same in every run and on every machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

import numpy as np

from engine.drawing.layout import Places, deal_dial, deal_places
from engine.drawing.paint import Colour
from engine.drawing.style import Block, Cover, Port, Screen, Sticker, deal_block, deal_cover, deal_port, deal_screen, deal_sticker
from engine.drawing.wording import Ratings

_CATALOGUE = 20_260_401  # seed of the catalogue; another number is another catalogue
GENERATION = 1_000  # design 3 + 1 x GENERATION is a sibling of design 3: the same maker's next model


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
    block: Block
    screen: Screen
    port: Port
    sticker: Sticker
    fastening: Cover
    type_word: str  # before the model's name
    serial_prefix: str
    cover: int  # print on the terminal cover: 0 warning sign, 1 terminal diagram, 2 notice, 3 none
    screws: tuple[float, float]  # where the cover's screws sit, as shares of its width
    matrix_code: bool
    corner: int  # radius of the housing's corners on its 1120-pixel canvas

    @property
    def label(self) -> str:
        """A name for the design, fit for a folder: brand and model."""
        return f"{self.brand}-{self.model}".replace(" ", "").upper()


_HOUSINGS: tuple[Colour, ...] = (
    (208, 209, 204),
    (196, 199, 202),
    (214, 205, 186),
    (72, 76, 82),
    (238, 238, 238),
    (150, 156, 160),
    (44, 46, 50),
)
# Plate, ink and accent go together: print must be legible.
_PRINTS: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((242, 238, 222), (30, 32, 38), (206, 38, 46)),
    ((28, 104, 190), (244, 247, 250), (250, 204, 48)),
    ((205, 208, 210), (28, 34, 44), (24, 92, 160)),
    ((18, 120, 112), (240, 248, 246), (244, 244, 240)),
    ((42, 45, 52), (232, 234, 236), (86, 188, 90)),
    ((246, 208, 66), (32, 30, 28), (32, 30, 28)),
    ((232, 234, 236), (22, 60, 120), (22, 60, 120)),
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
_TYPE_WORDS = ("Type", "Mod.", "Typ", "TYPE:", "Model", "Series", "Tipo")
_HEADS = ("Vol", "Enm", "Kil", "Amp", "Nor", "Tes", "Ark", "Hel", "Quan", "Zen", "Met", "Fer", "Lum", "Orb", "Syn", "Pol", "Del")
_TAILS = ("tara", "etra", "oria", "eon", "volt", "lion", "ada", "ixa", "tron", "ola", "ika", "umo", "ero")


@cache
def design(index: int) -> Design:
    """Design number `index`, 0 or more. The first GENERATION differ in brand, colours or layout, the others are siblings."""
    if index >= GENERATION:
        return _sibling(design(index % GENERATION), index)
    rng, own = (np.random.default_rng((_CATALOGUE, index, *which)) for which in ((), (1,)))
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
        places=deal_dial(own) if dome else deal_places(own, index),
        round_buttons=bool(rng.random() < 0.5),
        button=((40, 42, 46), (58, 118, 196), (196, 60, 52), (120, 124, 128), (232, 178, 60))[int(rng.integers(5))],
        brand_face=_FACES[index % len(_FACES)],
        emblem=(index * 5 + index // 6) % 6,
        block=deal_block(own, index, _ratings(rng), dial=dome),
        screen=deal_screen(own, index),
        port=deal_port(own, index),
        serial_prefix=f"{brand[:2].upper()}{rng.integers(10, 99)}",
        cover=(index * 3 + index // 4) % 4,
        screws=((0.10, 0.90), (0.06, 0.94), (0.50, 0.90), (0.16, 0.84))[index % 4],
        matrix_code=(matrix := bool(rng.random() < 0.35)),
        sticker=deal_sticker(own, index, matrix=matrix),
        fastening=deal_cover(own, index),
        type_word=_TYPE_WORDS[index * 2 % len(_TYPE_WORDS)],
        corner=int(rng.integers(28, 110)),
    )


def _sibling(elder: Design, index: int) -> Design:
    """What a maker sells beside a model: the same housing and colours, another model number and other figures in small print.

    Every second sibling also differs in its accent colour, what its display announces, and its optical port.
    """
    rng, own = (np.random.default_rng((_CATALOGUE, index, which)) for which in (2, 3))
    block = deal_block(own, elder.index, _ratings(rng), dial=elder.body is Body.DOME)
    twin = replace(
        elder,
        index=index,
        model=f"{elder.model[:2]}{int(elder.model[2:]) + index // GENERATION * 10 + int(rng.integers(1, 10))}",
        block=replace(elder.block, wording=block.wording, signs=block.signs),
        serial_prefix=f"{elder.serial_prefix[:2]}{rng.integers(10, 99)}",
    )
    if index // GENERATION % 2:
        return twin
    accent = _PRINTS[int(rng.integers(len(_PRINTS)))][2]
    return replace(twin, accent=accent, screen=deal_screen(own, index), port=deal_port(own, index))


def _ratings(rng: np.random.Generator) -> Ratings:
    """One design's own figures."""
    return Ratings(
        three_phase=bool(rng.random() < 0.4),
        amps=("5(60) A", "10(100) A", "5-80 A", "0.25-5(100) A", "10-40 A")[int(rng.integers(5))],
        pulses=(500, 800, 1000, 1600, 3200)[int(rng.integers(5))],
        accuracy="1" if rng.random() < 0.5 else "B",
        protection=int(rng.integers(51, 55)),
        part=int(rng.integers(1, 4)),
        year=int(rng.integers(2014, 2026)),
    )
