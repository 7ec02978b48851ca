"""Every word a person reads on the pages."""

from __future__ import annotations

from ui import words_display, words_intake, words_models, words_quality, words_thresholds, words_who

intake = words_intake  # a part of the words has a file of its own
models = words_models
display = words_display
quality = words_quality
thresholds = words_thresholds
who = words_who

PRODUCT = "MeterSieve"

# Header
OVERVIEW = "Overview"
PREDICT = "Predict"
HISTORY = "History"
GROUPS = "Groups"
MAIN_NAVIGATION = "Main"
TOGGLE_THEME = "Switch between light and dark"
WATCHER_RUNNING = "Watcher running"
WATCHER_STOPPED = "Watcher stopped"
WATCHER_STARTING = "Watcher starting"
WATCHER_UNSEEN = "Watcher never started"

# States, always shown with their icon
CLEAR = "Clear"
UNCLEAR = "Unclear"
CLARITY_UNJUDGED = "Clarity not judged"
UNKNOWN_TYPE = "Unknown"
UNKNOWN_METER = "Unknown meter"
TYPE_UNJUDGED = "Type not judged"
DUPLICATE = "Duplicate"
REFUSED = "Refused"
FILED = "Filed"
NO_TAGS = "No quality issue"

TAGS = {
    "blurry": "Blurry", "low_light": "Low light", "overexposed": "Overexposed", "low_contrast": "Low contrast",
    "noisy": "Noisy", "glare": "Glare", "hazy": "Hazy", "low_information": "Nothing to see",
    "jpeg_artifacts": "Squeezed JPEG", "low_resolution": "Low resolution", "damaged": "Damaged", "well_exposed": "Well exposed",
    "no_display": "No display",
}  # fmt: skip
REASONS = {
    "empty": "Empty file",
    "not_an_image": "Not an image",
    "truncated": "Cut off",
    "unreadable": "Unreadable",
    "too_large": "Too many bytes",
    "bomb": "Too many pixels",
    "poison": "Harms the judge",
    "engine_error": "Engine failed",
}
MEASURES = {"clarity": "Sharpness", "brightness": "Brightness", "contrast": "Contrast", "noise": "Noise"}

# Overview
OVERVIEW_LEAD = "Photos, judgements and services at a glance."
TILE_PHOTOS = "Photos, last 24 h"
TILE_UNCLEAR = "Unclear"
TILE_UNKNOWN = "Unknown meters"
TILE_REFUSED = "Refused"
TILE_TIME = "Time per photo"
AGAINST_MEAN = "against the 7-day mean"
SAME_AS_MEAN = "as the 7-day mean"
OF_JUDGED = "of {judged} judged"
NOTHING_JUDGED = "nothing judged yet"
DUPLICATES_ASIDE = "{duplicates} duplicates"
IN_REFUSED = "see History for the reasons"
NOTHING_ARRIVED = "nothing arrived"
NONE_REFUSED = "every file was a photo"
ENGINE_TIME = "engine, mean of 24 h"
CHART_PHOTOS = "Photos per day"
CHART_UNCLEAR = "Unclear share per day"
CHART_MEAN = "mean"
CHART_EMPTY = "Nothing in these days yet"
ALL_PHOTOS = "All photos"
ALL_SITES = "All sites"
NO_SITE = "Inbox itself"
OTHER_SITES = "Other sites"
RANGE = "Days shown"
DAYS = "{days} days"
NO_TAG_YET = "No photo of these days has a tag."
LATEST = "Latest photos"
ALL_IN_HISTORY = "All in History"
SERVICES = "Services"
SERVICE_WATCHER = "Watcher"
SERVICE_ENGINE = "Engine"
SERVICE_GROUPING = "Grouping"
SERVICE_DISK = "Disk"
RUNNING = "Running"
STOPPED = "Stopped"
STARTING = "Starting"
IDLE = "Idle"
READY = "Ready"
PARTLY = "Partly"
DAMAGED = "Damaged"
NEVER = "Never started"
FINE = "Fine"
NEARLY_FULL = "Nearly full"
WATCHER_START = "Start it: python -m daemon run"
WATCHER_LOADS = "The models are loading; the very first time that takes a minute, on a busy machine some."
PAUSED = "Paused"
ENGINE_SILENT = "The engine does not judge a known picture. {why}"
WATCHER_BEAT = "last sign of life {age} ago"
WATCHER_MODE = "{mode}, last sign of life {age} ago"
WAITING = "{waiting} waiting in the inbox"
WAITING_OLDEST = "{waiting} waiting in the inbox, the oldest for {age}"
NOTHING_WAITING = "The inbox is empty"
MODEL_NAMES = {"meter_type": "meter type", "good_bad": "good or bad", "details": "print"}  # where not as the task
NO_MODEL = "no model"
GROUPING_NOTHING = "no run yet"
GROUPING_SINCE = "runs since {when}"
GROUPING_CANCELLED = "cancelled {when}"
GROUPING_LAST = "last {when}, took {seconds}"
GROUPING_NEXT = "next {when}"
DISK_FREE = "{free} free"
UPDATED = "Updated {when}"
EMPTY_TITLE = "No photo yet"
EMPTY_DROP = "Drop photos into"
EMPTY_SAMPLE = "No meter at hand? Draw forty:"

# Predict
PREDICT_LEAD = "Judge photos here and now. Nothing is filed or recorded."
DROP_PHOTOS = "Photos"
DROP_HINT = "Drop up to {most} photos. Your files are deleted as soon as they are judged."
PREDICT_EMPTY = "No photo judged yet"
PREDICT_EMPTY_HINT = "Drop photos into the box. Each gets a card with its verdict."
JUDGED_SO_FAR = "{done} of {all} judged"
TOO_MANY = "{given} photos were dropped; the first {most} were judged. Drop the others again."
NOT_JUDGED = "Not judged"
TOP_GUESSES = "Meter type, best guesses"
NO_TYPE_MODEL = "No meter-type model is installed, so the type is not judged."
MARK_IS_UNKNOWN = "mark = {percent}: below it a meter is Unknown"
OVERALL = "Overall"
PRINT_DIFFERS = "like {label}, print differs"
PRINT_DIFFERS_ADVICE = "Like {label}, but its print differs. Once filed, the photo joins the next grouping."
UNFAMILIAR_ADVICE = "Too unlike the {label} photos the model learned from. Once filed, the photo joins the next grouping."
FAMILIAR = "Familiarity"
FAMILIAR_HINT = "How alike the photo is to those of the best guess that the model learned from"
UNKNOWN_ADVICE = "No known type reaches {percent}. Once filed, the photo joins the next grouping."
MILLISECONDS = "{ms} ms"
PIXELS = "{width} × {height} px"

# History
HISTORY_LEAD = "Every photo that arrived, newest first."
FILTERS = "Filters"
PERIOD = "Period"
PERIODS = {"1": "24 hours", "7": "7 days", "30": "30 days", "90": "90 days", "all": "All time"}
SITE = "Site"
OUTCOME = "Outcome"
CLARITY = "Clarity"
QUALITY = "Quality"
METER_TYPE = "Meter type"
HAS_TAGS = "Has all tags"
NAME = "File name contains"
ANY = "Any"
RESET = "Reset"
PHOTO = "Photo"
PHOTOS = "photos"
FOUND_ONE = "photo"
ON_THIS_PAGE = "on this page"
RECEIVED = "Received"
TAGS_COLUMN = "Tags"
FILE = "File"
BEST_GUESS = "perhaps {label}, {percent}"
BY_LABELLED = "by labelled photos"
BY_PERSON = "by a person"
NEWER = "Newer"
OLDER = "Older"
NEWEST = "Newest"
PAGES = "Pages"
RESULTS = "Photos"
NO_MATCH = "No photo matches these filters"
NO_MATCH_HINT = "Remove a filter or widen the period."
NO_SELECTION = "No photo selected"
NO_SELECTION_HINT = "Choose a row to see the photo and its full verdict."
GONE = "This photo is no longer recorded."
CLOSE = "Close"
OPEN_FULL = "Open the full photo"
NO_PREVIEW = "No preview"
DETAIL = "Photo in full"
WHY_REFUSED = "Why it was refused"
DUPLICATE_OF = "The same bytes arrived before, as photo {id}."
SHOW_ORIGINAL = "Show the first one"
MODEL_SAID = "the model said {guess}"
FACTS = {
    "received": "Received",
    "site": "Site",
    "camera": "Camera",
    "source": "Arrived as",
    "path": "Lies at",
    "size": "Size",
    "group": "Group",
    "judged": "Judged in",
    "stamps": "Judged by",
    "sha256": "SHA-256",
    "id": "Photo",
}

# Groups
GROUPS_LEAD = "Unknown meters that look alike. Name a group once: it becomes a meter type."
GROUP = "Group {id}"
UNGROUPED = "Ungrouped"
UNGROUPED_HINT = "Too few look alike so far. They are tried again at every regroup."
WAITS_FOR_MORE = "Waits for more"
NEEDS_NAME = "Needs a name"
NAMED = "Named"
NO_GROUP = "No group yet"
NO_GROUP_HINT = "Unknown meters are grouped by look as soon as enough of them have arrived."
GROUP_LIST = "Groups"
TYPE_NAME = "Meter type name"
TYPE_NAME_EXAMPLE = "for example GENUS6"
CHOOSE_GROUP = "Choose a group, or tick photos, first."
NAMED_FILES = "Their files move to the folder {name} now."
NAMED_FILES_LATER = "Their files move to the folder {name} as soon as the watcher runs."
NAMED_NEXT = "From now on photos of this design are recognised from these labelled photos; those that wait are looked at now."
JOINED_LIVE = "joined live"
JOINED_LIVE_HINT = "It clearly belonged here and joined at once, without a regroup."
TICK = "Tick"
ALREADY_NAMED = "This group is {name}. Its photos count as that type."
SELECTED = "{photos} selected on the map"
SELECTED_HINT = "A name takes them out of their groups; the others stay."
SELECTION_GONE = "None of the selected photos is still unknown. The page now shows what is."
CLEAR_SELECTION = "Clear selection"
LEFT_OUT = "{photos} of the selection had a type already and kept it."
MAP = "Map of unknown meters"
MAP_LEAD = "near = alike"
MAP_NAME = "Map of {photos} of unknown meters; groups: {groups}. The list and the gallery show the same photos."
MAP_HINT = "Drag around points to select; click one to open its group."
MAP_TOUCH_HINT = "Tap a point to open its group."
MAP_DRAW = "Draw a selection"
MAP_CAPPED = "Only the newest {shown} of {all} are drawn."
MAP_LATER = "The next regrouping draws it."
REGROUP = "Regroup now"
REGROUP_ASKED = "Regrouping is asked for."
REGROUP_WAITS = "Regrouping is asked for; it starts as soon as the watcher runs."
REGROUP_RUNS = "Regrouping…"
MORE = "More"
FIRST = "Back to the first"
SHOWN = "{first}–{last} of {all}"
PREVIOUS_PHOTO = "Previous photo"
NEXT_PHOTO = "Next photo"


def tag(name: str) -> str:
    """A tag as people say it."""
    return TAGS.get(name, name.replace("_", " ").capitalize())


def reason(code: str | None) -> str:
    """A refusal's reason as people say it."""
    return REASONS.get(code or "", (code or REFUSED).replace("_", " ").capitalize())


def count_photos(number: int) -> str:
    """One photo, or so many photos."""
    return f"{number:,} photo" if number == 1 else f"{number:,} photos"


def name_these(number: int) -> str:
    """The button that names so many photos."""
    return "Name this photo" if number == 1 else f"Name these {count_photos(number)}"


def named_now(number: int, name: str) -> str:
    """What a naming did."""
    return f"{count_photos(number)} {'is' if number == 1 else 'are'} now {name}."
