"""What the Models page says of the thresholds behind the quality tags."""

from __future__ import annotations

TITLE = "Quality tags: judges now"
DAMAGED = "The thresholds cannot judge"
MADE = "made {when}"
SHIPPED = "comes with the product"
TUNED = "tuned from {parent}"
FITTED_ON = "Fitted on {photos}."
GOOD_TAGGED = "Of good photos left out of the fit, {percent} got a tag they are not known to deserve."
OTHERS = "Also there: {versions}"
FIGURES = "How good each tag is"
FIGURES_LEAD = (
    "On photos left out of the fit; photos from elsewhere do worse. Found: of the photos with the defect, those tagged. "
    "Right: of those tagged, the ones that have it. F1: both in one number, 1 at best. Right and F1 count every photo known to "
    "be without the defect, whatever else is wrong with it: the more of these there are for each photo with it, "
    "the lower they get. Of the thresholds that come with the product docs/quality.md has smaller sets, too: field photos alone."
)
COLUMNS = ("Tag", "Found", "Right", "F1")
PHOTOS = "Photos with / without"
UNMEASURED = "No figures of its own: {tags}."
NO_FIGURES = "This version holds no figures."
CHANGE = "To change it"
COMMANDS = (
    ("python -m engine tune labelled.csv", "fit to your own labelled photos, as a new version"),
    ("python -m engine tune --adopt VERSION", "let another version judge from the next photo on"),
    ("python -m daemon retag --dry-run", "say what that changes in the archive; without --dry-run, change it"),
)
ROLL_BACK = ("python -m engine tune --rollback", "return to {parent}")
