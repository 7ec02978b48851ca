import io
import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.drawing import draw_photo
from engine.picture import Pixels, decode
from engine.quality import measure


@pytest.fixture(scope="module")
def meter() -> Pixels:
    return draw_photo(3, 0)[0]


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    level=st.integers(0, 255),
    spread=st.integers(0, 255),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=60, deadline=None)
def test_a_picture_of_any_size_and_content_has_finite_numbers(
    height: int, width: int, level: int, spread: int, seed: int
) -> None:
    noise = np.random.default_rng(seed).integers(-spread, spread + 1, (height, width, 3))
    numbers = measure(np.clip(level + noise, 0, 255).astype(np.uint8))
    assert all(np.isfinite(number) for number in numbers.values()), numbers
    assert all(0 <= numbers[name] <= 100 for name in ("clarity", "brightness", "contrast", "noise"))


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 2), (3000, 4000), (47, 48), (48, 47)])
def test_odd_shapes_are_measured(shape: tuple[int, int]) -> None:
    ramp = np.linspace(0, 255, shape[0] * shape[1]).astype(np.uint8).reshape(shape)
    numbers = measure(np.repeat(ramp[..., None], 3, axis=2))
    assert all(np.isfinite(number) for number in numbers.values())


def _by_the_origin_formulas(pixels: Pixels) -> dict[str, float]:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    residue = grey.astype(float) - cv2.GaussianBlur(grey, (3, 3), 0)
    return {
        "clarity": min(cv2.Laplacian(grey, cv2.CV_64F).var() / 100, 1) * 100,
        "brightness": cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)[..., 2].mean() / 255 * 100,
        "contrast": grey.std() / 127.5 * 100,
        "noise": residue.std() / 50 * 100,
    }


def test_the_origin_numbers_of_a_small_photo_are_the_origin_formulas(meter: Pixels) -> None:
    small = cv2.resize(meter, (480, 640), interpolation=cv2.INTER_AREA)
    numbers, origin = measure(small), _by_the_origin_formulas(small)
    assert numbers["brightness"] == pytest.approx(origin["brightness"], abs=0.2)  # of evenly spread pixels
    for name in ("clarity", "contrast", "noise"):
        assert numbers[name] == pytest.approx(origin[name], rel=1e-5), name


def test_the_origin_numbers_of_a_larger_photo_are_read_off_a_part_of_it_and_come_close(meter: Pixels) -> None:
    numbers, origin = measure(meter), _by_the_origin_formulas(meter)
    for name, apart in {"clarity": 2.0, "brightness": 0.2, "contrast": 0.1, "noise": 0.4}.items():
        assert numbers[name] == pytest.approx(origin[name], abs=apart), name


@given(sigmas=st.tuples(st.floats(0.8, 6), st.floats(1.3, 2.5)))
@settings(max_examples=12, deadline=None)
def test_more_blur_is_measured_as_more_blur(meter: Pixels, sigmas: tuple[float, float]) -> None:
    less, times = sigmas
    numbers = [measure(cv2.GaussianBlur(meter, (0, 0), sigma))["blur"] for sigma in (less, less * times)]
    assert measure(meter)["blur"] < numbers[0] < numbers[1]


@pytest.mark.parametrize("design", range(4))
def test_more_noise_is_measured_as_more_grain(design: int) -> None:
    clean = draw_photo(5, design)[0].astype(float)
    noise = np.random.default_rng(0).normal(0, 1, clean.shape)
    grains = [measure(np.clip(clean + noise * sigma, 0, 255).astype(np.uint8))["grain"] for sigma in (0, 5, 15, 30)]
    assert grains == sorted(grains)
    assert grains[-1] > 10


def test_noise_in_a_greyscale_photo_is_seen(meter: Pixels) -> None:
    grey = cv2.cvtColor(meter, cv2.COLOR_RGB2GRAY).astype(float)
    noisy = np.clip(grey + np.random.default_rng(0).normal(0, 20, grey.shape), 0, 255).astype(np.uint8)
    grains = [measure(np.repeat(picture[..., None], 3, axis=2))["grain"] for picture in (grey.astype(np.uint8), noisy)]
    assert grains[1] > grains[0] + 10


def test_stronger_compression_is_measured_as_more_blocks(meter: Pixels) -> None:
    blocks = [measure(_as_jpeg(meter, quality))["blockiness"] for quality in (90, 20, 8)]
    assert blocks == sorted(blocks)


def test_the_jpeg_grid_is_found_wherever_a_crop_begins(meter: Pixels) -> None:
    squeezed = _as_jpeg(meter, 10)
    numbers = [measure(np.ascontiguousarray(squeezed[shift:, shift:]))["blockiness"] for shift in (0, 3, 5)]
    assert max(numbers) < 1.15 * min(numbers)


def test_an_enlarged_photo_has_less_detail_per_pixel(meter: Pixels) -> None:
    small = cv2.resize(meter, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(small, meter.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    assert measure(enlarged)["pixel_detail"] < 0.75 < measure(meter)["pixel_detail"]


def test_an_enlarged_photo_has_a_rhythm_and_a_soft_one_has_none(meter: Pixels) -> None:
    def grainy(pixels: Pixels) -> Pixels:
        return np.clip(pixels + np.random.default_rng(0).normal(0, 6, pixels.shape), 0, 255).astype(np.uint8)

    sharp = grainy(meter)
    soft = cv2.GaussianBlur(sharp, (0, 0), 1.5)
    small = grainy(cv2.resize(meter, None, fx=0.37, fy=0.37, interpolation=cv2.INTER_AREA))
    enlarged = cv2.resize(small, meter.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    none, faint, rhythm = (measure(_as_jpeg(each, 90))["interpolation"] for each in (sharp, soft, enlarged))
    assert rhythm > max(none, faint) + 0.5


def test_a_veil_takes_contrast_from_the_middle(meter: Pixels) -> None:
    clear, veiled = (measure(each) for each in (meter, (meter * 0.4 + 130).astype(np.uint8)))
    assert veiled["middle_spread"] < clear["middle_spread"] * 0.6


def test_a_veil_takes_contrast_from_large_things_and_blur_does_not(meter: Pixels) -> None:
    clear, veiled, blurred = (
        measure(each)["coarse_contrast"]
        for each in (meter, (meter * 0.4 + 130).astype(np.uint8), cv2.GaussianBlur(meter, (0, 0), max(meter.shape) / 400))
    )
    assert veiled < clear - 0.7
    assert abs(blurred - clear) < 0.2


def test_blur_in_the_core_alone_is_seen_there(meter: Pixels) -> None:
    height, width = meter.shape[:2]
    soft = meter.copy()
    core = (slice(height // 5, height * 3 // 5), slice(width * 3 // 10, width * 7 // 10))
    soft[core] = cv2.GaussianBlur(meter, (0, 0), 4)[core]
    beside = meter.copy()
    beside[height * 7 // 10 :] = cv2.GaussianBlur(meter, (0, 0), 4)[height * 7 // 10 :]
    before, within, below = (measure(each)["core_slope"] for each in (meter, soft, beside))
    assert within < before * 0.6
    assert below == before


def test_sixteen_bits_and_eight_bits_of_one_picture_measure_the_same(meter: Pixels) -> None:
    grey = cv2.cvtColor(meter, cv2.COLOR_RGB2GRAY)
    eight, sixteen = (_png(picture) for picture in (grey, grey.astype(np.uint16) * 257))
    assert dict(measure(decode(sixteen).pixels)) == pytest.approx(dict(measure(decode(eight).pixels)))


def _as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def _png(grey: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    return file.getvalue()


def test_every_tiny_size_is_measured() -> None:
    """OpenCV takes an array of four rows and one column for a scalar: sizes are tried one by one."""
    noise = np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    for height in range(1, 9):
        for width in range(1, 9):
            numbers = measure(np.ascontiguousarray(noise[:height, :width]))
            assert all(math.isfinite(number) for number in numbers.values()), (height, width)
            assert 0 <= numbers["reblur"] <= 1, (height, width)


def test_edges_get_wider_by_blur_but_not_by_darkness(meter: Pixels) -> None:
    slope = measure(meter)["core_slope"]
    assert measure(cv2.GaussianBlur(meter, (0, 0), 3.0))["core_slope"] < 0.8 * slope
    assert measure((meter * 0.5).astype(np.uint8))["core_slope"] == pytest.approx(slope, rel=0.15)


def test_a_bright_sky_brightens_the_photo_but_not_its_ground() -> None:
    night = np.full((300, 200, 3), 12, np.uint8)
    dusk = night.copy()
    dusk[:90] = 240
    assert measure(dusk)["brightness"] > measure(night)["brightness"] + 25
    assert measure(dusk)["ground_light"] == measure(night)["ground_light"] == 12.0
    assert measure(dusk[::-1])["ground_light"] > 100


def test_what_is_in_the_sky_or_at_the_rim_is_not_in_the_middle() -> None:
    names = ("white_peak", "ground_rise", "ground_white", "middle_white")
    street = np.full((400, 300, 3), 90, np.uint8)
    street[:30] = 255  # the sky
    assert [measure(street)[name] for name in names] == [255, 0, 0, 0]
    assert measure(street)["white_area"] > 0.05
    street[-30:] = 255  # snow
    snow = measure(street)
    assert snow["ground_rise"] > 100 and snow["ground_white"] > 0.05 and snow["middle_white"] == 0
    street[150:200, 120:180] = 255  # a lamp's reflection
    assert measure(street)["middle_white"] > 0


def test_blotches_of_noise_are_seen_at_half_the_size() -> None:
    rng = np.random.default_rng(0)
    fine = np.clip(128 + rng.normal(0, 4, (240, 240, 3)), 0, 255).astype(np.uint8)
    small = np.clip(128 + rng.normal(0, 4, (120, 120, 3)), 0, 255).astype(np.uint8)
    blotches = np.repeat(np.repeat(small, 2, axis=0), 2, axis=1)
    kinds = ("luma_grain", "chroma_grain")
    assert all(measure(blotches)[f"coarse_{kind}"] > measure(fine)[f"coarse_{kind}"] + 0.4 for kind in kinds)


def test_a_coloured_light_is_a_colour_cast() -> None:
    wall = np.full((60, 60, 3), 120, np.uint8)
    assert measure(wall)["colour_cast"] == 0
    assert measure((wall * np.array([0.5, 1.0, 0.5])).astype(np.uint8))["colour_cast"] == pytest.approx(0.5)
