"""Image quality: measure a photo, then judge the numbers by versioned thresholds."""

from engine.quality.judgement import ADVICE, GRAVITY, UNSURE, QualityJudgement, advice, by_gravity, judge
from engine.quality.measures import measure, measure_picture
from engine.quality.thresholds import DEFECT_TAGS, NO_SITE_CUTS, TAGS, Curve, Rule, SiteCuts, Tag, Term, Thresholds
from engine.quality.versions import active, active_version, shipped

__all__ = [
    "ADVICE",
    "DEFECT_TAGS",
    "GRAVITY",
    "NO_SITE_CUTS",
    "TAGS",
    "UNSURE",
    "Curve",
    "QualityJudgement",
    "Rule",
    "SiteCuts",
    "Tag",
    "Term",
    "Thresholds",
    "active",
    "active_version",
    "advice",
    "by_gravity",
    "judge",
    "measure",
    "measure_picture",
    "shipped",
]
