"""Feeds over HTTP: `/calendar/<secret>.ics`, as calendar programs ask for them, again and again."""

import re
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from anyio import CapacityLimiter, to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.actor import SYSTEM
from app.context import House
from app.services import sessions as session_service
from app.services.sessions import FeedMark, FeedText

_SECRET: Final = re.compile("[A-Za-z0-9_-]{43}")
_AT_ONCE: Final = 2
_SETTLED: Final = timedelta(minutes=1)


class CalendarFeeds:
    """Says of a secret that is wrong what it says of one that was revoked: not found."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._writing = CapacityLimiter(_AT_ONCE)

    async def feed(self, request: Request) -> Response:
        now = self._house.clock()
        secret = request.path_params["secret"]
        if not _SECRET.fullmatch(secret):
            raise HTTPException(404)
        database = self._house.database
        async with database.transaction(SYSTEM.settings()) as db:
            viewer = await session_service.find_feed_reader(db, secret=secret, now=now)
        if viewer is None:
            raise HTTPException(404)
        text: FeedText | None = None
        async with database.transaction(viewer.actor.settings(), read_only=True) as db:
            mark = await session_service.mark_of_feed(db, viewer, now=now)
            is_known = _is_known(request, mark, now)
            if not is_known and request.method == "GET":
                text = await session_service.text_of_feed(db, viewer, now=now)
        if is_known:
            return Response(status_code=304, headers=_headers(mark, now))
        # In a thread, so that nobody else waits for a long one.
        body = await to_thread.run_sync(text.bytes, limiter=self._writing) if text is not None else b""
        response = Response(body, headers=_headers(mark, now), media_type="text/calendar; charset=utf-8")
        if text is None:
            del response.headers["content-length"]  # a HEAD, and nobody has written it
        return response


def _headers(mark: FeedMark, now: datetime) -> dict[str, str]:
    headers = {
        "etag": f'"{mark.tag}"',
        "cache-control": "private, no-cache",
        "content-disposition": 'inline; filename="coaching-sessions.ics"',
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    if _says_when(mark, now):
        headers["last-modified"] = format_datetime(mark.changed_at.replace(microsecond=0), usegmt=True)
    return headers


def _says_when(mark: FeedMark, now: datetime) -> bool:
    """Only of what is a minute old: a second may hold two changes, and one may be stamped before it is seen."""
    return now - mark.changed_at >= _SETTLED


def _is_known(request: Request, mark: FeedMark, now: datetime) -> bool:
    """Whether the asker has this very text; the tags decide where any are given (RFC 9110, 13.2.2)."""
    if (tags := request.headers.get("if-none-match")) is not None:
        given = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in given or f'"{mark.tag}"' in given
    since = _instant(request.headers.get("if-modified-since"))
    return since is not None and _says_when(mark, now) and mark.changed_at.replace(microsecond=0) <= since


def _instant(header: str | None) -> datetime | None:
    """None for what is no date."""
    try:
        found = parsedate_to_datetime(header) if header else None
    except (ValueError, IndexError, TypeError):
        return None
    return found if found is not None and found.tzinfo is not None else None
