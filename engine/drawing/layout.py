"""Where things stand on the printed plate: dealt anew for each design, so that no two plates are the same grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Share = tuple[float, float, float, float]  # x, y, width, height as shares of the plate
Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where things sit on the printed plate, as shares of it."""

    display: Share
    brand: Share
    specs: Share
    barcode: Share
    port: Point  # centre of the optical port
    led: Point  # centre of the pulse light
    buttons: tuple[Point, ...]  # centres


_EDGE, _GAP = 0.065, 0.035
_SIDE = 0.22  # width of the column that holds port and buttons


def deal_places(rng: np.random.Generator, index: int) -> Places:
    """The layout of a rectangular plate: a column beside the print, a column below the display, or rows."""
    arrangement = (_beside, _below, _rows)[(index + index // 3) % 3]
    places = arrangement(rng)
    return _mirrored(places) if rng.random() < 0.5 else places


def deal_dial(rng: np.random.Generator) -> Places:
    """The layout of a round dial: the disc's slot is in its middle, at about 0.55 to 0.6 of the height."""
    drop = float(rng.uniform(-0.015, 0.02))
    wide = float(rng.uniform(0.46, 0.56))
    display_above = bool(rng.random() < 0.6)
    brand_wide = float(rng.uniform(0.36, 0.46))
    spec_wide = float(rng.uniform(0.46, 0.56))
    label_wide = float(rng.uniform(0.36, 0.46))
    return Places(
        display=(0.5 - wide / 2, (0.23 if display_above else 0.33) + drop, wide, 0.13),
        brand=(0.5 - brand_wide / 2, (0.41 if display_above else 0.16) + drop, brand_wide, 0.1),
        specs=(0.5 - spec_wide / 2, 0.635, spec_wide, 0.17),
        barcode=(0.5 - label_wide / 2, 0.825, label_wide, 0.09),
        port=(0.5, -1), led=(0.5, -1), buttons=(),
    )  # fmt: skip


def _stacked(rng: np.random.Generator, heights: dict[str, float], top: float, bottom: float) -> dict[str, tuple[float, float]]:
    """Share the height between `top` and `bottom` among the named rows, in any order: name -> (y, height)."""
    names = [list(heights)[place] for place in rng.permutation(len(heights))]
    free = bottom - top - _GAP * (len(names) - 1)
    factor = free / sum(heights.values())
    rows, y = {}, top
    for name in names:
        rows[name] = (y, heights[name] * factor)
        y += heights[name] * factor + _GAP
    return rows


def _column(rng: np.random.Generator, x: float, top: float, bottom: float, most: int) -> tuple[Point, tuple[Point, ...]]:
    """Port and up to `most` buttons, one below the other: their centres."""
    buttons = int(rng.integers(0 if most < 3 else 1, most + 1))
    port_first = bool(rng.random() < 0.5)
    slots = [0.24] + [0.14] * buttons if port_first else [0.14] * buttons + [0.24]
    spare = (bottom - top - sum(slots)) / (len(slots) + 1)
    middles, y = [], top + spare
    for slot in slots:
        middles.append((x, y + slot / 2))
        y += slot + spare
    port = middles.pop(0 if port_first else -1)
    return port, tuple(middles)


def _beside(rng: np.random.Generator) -> Places:
    """Everything printed on the left, port and buttons in a column on the right."""
    wide = 1 - 2 * _EDGE - _SIDE - _GAP
    heights = {"display": rng.uniform(0.24, 0.30), "brand": rng.uniform(0.10, 0.14), "specs": rng.uniform(0.22, 0.3)}
    rows = _stacked(rng, heights | {"barcode": rng.uniform(0.12, 0.16)}, _EDGE, 1 - _EDGE)
    port, buttons = _column(rng, 1 - _EDGE - _SIDE / 2, _EDGE, 1 - _EDGE, 3)
    label = wide * float(rng.uniform(0.75, 1.0))
    return Places(
        display=(_EDGE, rows["display"][0], wide, min(rows["display"][1], 0.27)),
        brand=(_EDGE, rows["brand"][0], wide - 0.09, rows["brand"][1]),
        specs=(_EDGE, rows["specs"][0], wide, rows["specs"][1]),
        barcode=(_EDGE, rows["barcode"][0], label, rows["barcode"][1]),
        port=port,
        led=(_EDGE + wide - 0.025, rows["brand"][0] + rows["brand"][1] / 2),
        buttons=buttons,
    )


def _below(rng: np.random.Generator) -> Places:
    """A display across the plate, above or below; the print beside port and buttons."""
    height, wide = float(rng.uniform(0.25, 0.29)), 1 - 2 * _EDGE - _SIDE - _GAP
    above = bool(rng.random() < 0.6)
    top, bottom = (_EDGE + height + 0.045, 1 - _EDGE) if above else (_EDGE, 1 - _EDGE - height - 0.045)
    heights = {"brand": rng.uniform(0.11, 0.14), "specs": rng.uniform(0.25, 0.3), "barcode": rng.uniform(0.11, 0.15)}
    rows = _stacked(rng, heights, top, bottom)
    port, buttons = _column(rng, 1 - _EDGE - _SIDE / 2, top, bottom, 2)
    across = float(rng.uniform(0.70, 0.84))
    return Places(
        display=(0.5 - across / 2, _EDGE + 0.015 if above else 1 - _EDGE - height, across, height - 0.015),
        brand=(_EDGE, rows["brand"][0], wide - 0.09, rows["brand"][1]),
        specs=(_EDGE, rows["specs"][0], wide, rows["specs"][1]),
        barcode=(_EDGE, rows["barcode"][0], wide * float(rng.uniform(0.78, 1.0)), rows["barcode"][1]),
        port=port,
        led=(_EDGE + wide - 0.025, rows["brand"][0] + rows["brand"][1] / 2),
        buttons=buttons,
    )


def _rows(rng: np.random.Generator) -> Places:
    """Three rows across the plate: display; brand beside the port; small print beside the label."""
    rows = _stacked(rng, {"display": 0.28, "brand": 0.20, "specs": 0.31}, _EDGE, 1 - _EDGE)
    across, print_wide = float(rng.uniform(0.62, 0.86)), float(rng.uniform(0.42, 0.50))
    label_x = _EDGE + print_wide + _GAP
    label_wide, label_high = 1 - _EDGE - label_x, float(rng.uniform(0.14, 0.19))
    y, h = rows["brand"]
    buttons = tuple((0.62 - 0.145 * place, y + h / 2) for place in range(int(rng.integers(0, 2))))
    spec_y, spec_h = rows["specs"]
    return Places(
        display=(0.5 - across / 2, rows["display"][0], across, min(rows["display"][1], 0.27)),
        brand=(_EDGE, y + h * 0.12, 0.405, min(h * 0.76, 0.14)),
        specs=(_EDGE, spec_y, print_wide, spec_h),
        barcode=(label_x, spec_y + (spec_h - label_high) * float(rng.uniform(0.2, 0.8)), label_wide, label_high),
        port=(0.82, y + h / 2),
        led=(0.5 if buttons else 0.62, y + h / 2),
        buttons=buttons,
    )


def _mirrored(places: Places) -> Places:
    """The same layout with left and right exchanged."""

    def area(share: Share) -> Share:
        return (1 - share[0] - share[2], *share[1:])

    def point(share: Point) -> Point:
        return (1 - share[0], share[1])

    return Places(
        display=area(places.display), brand=area(places.brand), specs=area(places.specs), barcode=area(places.barcode),
        port=point(places.port), led=point(places.led), buttons=tuple(map(point, places.buttons)),
    )  # fmt: skip
