"""Calls that change something are answered to our own pages and to programs, not to other sites open in the same browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import HTTPException, Request


def require_same_origin(request: Request) -> None:
    """A dependency of every state-changing route. Raises 403 for a browser that calls on behalf of another site.

    A browser says where a call comes from (Sec-Fetch-Site, Origin) and no script can change that; a program says neither.
    """
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise HTTPException(403, "Calls from other sites are refused.")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise HTTPException(403, "Calls from other sites are refused.")
