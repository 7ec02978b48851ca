"""Recognition of meter types: the network proposes, the plates of labelled photos decide, and what neither knows is UNKNOWN."""

from engine.recognition.choice import thinned
from engine.recognition.exemplars import Exemplars, merge
from engine.recognition.recognise import UNKNOWN_BELOW, Description, Recognised, Rule, describe, recognise, recognise_described

__all__ = [
    "UNKNOWN_BELOW",
    "Description",
    "Exemplars",
    "Recognised",
    "Rule",
    "describe",
    "merge",
    "recognise",
    "recognise_described",
    "thinned",
]
