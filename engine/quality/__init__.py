"""Image quality: measure a photo, then judge the numbers by versioned thresholds."""

from engine.quality.judgement import QualityJudgement, judge
from engine.quality.measures import measure
from engine.quality.thresholds import DEFAULT_THRESHOLDS, TAGS, Rule, Tag, Thresholds

__all__ = ["DEFAULT_THRESHOLDS", "TAGS", "QualityJudgement", "Rule", "Tag", "Thresholds", "judge", "measure"]
