"""Who acts on the pages: the name that a person wrote on them, kept by the browser. No login: anybody may write any name."""

from __future__ import annotations

from contextvars import ContextVar
from urllib.parse import unquote

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

NOBODY = "pages"  # until a name is written
COOKIE = "metersieve_name"
LONGEST = 60  # letters

_name: ContextVar[str] = ContextVar("who", default=NOBODY)


def who() -> str:
    """The name that stands beside what is done while this call is answered."""
    return _name.get()


def written(cookie: str) -> str:
    """The name in a cookie: one line, without signs that nobody sees; `NOBODY` where there is none."""
    seen = "".join(sign if sign.isprintable() else " " for sign in unquote(cookie))
    return " ".join(seen.split())[:LONGEST].rstrip() or NOBODY


class Who:
    """ASGI middleware: what a call does is done by whom its cookie names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = _name.set(written(HTTPConnection(scope).cookies.get(COOKIE, "")))
        try:
            await self._app(scope, receive, send)
        finally:
            _name.reset(token)
