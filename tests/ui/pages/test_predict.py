"""The verdict cards."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import log
from pathlib import Path

import pytest
from jinja2 import Environment

from engine.errors import EngineError, ModelError, Truncated
from engine.quality import Rule, Tag, Thresholds, judge
from engine.verdict import Clarity, GoodBad, Guess, Quality, Reason
from tests.archive import HOSTILE
from tests.photos import jpeg, verdict
from ui.archive import Archive
from ui.pages.predict import judge_file, render_cards

MakeArchive = Callable[..., Archive]


def judge_scores(**scores: float) -> dict[str, object]:
    """Tags and advice as the engine gives them for such scores."""
    rules = tuple(Rule.at(Tag(tag), "clarity", -log(score / (1 - score)), 1.0) for tag, score in scores.items())
    judged = judge({"clarity": 0.0}, Thresholds(version="1", rules=rules))
    return {"tags": judged.tags, "scores": judged.scores, "suggestions": judged.suggestions}


def card_text(archive: Archive, templates: Environment, tmp_path: Path, name: str = "a.jpg") -> str:
    path = tmp_path / name
    path.write_bytes(jpeg(1))
    return render_cards([judge_file(path, archive)], [], archive, templates)


def test_a_verdict_is_shown_with_its_probability_its_guesses_and_its_picture(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    text = card_text(archive_with(verdict(good_bad=GoodBad.BAD, good_probability=0.25)), templates, tmp_path)
    assert "ACME_1" in text
    assert "Clear 90%" in text
    assert "80%" in text
    assert "Bad <small>75% sure</small>" in text
    assert "data:image/webp;base64," in text
    assert "No quality issue" in text


def test_an_unclear_photo_is_said_with_the_probability_of_being_unclear(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    answer = verdict(clarity=Clarity.UNCLEAR, clear_probability=0.2)
    assert "Unclear 80%" in card_text(archive_with(answer), templates, tmp_path)


def test_what_is_rather_clear_but_not_surely_enough_is_not_said_to_be_unclear_with_little_certainty(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    text = card_text(archive_with(verdict(clarity=Clarity.UNCLEAR, clear_probability=0.57)), templates, tmp_path)
    assert "Unclear: only 57% clear" in text and "43%" not in text


def test_poor_and_bad_are_said_with_how_sure_they_are_and_a_disagreement_is_explained(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    poor = {"quality": Quality.POOR, "quality_score": 0.006, "good_bad": GoodBad.GOOD, "good_probability": 0.8}
    text = card_text(archive_with(verdict(**poor)), templates, tmp_path)
    assert "Poor <small>99% sure</small>" in text and "Good <small>80% sure</small>" in text
    assert "The two disagree" in text
    text = card_text(archive_with(verdict(**poor | {"good_bad": GoodBad.BAD, "good_probability": 0.03})), templates, tmp_path)
    assert "Bad <small>97% sure</small>" in text
    assert "The two disagree" not in text


def test_below_the_mark_a_meter_is_unknown_and_its_guesses_stay(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    guesses = (Guess(label="ACME_1", confidence=0.4), Guess(label="ACME_2", confidence=0.3))
    text = card_text(archive_with(verdict("UNKNOWN", top3=guesses)), templates, tmp_path)
    assert "Unknown meter" in text
    assert "No known type reaches 50%" in text
    assert text.count("meterbar low") == 2


def test_a_sure_guess_of_an_unfamiliar_photo_is_unknown_and_the_card_says_why(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    guesses = (Guess(label="ACME_1", confidence=0.97), Guess(label="ACME_2", confidence=0.02))
    text = card_text(archive_with(verdict("UNKNOWN", top3=guesses, known_score=0.12)), templates, tmp_path)
    assert "Too unlike the ACME_1 photos" in text
    assert "No known type reaches" not in text
    assert "meterbar familiar low" in text
    assert "Familiarity" in text


def test_a_near_twin_is_unknown_for_its_print_and_the_card_says_so(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    guesses = (Guess(label="ACME_1", confidence=0.97), Guess(label="ACME_2", confidence=0.02))
    twin = verdict("UNKNOWN", top3=guesses, known_score=0.9, contradicted_type="ACME_1")
    text = card_text(archive_with(twin), templates, tmp_path)
    assert "Like ACME_1, but its print differs" in text
    assert "Too unlike" not in text


def test_every_defect_has_its_tag_its_bar_and_advice(archive_with: MakeArchive, templates: Environment, tmp_path: Path) -> None:
    poor = verdict(
        quality=Quality.POOR, tags=("blurry",), scores={"blurry": 0.8, "well_exposed": 0.9}, suggestions=("Hold still.",)
    )
    text = card_text(archive_with(poor), templates, tmp_path)
    assert "Blurry" in text
    assert text.count("defect hit") == 1
    assert (
        text.index("Blurry")
        < text.index("For the next photo")
        < text.index("Hold still.")
        < text.index("Meter type, best guesses")
    )
    assert "Well exposed" not in text  # no defect, hence no bar and no warning


def test_the_earlier_system_s_sharpness_does_not_stand_beside_blurry_as_if_it_were_ours(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    blurred = verdict(tags=("blurry",), scores={"blurry": 0.98}, measures={"clarity": 100.0, "brightness": 50.0})
    text = card_text(archive_with(blurred), templates, tmp_path)
    open_text, folded = text.split("<details", 1)
    assert "Sharpness" not in open_text and "/100" not in open_text
    assert "Numbers of the earlier system" in folded and "a blurred photo can reach 100" in folded
    assert folded.index("Sharpness") < folded.index("100<small>/100</small>") < folded.index("</details>")


def test_without_models_nothing_is_called_bad(archive_with: MakeArchive, templates: Environment, tmp_path: Path) -> None:
    text = card_text(archive_with(verdict(None, None, top3=(), known_score=None)), templates, tmp_path)
    assert "Clarity not judged" in text
    assert "Type not judged" in text
    assert "Unclear" not in text


@pytest.mark.parametrize(
    "error", [Truncated("It ends too early. Send it again."), ModelError("The card is damaged. Restore it.")]
)
def test_what_cannot_be_judged_is_one_card_with_advice(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path, error: EngineError
) -> None:
    text = card_text(archive_with(error), templates, tmp_path, name="b.jpg")
    assert text.count("verdict-error") == 1
    assert "b.jpg" in text
    assert str(error) in text


def test_a_hostile_file_name_is_text(archive_with: MakeArchive, templates: Environment, tmp_path: Path) -> None:
    text = card_text(archive_with(), templates, tmp_path, name=HOSTILE.replace("/", ""))
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text


def test_the_display_is_framed_in_the_photo_and_shown_by_itself(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    text = card_text(archive_with(verdict(display_box=(10, 20, 40, 15), display_score=0.93)), templates, tmp_path)
    assert '<rect x="10" y="20" width="40" height="15"/>' in text
    assert 'data-testid="display"' in text
    assert "Display 93%" in text


def test_why_a_photo_cannot_be_read_is_said_with_what_to_do(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    answer = verdict(clarity=Clarity.UNCLEAR, clear_probability=0.1, unclear_reasons=(Reason.GLARE, Reason.OCCLUDED))
    text = card_text(archive_with(answer), templates, tmp_path)
    assert text.index("Glare on the display.") < text.index("Display covered.")
    assert "turn the flash off" in text


def test_advice_that_a_reason_gives_is_not_given_again_for_the_tag(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    measured = judge_scores(blurry=0.9, hazy=0.8)
    unclear = {"clarity": Clarity.UNCLEAR, "clear_probability": 0.1, "display_box": (10, 20, 40, 15), "display_score": 0.9}
    text = card_text(archive_with(verdict(**measured, **unclear, unclear_reasons=(Reason.BLURRY,))), templates, tmp_path)
    assert "Hold the phone with both hands" in text and "Hazy: wipe the lens" in text
    assert "Blurred: hold the phone" not in text
    text = card_text(archive_with(verdict(**measured, **unclear, unclear_reasons=(Reason.GLARE,))), templates, tmp_path)
    assert "Blurred: hold the phone" in text


def test_what_is_of_the_display_and_what_of_the_whole_photo_is_said(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    unclear = {
        "clarity": Clarity.UNCLEAR,
        "clear_probability": 0.1,
        "unclear_reasons": (Reason.GLARE,),
        "scores": {"glare": 0.06},
    }
    text = card_text(archive_with(verdict(**unclear, display_box=(10, 20, 40, 15), display_score=0.9)), templates, tmp_path)
    assert "Why the display cannot be read" in text and "Defects of the whole photo" in text
    text = card_text(archive_with(verdict(**unclear)), templates, tmp_path)
    assert "Why the display cannot be read" not in text and "Why it cannot be read" in text


def test_a_score_in_the_unsure_band_is_said_to_be_unsure(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    scores = {"blurry": 0.66, "glare": 0.64, "hazy": 0.36, "noisy": 0.34}
    text = card_text(archive_with(verdict(tags=("blurry", "glare"), scores=scores)), templates, tmp_path)
    bars = re.split('<div class="meterbar defect', text)[1:]
    assert [("unsure</small>" in bar, "hit" in bar[:5]) for bar in bars] == [
        (False, True),
        (True, True),
        (True, False),
        (False, False),
    ]
    assert 'style="left:35.0%;width:30.0%"' in bars[0]


def test_that_no_display_was_found_is_said(archive_with: MakeArchive, templates: Environment, tmp_path: Path) -> None:
    text = card_text(archive_with(verdict(display_score=0.1, tags=("no_display",))), templates, tmp_path)
    assert "No display found: clarity was judged on the whole photo." in text
    assert '<span class="t">Photo clear 90% sure</span>' in text  # "Clear" alone would be read of the display
    assert 'data-testid="display"' not in text


def test_where_nothing_judges_clarity_it_is_not_said_to_be_judged(
    archive_with: MakeArchive, templates: Environment, tmp_path: Path
) -> None:
    unjudged = verdict(display_score=0.1, tags=("no_display",), clarity=None)
    text = card_text(archive_with(unjudged), templates, tmp_path)
    assert "No display found.</p>" in text and "Clarity not judged" in text
