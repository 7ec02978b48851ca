"""What lives in single pixels: sensor noise, the 8 x 8 grid of JPEG, the smoothness of an enlarged picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log, sqrt
from typing import Any

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engine.picture import Pixels
from engine.quality.bands import deviation
from engine.quality.enlargement import measure_enlargement
from engine.quality.sharpness import block_means, percentile
from engine.quality.views import Grey, Views

_BLOCK = 16  # pixels
_REACH = 3  # pixels around a block: the 7 x 7 mean looks so far
_FLATTEST = 10  # one block in ten
_GREYSCALE = 0.5  # mean colour difference in grey levels below which a photo has no colour to measure noise in
_FEW_ROWS = 4  # of so many rows one tells whether there is colour
_BEND = np.array([1, -2, 1], np.float32)  # Immerkaer's mask is this along both axes, over 6: variance 1 in, variance 1 out
_GAUSSIAN = np.array([1, 2, 1], np.float32) / 4  # with _HALF_UP the same pixels as cv2.GaussianBlur's 3 x 3, in half the time
_HALF_UP = 0.01  # grey levels: a half is rounded up, and nothing else changes, since means come in sixteenths
_QUIET = 0.3  # grey levels added to both sides of a ratio, so that a blank picture has the ratio 1


def measure_grain(views: Views) -> Mapping[str, float]:
    """Noise of one photo at 2048 px side or less; JPEG blocks and enlargement, on native pixels.

    - `noise` 0..100: std(grey - its 3 x 3 Gaussian) / 50 * 100 (the origin systems' scale; in truth an inverse blur).
    - `grain` grey levels, rms: what a 7 x 7 mean leaves of R-G and B-G, lower quartile over the flattest tenth of the 16-px
      blocks that are neither black nor white; in grey pictures the same of grey.
    - `luma_grain`, `chroma_grain` ln(grey levels + 0.1): the same blocks under Immerkaer's mask (1996, "Fast noise variance
      estimation"), which cancels edges and ramps, of grey, and of R-G and B-G.
    - `coarse_luma_grain`, `coarse_chroma_grain`: the same at half the size, where the blotches of a camera in dim light are,
      and the sharp grain of a scanned film is not.
    - `texture`, `coarse_texture` ln(grey levels + 0.3): median standard deviation within 16-px blocks, and within 8-px blocks
      at half the size: what noise hides in. `quiet_texture`: the lower quartile of the former.
    - `blockiness` ratio: steps across the strongest of the 8 possible JPEG grid phases over the median of the other 7, plus
      half their difference in grey levels, mean of both axes; 1 = no grid.
    - `pixel_detail`, `interpolation`: see `engine.quality.enlargement`. `short_side` pixels.
    """
    flat = _stacked(views.strips)
    grey = cv2.cvtColor(flat, cv2.COLOR_RGB2GRAY)
    native = grey if views.native_strips is views.strips else cv2.cvtColor(_stacked(views.native_strips), cv2.COLOR_RGB2GRAY)
    return {
        "noise": min(deviation(views.grey, _residue) / 50 * 100, 100.0),
        **_grains(flat, grey),
        **_coarse_grains(flat),
        "blockiness": _blockiness(native, views.native_strips.shape[1]),
        **measure_enlargement(native),
        "short_side": float(views.short_side),
    }


def _stacked(strips: Pixels) -> Pixels:
    count, rows, width, _ = strips.shape
    return strips.reshape(count * rows, width, 3)


def _residue(grey: Grey, rows: slice) -> tuple[float, float]:
    """Sum and sum of squares of grey minus its 3 x 3 Gaussian, which need no picture of the difference."""
    smooth, sharp = cv2.sepFilter2D(grey, -1, _GAUSSIAN, _GAUSSIAN, delta=_HALF_UP)[rows], grey[rows]
    return float(cv2.sumElems(sharp)[0] - cv2.sumElems(smooth)[0]), float(cv2.norm(sharp, smooth, cv2.NORM_L2SQR))


def _grains(flat: Pixels, grey: Grey) -> dict[str, float]:
    blocks = _flattest_blocks(flat, grey, _BLOCK)
    return {
        "grain": blocks.quiet(map(_fine, blocks.planes)),
        "luma_grain": log(blocks.quiet([_edgeless(blocks.grey)]) + 0.1),
        "chroma_grain": log(blocks.quiet(map(_edgeless, blocks.planes)) + 0.1),
        "texture": blocks.texture,
        "quiet_texture": blocks.quiet_texture,
    }


def _coarse_grains(flat: Pixels) -> dict[str, float]:
    size = (max(1, flat.shape[1] // 2), max(1, flat.shape[0] // 2))
    half = np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_AREA), np.uint8)
    blocks = _flattest_blocks(half, cv2.cvtColor(half, cv2.COLOR_RGB2GRAY), _BLOCK // 2)
    return {
        "coarse_luma_grain": log(blocks.quiet([_edgeless(blocks.grey)]) + 0.1),
        "coarse_chroma_grain": log(blocks.quiet(map(_edgeless, blocks.planes)) + 0.1),
        "coarse_texture": blocks.texture,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Blocks:
    """The flattest tenth of the blocks that are neither black nor white, cut out and laid side by side.

    `grey` and `planes` (height + 6, count * (width + 6)): each block with three pixels around it, which filters look at. The
    planes are R-G and B-G, or grey where a photo has no colour. `texture` and `quiet_texture` ln(grey levels + 0.3) are the
    median and the lower quartile over all blocks.
    """

    count: int
    grey: Grey
    planes: tuple[NDArray[Any], ...]
    texture: float
    quiet_texture: float

    def quiet(self, filtered: Iterable[NDArray[np.float32]]) -> float:
        """Root of the lower quartile, over the blocks, of the planes' mean squares.

        The quieter quarter: noise is in every block, a coloured pattern of even brightness only in some.
        """
        return sqrt(percentile(np.sum([self._powers(plane) for plane in filtered], axis=0), 25))

    def _powers(self, filtered: NDArray[np.float32]) -> NDArray[np.float32]:
        inside = filtered.reshape(len(filtered), self.count, -1)[_REACH:-_REACH, :, _REACH:-_REACH]
        return np.asarray(np.einsum("ybx,ybx->b", inside, inside) / (inside.size / self.count), np.float32)


def _flattest_blocks(pixels: Pixels, grey: Grey, side: int) -> _Blocks:
    """Filtering a tenth of the pixels costs a third of filtering all."""
    luma = grey.astype(np.float32)
    level = block_means(luma, side)
    variance = (block_means(cv2.multiply(luma, luma), side) - level * level).ravel()
    usable = np.flatnonzero((level > 12) & (level < 243))  # clipping hides noise
    if not usable.size:
        usable = np.arange(level.size)
    order = usable[np.argsort(variance[usable], kind="stable")]
    quiet, middle = (log(sqrt(max(float(variance[order[order.size // part]]), 0.0)) + 0.3) for part in (4, 2))
    tops, lefts = np.divmod(order[: max(1, order.size // _FLATTEST)], level.shape[1])
    height, width = (side, side) if min(grey.shape) >= side else grey.shape  # as in `block_means`
    cut = _side_by_side(pixels, tops * side, lefts * side, height, width)
    cut_grey = np.asarray(cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY), np.uint8)
    return _Blocks(
        count=len(tops),
        grey=cut_grey,
        planes=_colour_planes(cut) if _has_colour(pixels) else (cut_grey,),
        texture=middle,
        quiet_texture=quiet,
    )


def _side_by_side(pixels: Pixels, tops: NDArray[np.intp], lefts: NDArray[np.intp], height: int, width: int) -> Pixels:
    """(height + 6, N * (width + 6), 3): the blocks that begin there, with what is around them."""
    around = cv2.copyMakeBorder(pixels, _REACH, _REACH, _REACH, _REACH, cv2.BORDER_REFLECT_101)
    height, width = height + 2 * _REACH, width + 2 * _REACH
    windows = sliding_window_view(around.reshape(len(around), -1), (height, width * 3))
    return windows[tops, lefts * 3].swapaxes(0, 1).reshape(height, -1, 3)


def _has_colour(pixels: Pixels) -> bool:
    red, green, blue = cv2.split(pixels[::_FEW_ROWS])
    apart = sum(float(cv2.norm(other, green, cv2.NORM_L1)) for other in (red, blue))
    return bool(apart >= _GREYSCALE * green.size)


def _colour_planes(pixels: Pixels) -> tuple[NDArray[Any], ...]:
    """R-G and B-G."""
    red, green, blue = cv2.split(pixels)
    return cv2.subtract(red, green, dtype=cv2.CV_16S), cv2.subtract(blue, green, dtype=cv2.CV_16S)


def _fine(values: NDArray[Any]) -> NDArray[np.float32]:
    """What a 7 x 7 mean leaves; of whole numbers the mean costs half as much."""
    return np.asarray(cv2.subtract(values, cv2.boxFilter(values, cv2.CV_32F, (7, 7)), dtype=cv2.CV_32F), np.float32)


def _edgeless(values: NDArray[Any]) -> NDArray[np.float32]:
    """What Immerkaer's mask sees: its mean square is the variance of noise."""
    return np.asarray(cv2.sepFilter2D(values, cv2.CV_32F, _BEND, _BEND / 6), np.float32)


def _blockiness(grey: Grey, rows: int) -> float:
    """`rows` is the height of one strip: the seam between two strips is no edge of the photo."""
    across = (
        cv2.reduce(cv2.absdiff(grey[:, 1:], grey[:, :-1]), 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F) if grey.shape[1] > 1 else None
    )
    down = cv2.reduce(cv2.absdiff(grey[1:], grey[:-1]), 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F) if grey.shape[0] > 1 else None
    ratios = []
    if across is not None:
        ratios.append(_grid_ratio(across.ravel(), np.arange(across.size)))
    if down is not None:
        places = np.arange(down.size) % rows
        inside = places < rows - 1
        ratios.append(_grid_ratio(down.ravel()[inside], places[inside]))
    return float(np.mean(ratios)) if ratios else 1.0


def _grid_ratio(steps: NDArray[np.float32], places: NDArray[np.int64]) -> float:
    if steps.size < 16:  # under two periods there is no grid to see
        return 1.0
    phase = places % 8
    phases = np.bincount(phase, steps, 8) / np.bincount(phase, minlength=8)
    strongest = int(phases.argmax())  # rotated and cropped photos carry the grid at any phase
    others = float(np.median(np.delete(phases, strongest)))
    return float((phases[strongest] + _QUIET) / (others + _QUIET) + 0.5 * (phases[strongest] - others))
