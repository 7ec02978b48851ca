"""How a person's act comes in over REST: who acts, one transaction, and 409 with the reason where it cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.labels import UndoError
from db.naming import ActError, Seen

Id = Annotated[int, Field(ge=0, le=2**63 - 1)]  # of a row: what a database can hold


class By(BaseModel):
    """Who acts: recorded with every label. A field nobody knows is refused: it may be one that was mistyped."""

    model_config = ConfigDict(extra="forbid")

    by: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)] = "api"


class OnGroup(By):
    """An act on a whole group, by what of it the person looked at: `seen`, how many photos, or `members`, surer, as listed."""

    seen: int | None = None
    members: str = Field("", max_length=64)

    @property
    def looked_at(self) -> Seen:
        """What the group has to be still."""
        return self.members or self.seen or 0

    @model_validator(mode="after")
    def _says_it(self) -> Self:
        if self.seen is None and not self.members:
            raise ValueError("say with seen how many photos the group had, or with members which")
        return self


def acting(engine: Engine, clock: Callable[[], datetime]) -> Callable[..., Any]:
    """A function that does an act of `db` with what is given, at the present time, and returns what the act does."""

    def do(act: Callable[..., Any], *given: Any, **named: Any) -> Any:
        with Session(engine) as session:
            try:
                done = act(session, *given, now=clock(), **named)
                session.commit()
            except (ActError, UndoError) as error:
                raise HTTPException(409, str(error)) from error
        return done

    return do
