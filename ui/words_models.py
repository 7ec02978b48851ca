"""What the Models page says: versions, training, the gate, photos judged again."""

from __future__ import annotations

TITLE = "Models"
LEAD = "Which version judges, what the next one learned, and what it changed."
JUDGING = "Meter type: judges now"
NO_MODEL = "No meter-type model is installed"
NO_MODEL_HINT = "Train one with python -m engine train meter_type; it is listed here."
SINCE = "since {when}, by {by}"
KNOWS = "{labels} types, learned from {photos}"
ROLL_BACK = "Roll back to {version}"
HELD_BACK = "The gate held {version} back; Versions says why."
RETRAIN = "Train from labels"
RETRAIN_ASKED = "Training is asked for"
RETRAIN_WAITS = "Training is asked for; it starts as soon as the watcher runs"
CANCEL = "Cancel"
CANCELLING = "Cancelling…"
TRAINING = "Training"
TRAINING_LEAD = "People's labels teach the next version. A fifth of the meters is kept aside and only judges it."
LABELLED = "{photos} labelled by people"
NO_LABELS = "Nobody has labelled a photo yet. Name a group first."
RUNNING = "Running"
LAST = "Last training"
NEVER = "Nothing was trained from labels yet."
STATES = {"running": "Running", "done": "Done", "failed": "Failed", "cancelled": "Cancelled"}
TONES = {"running": "type", "done": "ok", "failed": "bad", "cancelled": "none"}
ICONS = {"running": "…", "done": "✓", "failed": "✕", "cancelled": "–"}
DECISIONS = {"promote": "Promoted by the gate", "wait": "Waits for a person"}
LET = "Let judge by {by}"
TAUGHT = "{learned} photos taught it, {aside} were kept aside"
GATE = "Compared on photos no training saw"
GATE_KINDS = {
    "all": "All photos right",
    "wrong": "Not a wrong type",
    "unknown": "Unknown seen as unknown",
    "unnamed": "Groups without a name left unknown",
}
GATE_COLUMNS = ("Slice", "Photos", "Meters", "{champion}", "{candidate}", "Difference, points")
WORSE = "worse"
VERSIONS = "Versions"
COMPARED = "Compared with {champion}:"
ROLES = {"judges": "Judges now", "previous": "Previous", "waits": "Waits for you"}
PROMOTE = "Let it judge"
PROMOTE_VERSION = "Let {version} judge"
SPLITS = {
    "test": "right on its test photos",
    "val": "right on the photos it was chosen by",
    "out_of_fold": "right on meters left out",
}
NOT_MEASURED = "not measured"
PROMOTED = "{version} judges from the next photo on."
PROMOTED_NEXT = "Unknown and doubtful photos are judged again in the background."
PROMOTED_LATER = "Unknown and doubtful photos are judged again as soon as the watcher runs."
NOTHING_RUNS = "No training runs any more."
HISTORY = "Who let which version judge"
NO_HISTORY = "Nobody changed the version yet."
CHANGE = "{when}: {version} instead of {before}, by {by}"
FIRST = "{when}: {version}, by {by}"
AGAIN = "Judged again"
AGAIN_LEAD = "Unknown and doubtful photos that {version} looked at a second time"
AGAIN_NONE = "{version} has judged no photo again."
AGAIN_SOON = "{version} is about to look at unknown and doubtful photos again."
AGAIN_WAITS = "{version} looks at unknown and doubtful photos again as soon as the watcher runs."
AGAIN_RUNS = "{judged} of {all} judged so far"
AGAIN_DONE = "{judged} judged again, {changed} have another type"
AGAIN_CSV = "Before and after as CSV"
AGAIN_SHOWN = "The first {shown} of {all}"
BEFORE_AFTER = "{before} before, {after} now"
LEARNING = "How far the labels carry"
LEARNING_LEAD = (
    "How often a type is recognised on other meters from its labels alone, and what more labels would bring. "
    "± holds nine times in ten."
)
LEARNING_FEW = "Too little to say yet, it takes labels of three meters and a second type:"
LEARNING_NONE = "Name a group on the Groups page: what its labels are worth is measured here."
LEARNING_MARK = "{share} % recognised, between {low} % and {high} %"
SMALL_GAIN = 0.005  # below it the words would say +0
WIDE = 0.15  # half an interval beyond which "little" would be false comfort: three of three right may be 37 % in truth


def count_labels(labels: int) -> str:
    """A number of labels in words."""
    return f"{labels:,} {'label' if labels == 1 else 'labels'}"


def curve_now(labels: int, accuracy: float, spread: float) -> str:
    """How often a type is recognised today."""
    if accuracy >= 1:
        return f"{count_labels(labels)}: 100 %, at least {100 * (1 - spread):.0f} %"
    if accuracy <= 0:
        return f"{count_labels(labels)}: 0 %, at most {100 * spread:.0f} %"
    return f"{count_labels(labels)}: {100 * accuracy:.0f} % ± {100 * spread:.0f}"


def curve_more(gain: float | None, spread: float, more: int) -> str:
    """What more labels would bring; where the labels are too few to foretell it, that."""
    if gain is not None and gain >= SMALL_GAIN:
        return f"another {more} would bring about +{100 * gain:.0f}"
    if gain is None or spread > WIDE:
        return f"too few to tell what another {more} would bring"
    return f"another {more} would change little"


def curve_line(labels: int, accuracy: float | None, spread: float | None, gain: float | None, more: int) -> str:
    """A learning curve in words."""
    if accuracy is None or spread is None:
        return f"{count_labels(labels)}: too few meters to say"
    return f"{curve_now(labels, accuracy, spread)}; {curve_more(gain, spread, more)}"
