"""ASGI middleware: a request's id and log line, and a bound on the size and the time of its body."""

import asyncio
import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.wire.http import error_response

log = structlog.get_logger("rapport.requests")

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_READ_OVER = 64
_READ_OVER_SECONDS = 0.5
_QUIET = frozenset({"/healthz", "/readyz"})


class RequestLog:
    """Gives each request an id, taken over from `X-Request-ID` if it is harmless, and logs one line at its end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _SAFE_ID.fullmatch(given) else secrets.token_hex(8)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.perf_counter()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            elif message["type"] == "websocket.close":
                status = message.get("code", 1000)
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            if scope["path"] not in _QUIET:
                took = round((time.perf_counter() - began) * 1_000, 1)
                kind = scope["method"] if scope["type"] == "http" else "WEBSOCKET"
                log.info("request", method=kind, path=scope["path"][:200], status=status, milliseconds=took)
            structlog.contextvars.unbind_contextvars("request_id")


class BoundedBody:
    """Reads a request's body before anything else looks at it: at most so many bytes, within so many seconds."""

    def __init__(self, app: ASGIApp, *, most_bytes: int = 256 * 1_024, seconds: float = 15.0) -> None:
        self.app, self.most_bytes, self.seconds = app, most_bytes, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > self.most_bytes:
            await self._too_large(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(self._read(receive), self.seconds)
        except TimeoutError:
            response = error_response(408, "REQUEST_TIMEOUT", "The request's body did not arrive in time")
            response.headers["connection"] = "close"
            await response(scope, receive, send)
            return
        if body is None:
            await self._too_large(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive) -> bytes | None:
        chunks: list[bytes] = []
        size = 0
        while True:
            if size > self.most_bytes:
                # A client that writes all before it reads learns why it was refused; one that stalls is cut off.
                try:
                    message = await asyncio.wait_for(receive(), _READ_OVER_SECONDS)
                except TimeoutError:
                    return None
            else:
                message = await receive()
            if message["type"] == "http.disconnect":
                return b"".join(chunks)
            size += len(message.get("body", b""))
            if size <= self.most_bytes:
                chunks.append(message.get("body", b""))
            else:
                chunks.clear()
            if not message.get("more_body", False) or size > _READ_OVER * self.most_bytes:
                return b"".join(chunks) if size <= self.most_bytes else None

    async def _too_large(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = f"The request's body must not be larger than {self.most_bytes // 1_024} KiB"
        response = error_response(413, "PAYLOAD_TOO_LARGE", message)
        response.headers["connection"] = "close"
        await response(scope, receive, send)


def _replay(body: bytes, receive: Receive) -> Receive:
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
