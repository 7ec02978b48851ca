"""The words of what people do to groups: acts, undo, review order."""

from __future__ import annotations

from db.group_tables import ActKind
from db.labels import ActLine, Undone
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
COMPARE = "Compare prints"
COMPARE_HINT = "Is this one design? Comparing the prints takes some seconds and ticks the photos that differ."
COMPARING = "Comparing…"
READING = "Reading the photos: {done} of {all}."
LAYING = "Comparing the prints of {photos}."
NONE_DIFFERS = "No photo shows another print."
NONE_DIFFERS_TYPICAL = "None of the {photos} most typical photos shows another print."
NO_PRINT = "Nothing can be said of the print: too few photos are sharp enough."
UNREADABLE = "{photos} could not be read now."
OTHER_PRINT = "other print"
OTHER_PRINT_HINT = "Its print differs from that of the group's most typical photos: a near twin perhaps"
CHANGED = "The groups have changed."
SHOW_CHANGED = "Show them"
CANCEL = "Cancel regrouping"
CANCELLING = "Cancelling…"
NAME_NONE = "Name ticked photos"
NAME_TICKED = "Name the {n} ticked photos"
NAME_TICKED_ONE = "Name the ticked photo"
NEW_NAME = "New name of the group"
RENAME = "Rename its {photos}"
RENAME_HINT = "A name that another group has joins the two."
RECENT = "Last changes"
MORE_ACTS = "More ({number})"
NO_ACTS = "Nobody has changed a group yet."
UNDO = "Undo"
UNDONE_BY = "undone by {by}"
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

_LEFT_OUT = {
    ActKind.SPLIT: "no longer unknown",
    ActKind.DISMISS: "no longer unknown",
    ActKind.MOVE: "there already, or no longer unknown",
    ActKind.RELEASE: "in no group, or not of a type",
}


def left_out(number: int, kind: ActKind) -> str:
    """How many of the photos that an act was to be about it is not about, and why."""
    return f"{count_photos(number)} left out: {_LEFT_OUT[kind]}."


def act_line(act: ActLine | Undone) -> str:
    """What was done, as a list shows it."""
    where = f"group {act.target}" if act.is_group else act.target
    return f"{count_photos(act.photos)} {_DONE[act.kind].format(target=where)}"


def differ(number: int, compared: int, *, is_part: bool) -> str:
    """How many of the compared photos show another print; `is_part`: the group has more photos than were compared."""
    if not number:
        return NONE_DIFFERS_TYPICAL.format(photos=f"{compared:,}") if is_part else NONE_DIFFERS
    of = f"of the {compared:,} most typical photos" if is_part else f"of {count_photos(compared)}"
    shows, them = ("shows", "it") if number == 1 else ("show", "them")
    return f"{number:,} {of} {shows} another print than the others. Look at {them}, then split {them} off."


def undone(back: Undone) -> str:
    """What was taken back."""
    return f"Taken back: {act_line(back)}. The files move back too."
