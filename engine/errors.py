"""Every failure the engine expects, each with advice a person can act on.

EngineError
├── PictureError            a file that cannot be judged; `reason` is the code a refusal is filed under
│   ├── EmptyFile           empty
│   ├── NotAnImage          not_an_image
│   ├── Truncated           truncated
│   ├── Unreadable          unreadable
│   ├── TooManyBytes        too_large
│   └── TooManyPixels       bomb
├── ModelError              a model bundle that is missing, damaged or does not fit its card
├── DataError               training or evaluation data that cannot be used as it is
└── ArgumentError           a command-line argument that makes no sense
"""

from __future__ import annotations

from typing import ClassVar


class EngineError(Exception):
    """Base of all expected failures. `str(error)` says what is wrong and what to do about it."""


class PictureError(EngineError):
    """A file that cannot be judged."""

    reason: ClassVar[str] = "unreadable"


class EmptyFile(PictureError):
    """The file has no bytes."""

    reason = "empty"


class NotAnImage(PictureError):
    """The bytes are not a picture in any format we read."""

    reason = "not_an_image"


class Truncated(PictureError):
    """The file starts as a picture but ends too early."""

    reason = "truncated"


class Unreadable(PictureError):
    """The file says it is a picture, but its content cannot be decoded."""

    reason = "unreadable"


class TooManyBytes(PictureError):
    """The file is larger than the byte limit."""

    reason = "too_large"


class TooManyPixels(PictureError):
    """The picture has more pixels than the pixel limit (a decompression bomb, or a giant scan)."""

    reason = "bomb"


class ModelError(EngineError):
    """A model bundle that is missing, damaged or does not fit its card."""


class DataError(EngineError):
    """Training or evaluation data that cannot be used as it is."""


class ArgumentError(EngineError):
    """A command-line argument that makes no sense."""
