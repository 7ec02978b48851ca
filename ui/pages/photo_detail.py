"""One photo with everything recorded of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from jinja2 import Environment

from db.intake_tables import Retry
from db.quality_tables import EarlierJudgement
from db.retagging import tags_of
from db.tables import Outcome, Photo
from engine.quality import UNSURE, by_gravity
from ui import words, words_types
from ui.archive import Archive
from ui.pages.photo_advice import left_to_say
from ui.pages.photo_type import TypeView
from ui.templating import format_bytes, is_defect

TAG_MARK = 0.5  # the score from which a tag is said (engine.quality.Rule)
SHOWN_DEFECTS = 5  # the others are near zero, or the photo is hopeless anyway


def render_photo(
    photo: Photo | None,
    archive: Archive,
    templates: Environment,
    *,
    missing: bool = False,
    near: Sequence[Photo] = (),
    looks: Sequence[Retry] = (),
    earlier: Sequence[EarlierJudgement] = (),
    said: tuple[str, ...] = (),
    type_view: TypeView | None = None,
) -> str:
    """The detail panel; without a photo what to do, or that it is gone."""
    return templates.get_template("photo_detail.html").render(
        photo=photo,
        title=words.GONE if missing else words.NO_SELECTION,
        hint=words.NO_SELECTION_HINT,
        unknown_below=archive.judge.unknown_below(),
        known_from=archive.judge.known_from(),
        display=_display(photo),
        scores=worst_defects((photo.scores if photo else None) or {}),
        mark=TAG_MARK,
        unsure=UNSURE,
        suggestions=left_to_say(photo.suggestions or (), photo.unclear_reasons or ()) if photo else (),
        near=near,
        looks=[_look(look, templates) for look in looks],
        earlier=_earlier(photo, earlier, templates) if photo else (),
        said=said,
        w=words_types,
        type=type_view,
        facts=_facts(photo, templates) if photo else (),
    )


def _display(photo: Photo | None) -> str:
    """The address of the display's crop; empty where there is none to be had."""
    if photo is None or not photo.display_box or not photo.sha256 or photo.removed_at or photo.outcome == Outcome.REFUSED:
        return ""
    return f"/media/display/{photo.sha256}?box={'-'.join(map(str, photo.display_box))}"


def worst_defects(scores: Mapping[str, float]) -> list[tuple[str, float]]:
    """The defects with the highest scores, worst first."""
    defects = [(tag, score) for tag, score in scores.items() if is_defect(tag)]
    return sorted(defects, key=lambda item: -item[1])[:SHOWN_DEFECTS]


def _look(look: Retry, templates: Environment) -> str:
    when: Any = templates.filters["when"]
    after = words.FILED if look.outcome_after == Outcome.FILED else words.DUPLICATE
    if look.outcome_after == Outcome.REFUSED:
        after = words.reason(look.reason_after)
    return str(words.intake.LOOK.format(when=when(look.at), by=look.by, before=words.reason(look.reason_before), after=after))


def _earlier(photo: Photo, judgements: Sequence[EarlierJudgement], templates: Environment) -> list[str]:
    """What it was called before, oldest first; the same in a row is told once, and what is still said not at all."""
    when: Any = templates.filters["when"]
    runs = [(said, list(run)) for said, run in groupby(judgements, lambda each: _said(each.quality, each.tags))]
    if runs and runs[-1][0] == _said(photo.quality or "", tags_of(photo)):
        runs.pop()
    return [
        words.display.EARLIER_LINE.format(
            words=", ".join(said),
            version=words.display.EARLIER_AND.join(dict.fromkeys(each.thresholds for each in run)),
            when=when(run[-1].replaced_at),
        )
        for said, run in runs
    ]


def _said(quality: str, tags: Iterable[str]) -> tuple[str, ...]:
    """A judgement of the quality in words."""
    return (words.quality.QUALITIES.get(quality, quality), *(words.tag(name) for name in by_gravity(tags) if is_defect(name)))


def _facts(photo: Photo, templates: Environment) -> list[tuple[str, str]]:
    when: Any = templates.filters["day"]
    size = format_bytes(photo.size_bytes)
    if photo.width and photo.height:
        size = f"{words.PIXELS.format(width=photo.width, height=photo.height)}, {size}"
    stamps = ", ".join(f"{words.MODEL_NAMES.get(task, task)} {version}" for task, version in (photo.stamps or {}).items())
    group = photo.group
    facts = {
        "received": when(photo.received_at),
        "site": photo.site or words.NO_SITE,
        "camera": photo.camera or "",
        "source": photo.source,
        "path": photo.path,
        "size": size,
        "group": (group.name or words.GROUP.format(id=group.id)) if group else "",
        "judged": words.MILLISECONDS.format(ms=round(photo.judged_ms)) if photo.judged_ms is not None else "",
        "stamps": stamps,
        "sha256": (photo.sha256 or "")[:16],
        "id": str(photo.id),
    }
    return [(words.FACTS[name], text) for name, text in facts.items() if text]
