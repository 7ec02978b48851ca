"""The words of meter types: what a type rests on, what looks like it, and what people say of it."""

from __future__ import annotations

from db.labels import Field
from engine.verdict import Way
from ui.words import count_photos

BY_WHAT = {
    Way.LABELLED.value: "Recognised from {labelled} labelled photos; {details} details shared with the most alike",
    Way.PLATE.value: "Recognised by the model: network and front plate, {details} shared details",
    Way.NETWORK.value: "Recognised by the model: its network",
}
OTHER_PRINT = "The model takes it for {name}, but its print differs"
BY_PERSON = "Named by {by}, {when}"
DISMISSED_BY = "Dismissed by {by}, {when}"
NOT_IT = "Not {name}"
IT_IS = "It is"
SAY = "Set type"
NEW_TYPE = "another type"
SAID = "What people said"
UNDO = "Undo"
GONE = "This photo is no longer recorded."
_SAYINGS = {
    Field.METER_TYPE.value: "it is {value}",
    Field.JUNK.value: "no meter",
    Field.NOT_TYPE.value: "it is not {value}",
    Field.GROUP.value: "it belongs to group {value}",
    Field.NOT_GROUP.value: "it does not belong to group {value}",
}

OWN = "In this group"
RECOGNISED = "Recognised"
ALIKE = "Look alike"
VIEWS = "Photos shown"
THESE_TOO = "{these} {name} too"
NOT_THESE = "Not {name}: {photos}"
NONE_TICKED = "Tick photos first."
TICK_ALL = "Tick all"
TICK_NONE = "Tick none"
SHOW_ALIKE = "Look at them"
EXAMPLES = "{name}, as people labelled it"
DIFFERS = "print differs"
DIFFERS_HINT = "Its print falls {short} standard deviations short of the labelled photos: a near twin perhaps"
DETAILS = "{details} details"
ALIKE_HINT = (
    "They share many details, but their print differs or proves nothing. A near twin differs in a line of print alone, so you"
    " decide. Ticked are those whose print does not speak against it; the likest come first."
)
RECOGNISED_HINT = (
    "Nobody labelled these: labelled photos or the model named them so. Tick those that are wrong and say what they are;"
    " then say that the others are right: they become labels, which the next training learns from."
)
ALL_RIGHT = "All {n} shown are right"
THESE_RIGHT = "These {n} are right"
NONE_RIGHT = "These are right"
THIS_RIGHT = "This one is right"
CONFIRMED = "{photos} confirmed as {name}. From now on this counts as your label."
OWN_HINT = "Tick those that are wrong."
NO_ALIKE = "No waiting photo looks like {name}"
NO_ALIKE_HINT = "Photos that share many of its details without being it for sure are offered here as soon as they arrive."
NO_RECOGNISED = "No photo was recognised as {name} yet"
NO_RECOGNISED_HINT = "Photos that labelled photos or the model name so are listed here."
GROUP_LIKE = "This group looks like {name}"
GROUP_LIKE_CHIP = "Looks like {name}"
GROUP_PROOF = {
    "same": "Its print is the same, as far as can be seen.",
    "differs": "Its print differs in places, though: a near twin perhaps.",
    "none": "It shares many details, but its print cannot be compared.",
}
GROUP_HINT = "Compare it with the labelled photos. If it is another design, say so, or give it a name of its own."
GROUPS_LIKE = "These groups look like it too:"
QUICKER = "{photos} had a type already and kept it."


def saying(field: str, value: str) -> str:
    """What was said, as a list shows it."""
    return _SAYINGS[field].format(value=value)


def these_too(number: int, name: str) -> str:
    """The button that gives look-alikes the name."""
    return THESE_TOO.format(these="This is" if number == 1 else f"These {number:,} are", name=name)


def more_alike(number: int, name: str) -> str:
    """How many photos wait that look like a type."""
    more = "1 more photo looks" if number == 1 else f"{number:,} more photos look"
    return f"{more} like {name}"


def not_it(number: int, name: str) -> str:
    """What a denial did."""
    return f"{count_photos(number)} said not to be {name}."
