"""Image quality: measure a photo, then judge the numbers by versioned thresholds."""

from engine.quality.judgement import UNSURE, QualityJudgement, judge
from engine.quality.measures import measure
from engine.quality.thresholds import DEFECT_TAGS, TAGS, Curve, Rule, Tag, Term, Thresholds
from engine.quality.versions import active, active_version, shipped

__all__ = [
    "DEFECT_TAGS",
    "TAGS",
    "UNSURE",
    "Curve",
    "QualityJudgement",
    "Rule",
    "Tag",
    "Term",
    "Thresholds",
    "active",
    "active_version",
    "judge",
    "measure",
    "shipped",
]
