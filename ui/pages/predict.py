"""Predict: judge photos here and now. Nothing is filed, nothing recorded, and the uploads are deleted at once."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from jinja2 import Environment

from engine.errors import ModelError, PictureError
from engine.quality import UNSURE
from engine.verdict import Verdict
from ui import words
from ui.archive import Archive
from ui.pages.frame import QUIET, bare_html, open_page
from ui.pages.photo_advice import left_to_say
from ui.pages.photo_detail import TAG_MARK, worst_defects
from ui.thumbnails import THUMB_TYPE, make_crop, make_thumbnail

MOST = 20  # photos at once
FILE_TYPES = ["image", ".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp", ".webp", ".jpg", ".jpeg", ".png", ".gif"]


@dataclass(frozen=True, kw_only=True, slots=True)
class VerdictCard:
    """One photo's card: a verdict with its picture, or the error that names why there is none."""

    name: str
    verdict: Verdict | None = None
    picture: str = ""  # data: URL, since nothing is stored that an address could point to
    display: str = ""  # data: URL of the display's crop
    milliseconds: str = ""
    reason: str = ""
    error: str = ""

    @property
    def scores(self) -> list[tuple[str, float]]:
        """The worst defects."""
        return worst_defects(self.verdict.scores) if self.verdict else []

    @property
    def suggestions(self) -> tuple[str, ...]:
        """What the advice on an unclear display has not said."""
        said = self.verdict
        return left_to_say(said.suggestions, said.unclear_reasons) if said else ()


def build_predict(archive: Archive, templates: Environment) -> None:
    """Lay the page out and wire the drop."""

    def judge_all(files: list[str] | None) -> Iterator[tuple[str, object]]:
        paths = [Path(file) for file in files or []]
        notices = [words.TOO_MANY.format(given=len(paths), most=MOST)] if len(paths) > MOST else []
        cards: list[VerdictCard] = []
        try:
            for path in paths[:MOST]:
                cards.append(judge_file(path, archive))
                progress = [words.JUDGED_SO_FAR.format(done=len(cards), all=min(len(paths), MOST))]
                done = len(cards) == min(len(paths), MOST)
                yield render_cards(cards, notices if done else notices + progress, archive, templates), gr.skip()
        finally:
            for path in paths:
                path.unlink(missing_ok=True)
        yield render_cards(cards, notices, archive, templates), None

    open_page("predict", words.PREDICT_LEAD, archive, templates)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=280):
            drop = gr.File(label=words.DROP_PHOTOS, file_count="multiple", file_types=FILE_TYPES, height=190, elem_id="drop")
            bare_html(templates.get_template("hint.html").render(text=words.DROP_HINT.format(most=MOST)))
        with gr.Column(scale=3, min_width=320):
            verdicts = bare_html(render_cards([], [], archive, templates), elem_id="verdicts")
    drop.upload(judge_all, drop, [verdicts, drop], concurrency_limit=2, **(QUIET | {"show_progress": "minimal"}))


def judge_file(path: Path, archive: Archive) -> VerdictCard:
    """Judge one file; what cannot be judged becomes a card that says why."""
    start = time.perf_counter()
    try:
        data = path.read_bytes()
        verdict = archive.judge.judge(data)
        milliseconds = (time.perf_counter() - start) * 1000
        small = _data_url(make_thumbnail(data, archive.judge.limits))
        crop = _data_url(make_crop(data, verdict.display_box, archive.judge.limits)) if verdict.display_box else ""
    except PictureError as error:
        return VerdictCard(name=path.name, reason=error.reason, error=str(error))
    except ModelError as error:
        return VerdictCard(name=path.name, reason=words.NOT_JUDGED, error=str(error))
    return VerdictCard(name=path.name, verdict=verdict, picture=small, display=crop, milliseconds=f"{milliseconds:,.0f}")


def _data_url(picture: bytes) -> str:
    return f"data:{THUMB_TYPE};base64,{base64.b64encode(picture).decode()}"


def render_cards(cards: list[VerdictCard], notices: list[str], archive: Archive, templates: Environment) -> str:
    """All cards, after what must be said first."""
    return templates.get_template("predict_cards.html").render(
        cards=cards,
        notices=notices,
        unknown_below=archive.judge.unknown_below(),
        known_from=archive.judge.known_from(),
        mark=TAG_MARK,
        unsure=UNSURE,
    )
