"""Image quality: measure a photo, then judge the numbers by versioned thresholds."""

from engine.quality.judgement import UNSURE, QualityJudgement, judge
from engine.quality.measures import measure
from engine.quality.thresholds import DEFECT_TAGS, TAGS, Curve, Rule, Tag, Term, Thresholds
from engine.quality.versions import shipped

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
    "judge",
    "measure",
    "shipped",
]
