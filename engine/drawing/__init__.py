"""Meter photos drawn with known truth: for demos without photos, for tests, and as stand-ins in training."""

from engine.drawing.camera import Defect
from engine.drawing.design import Design, design
from engine.drawing.photo import Truth, draw_photo

__all__ = ["Defect", "Design", "Truth", "design", "draw_photo"]
