"""ASGI middleware: a request's id and log line, and a bound on the size and the time of its body."""

import asyncio
import os
import re
import time
from collections.abc import Callable, Sequence

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.wire.deadlines import within
from app.wire.http.accept import accepted_by
from app.wire.http.respond import refuse
from app.wire.http.status import Header, refused

log = structlog.get_logger("rapport.requests")

_SAFE_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_LONG = 40  # of a run of characters that secrets are made of
_SECRET = re.compile(rf"[A-Za-z0-9_-]{{{_LONG},}}")
_READ_OVER = 64
_READ_OVER_SECONDS = 0.5
_QUIET = frozenset({"/healthz", "/readyz"})

RequestLine = Callable[[str, str, int, float, str], None]
"""Writes the line of one request: method, path, status, milliseconds and id."""

_CLOSE: Sequence[Header] = ((b"connection", b"close"),)


class RequestLog:
    """Gives each request an id, taken over from `X-Request-ID` if it is harmless, and logs one line at its end."""

    def __init__(self, app: ASGIApp, *, line: RequestLine | None = None) -> None:
        self.app, self._line = app, line or structured

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        given = _first(scope, b"x-request-id")
        request_id = given if _SAFE_ID.fullmatch(given) else os.urandom(8).hex().encode()
        named = request_id.decode()
        tokens = structlog.contextvars.bind_contextvars(request_id=named)
        began = time.perf_counter()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id)]
            elif message["type"] == "websocket.close":
                status = message.get("code", 1000)
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            if scope["path"] not in _QUIET:
                took = round((time.perf_counter() - began) * 1_000, 1)
                kind = scope["method"] if scope["type"] == "http" else "WEBSOCKET"
                self._line(kind, _shown(scope["path"]), status, took, named)
            structlog.contextvars.reset_contextvars(**tokens)


def structured(method: str, path: str, status: int, milliseconds: float, request_id: str) -> None:
    log.info("request", method=method, path=path, status=status, milliseconds=milliseconds)  # the id is in the context


def _shown(path: str) -> str:
    """A path may hold a secret, such as that of a calendar feed, and a log must not."""
    return (path if len(path) < _LONG else _SECRET.sub("***", path))[:200]


class BoundedBody:
    """Reads a request's body before anything else looks at it: at most so many bytes, within so many seconds."""

    def __init__(self, app: ASGIApp, *, most_bytes: int = 256 * 1_024, seconds: float = 15.0) -> None:
        self.app, self.most_bytes, self.seconds = app, most_bytes, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self.app(scope, receive, send)
            return
        declared = _first(scope, b"content-length")
        if declared.isdigit() and int(declared) > self.most_bytes:
            await self._too_large(scope, send)
            return
        try:
            body = await within(self.seconds, self._read(receive))
        except TimeoutError:
            late = refused("REQUEST_TIMEOUT", "The request's body did not arrive in time", _CLOSE)
            await refuse(send, accepted_by(scope["headers"]), late)
            return
        if body is None:
            await self._too_large(scope, send)
            return
        await self.app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive) -> bytes | None:
        """The body; None for one that is too large."""
        message = await receive()
        if not message.get("more_body", False):  # nearly always it is there at once, and whole
            only: bytes = message.get("body", b"")
            return only if len(only) <= self.most_bytes else None
        return await self._read_on(message, receive)

    async def _read_on(self, message: Message, receive: Receive) -> bytes | None:
        chunks: list[bytes] = []
        size = 0
        while True:
            size += len(message.get("body", b""))
            if size <= self.most_bytes:
                chunks.append(message.get("body", b""))
            else:
                chunks.clear()
            if not message.get("more_body", False) or size > _READ_OVER * self.most_bytes:
                return b"".join(chunks) if size <= self.most_bytes else None
            if size > self.most_bytes:
                # A client that writes all before it reads learns why it was refused; one that stalls is cut off.
                try:
                    async with asyncio.timeout(_READ_OVER_SECONDS):
                        message = await receive()
                except TimeoutError:
                    return None
            else:
                message = await receive()
            if message["type"] == "http.disconnect":
                return b"".join(chunks)

    async def _too_large(self, scope: Scope, send: Send) -> None:
        message = f"The request's body must not be larger than {self.most_bytes // 1_024} KiB"
        await refuse(send, accepted_by(scope["headers"]), refused("PAYLOAD_TOO_LARGE", message, _CLOSE))


def _first(scope: Scope, wanted: bytes) -> bytes:
    for name, value in scope["headers"]:
        if name == wanted:
            return bytes(value)
    return b""


def _replay(body: bytes, receive: Receive) -> Receive:
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
