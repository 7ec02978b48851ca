"""What the pages say of the person in front of them."""

from __future__ import annotations

NAME = "Your name"
HINT = "It stands beside what you name, split, undo or promote. This browser remembers it; it is no login."
SAVE = "Save"
CANCEL = "Cancel"
