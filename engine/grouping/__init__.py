"""Grouping of unknown meters: network embeddings propose who looks alike, matched front plates decide."""

from engine.grouping.grouping import NOISE, Grouping, group
from engine.grouping.ids import keep_ids
from engine.grouping.options import Options
from engine.grouping.plates import Plate, describe_plate

__all__ = ["NOISE", "Grouping", "Options", "Plate", "describe_plate", "group", "keep_ids"]
