"""The words of what people do to groups: acts, undo, review order."""

from __future__ import annotations

from db.group_tables import ActKind
from db.review import Why
from ui.words import count_photos

ACTS = "Correct the groups"
ACTS_HINT_GROUP = "The whole group is meant until you tick photos."
ACTS_HINT_PICK = "Tick photos first."
INTO = "Other group"
MERGE = "Merge group into it"
MOVE = "Move {picked} there"
SPLIT = "Split {picked} off"
RELEASE = "Take {picked} out"
DISMISS_GROUP = "Dismiss group: no meter"
DISMISS = "Dismiss {picked}"
PICKED = "ticked photos"
PICK = "Tick {name}"
CANCEL = "Cancel regrouping"
CANCELLING = "Cancelling…"
RECENT = "Last changes"
NO_ACTS = "Nobody has changed a group yet."
UNDO = "Undo"
UNDONE_BY = "undone by {by}"
NAMED_SINCE = "From now on photos of this design are recognised from these labelled photos; those waiting are looked at now."
DO_FIRST = "Tick the photos that are meant first."
CHOOSE_OTHER = "Choose the other group first."

NEXT = "Label these next"
NEXT_HINT = "Photos whose label would teach most. A click opens the photo in the History."
NO_NEXT = "Nothing stands out: no close call, no border of a group, no disagreement."
WHY = {
    Why.DISAGREE: "network and plate disagree",
    Why.BORDER: "on the border of its group",
    Why.MARGIN: "a close call between two types",
}

_DONE = {
    ActKind.NAME: "named {target}",
    ActKind.MERGE: "merged into {target}",
    ActKind.SPLIT: "split off as {target}",
    ActKind.DISMISS: "dismissed: no meter",
    ActKind.MOVE: "moved to {target}",
    ActKind.RELEASE: "taken out of {target}",
    ActKind.DENY: "said not to be {target}",
}


def act_line(kind: ActKind, target: str, photos: int) -> str:
    """What was done, as a list shows it."""
    where = f"group {target}" if target.isdigit() else target
    return f"{count_photos(photos)} {_DONE[kind].format(target=where)}"


def undone(kind: ActKind, target: str, photos: int) -> str:
    """What was taken back."""
    return f"Taken back: {act_line(kind, target, photos)}. The files move back too."
