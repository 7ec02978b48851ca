import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.drawing import Defect, draw_photo
from engine.picture import Pixels, decode
from engine.quality import ADVICE, TAGS, QualityJudgement, Rule, Tag, Thresholds, advice, by_gravity, judge, measure, shipped
from engine.verdict import Quality


def judged(pixels: Pixels, thresholds: Thresholds | None = None) -> QualityJudgement:
    return judge(measure(pixels), thresholds or shipped())


def as_sent(pixels: Pixels) -> Pixels:
    """As a phone packs it: no photo arrives with every rounding of its sensor."""
    data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    return decode(data.tobytes()).pixels


@pytest.fixture(scope="module")
def meter() -> Pixels:
    return draw_photo(3, 0)[0]


def test_a_clean_drawn_photo_is_good_and_carries_no_defect() -> None:
    judgement = judged(as_sent(draw_photo(107, 7)[0]))
    assert judgement.tags == ("well_exposed",)
    assert judgement.quality is Quality.GOOD
    assert judgement.suggestions == ()
    assert judgement.quality_score > 0.5


def test_few_clean_drawn_photos_carry_a_defect() -> None:
    judgements = {index: judged(as_sent(draw_photo(100 + index, index)[0])) for index in range(12)}
    tagged = [(index, tags) for index, judgement in judgements.items() if (tags := set(judgement.tags) - {"well_exposed"})]
    assert len(tagged) <= 1, tagged


@pytest.mark.parametrize(
    ("defect", "tag"),
    [
        (Defect.MOTION, "blurry"),
        (Defect.DEFOCUS, "blurry"),
        (Defect.DARK, "low_light"),
        (Defect.OVEREXPOSED, "overexposed"),
    ],
)
def test_a_drawn_defect_is_named_in_at_least_half_of_the_photos(defect: Defect, tag: str) -> None:
    judgements = [judged(draw_photo(seed, seed, defects=[defect])[0]) for seed in range(1, 5)]
    named = [judgement for judgement in judgements if tag in judgement.tags]
    assert len(named) >= 2  # motion along the grain of a board leaves sharp lines
    assert all(judgement.quality is Quality.POOR and judgement.suggestions for judgement in named)


def test_drawn_glare_scores_above_the_same_photo_without_it() -> None:
    pairs = [
        [judged(draw_photo(seed, seed, defects=spoilt)[0]).scores["glare"] for spoilt in ([], [Defect.GLARE])]
        for seed in range(6)
    ]
    assert all(without < with_glare for without, with_glare in pairs), pairs


def test_noise_is_named(meter: Pixels) -> None:
    noise = np.random.default_rng(0).normal(0, 25, meter.shape)
    assert "noisy" in judged(np.clip(meter + noise, 0, 255).astype(np.uint8)).tags


def test_a_flat_picture_is_named_low_contrast(meter: Pixels) -> None:
    assert "low_contrast" in judged((meter * 0.15 + 110).astype(np.uint8)).tags


def test_fog_is_named_hazy(meter: Pixels) -> None:
    assert "hazy" in judged((meter * 0.4 + 135).astype(np.uint8)).tags


def test_a_half_sent_photo_is_named_damaged(meter: Pixels) -> None:
    broken = meter.copy()
    broken[meter.shape[0] // 2 :] = 128
    assert "damaged" in judged(broken).tags


def test_a_wall_of_nothing_is_low_information_and_not_blamed_for_blur() -> None:
    tags = judged(np.full((600, 400, 3), 130, np.uint8)).tags
    assert "low_information" in tags
    assert "blurry" not in tags


def test_a_thumbnail_is_low_resolution(meter: Pixels) -> None:
    assert "low_resolution" in judged(cv2.resize(meter, (90, 140), interpolation=cv2.INTER_AREA)).tags


@given(gains=st.tuples(st.floats(0.05, 0.9), st.floats(0.3, 0.95)))
@settings(max_examples=15, deadline=None)
def test_darkening_raises_low_light(meter: Pixels, gains: tuple[float, float]) -> None:
    gain, more = gains
    scores = [judged((meter * light).astype(np.uint8)).scores["low_light"] for light in (1.0, gain, gain * more)]
    assert scores == sorted(scores)


@given(sigma=st.floats(0.6, 8))
@settings(max_examples=12, deadline=None)
def test_blurring_raises_blurry(meter: Pixels, sigma: float) -> None:
    assert judged(cv2.GaussianBlur(meter, (0, 0), sigma)).scores["blurry"] > judged(meter).scores["blurry"]


@given(cut=st.floats(-300, 300), slope=st.floats(0.01, 100), numbers=st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)))
def test_a_rule_is_monotone_and_stays_within_0_and_1(cut: float, slope: float, numbers: tuple[float, float]) -> None:
    low, high = sorted(numbers)
    rising = Rule.at(Tag.BLURRY, "blur", cut, slope)
    falling = Rule.at(Tag.BLURRY, "blur", cut, -slope)
    assert 0 <= rising.score({"blur": low}) <= rising.score({"blur": high}) <= 1
    assert 0 <= falling.score({"blur": high}) <= falling.score({"blur": low}) <= 1
    assert rising.score({"blur": cut}) == pytest.approx(0.5)


def test_every_tag_has_a_score_and_every_defect_a_rule_and_a_suggestion(meter: Pixels) -> None:
    assert set(judged(meter).scores) == set(TAGS)
    defects = set(TAGS) - {"well_exposed", "screen_photo"}  # which no rule names yet
    assert {rule.tag.value for rule in shipped().rules} == defects
    always = Thresholds(version="all", rules=tuple(Rule.at(Tag(tag), "brightness", -1000, 1) for tag in defects))
    named = judged(meter, always)
    assert set(named.tags) >= defects - {"blurry", "low_resolution"}  # these two give way to low_information
    for defect in defects:
        alone = Thresholds(version="one", rules=(Rule.at(Tag(defect), "brightness", -1000, 1),))
        assert len(judged(meter, alone).suggestions) == 1


def test_one_cause_gets_one_piece_of_advice(meter: Pixels) -> None:
    rules = (*(Rule.at(tag, "brightness", 60.0, -1.0) for tag in (Tag.LOW_LIGHT, Tag.LOW_INFORMATION, Tag.NOISY, Tag.BLURRY)),)
    judgement = judge({"brightness": 10.0}, Thresholds(version="dark", rules=rules))
    assert judgement.tags[:2] == ("low_information", "low_light")
    assert [text.split(":")[0] for text in judgement.suggestions] == ["Too dark"]
    assert advice(["no_display", "low_information"]) == (ADVICE["low_information"],)  # both say: point at the meter
    assert advice(["glare", "no_display", "well_exposed", "of_an_old_link"]) == (ADVICE["no_display"], ADVICE["glare"])


def test_other_thresholds_judge_the_same_numbers_otherwise(meter: Pixels) -> None:
    numbers = measure(meter)
    strict = Thresholds(version="strict", rules=(Rule.at(Tag.LOW_LIGHT, "brightness", 99, -1),))
    assert judge(numbers, strict).tags == ("low_light",)
    assert "low_light" not in judge(numbers, shipped()).tags


def test_the_quality_score_is_what_the_worst_defect_leaves(meter: Pixels) -> None:
    judgement = judged((meter * 0.1).astype(np.uint8))
    worst = max(score for tag, score in judgement.scores.items() if tag != "well_exposed")
    assert judgement.quality_score == pytest.approx(1 - worst)
    assert judgement.quality_score < 0.5


def test_tags_come_the_gravest_first_as_the_advice_does() -> None:
    dark = Thresholds(
        version="x", rules=(*(Rule.at(tag, "brightness", 60.0, -1.0) for tag in (Tag.GLARE, Tag.BLURRY, Tag.DAMAGED)),)
    )
    judgement = judge({"brightness": 10.0}, dark)
    assert judgement.tags == ("damaged", "blurry", "glare", "well_exposed")
    assert [text.split()[0] for text in judgement.suggestions] == ["Part", "Blurred:", "A"]
    assert by_gravity(("of_an_old_link", "well_exposed", "no_display", "blurry", "low_information")) == (
        "low_information", "no_display", "blurry", "well_exposed", "of_an_old_link",
    )  # fmt: skip
