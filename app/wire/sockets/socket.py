"""One accepted websocket over ASGI: text out, anything in, and what is known of how well its reader keeps up."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from starlette.types import Message, Receive, Scope, Send

# ASGI extensions, which `GoingAwayWebSocket` offers
ABORT = "rapport.abort"  # cuts the connection off
OUTLET = "rapport.outlet"  # an `Outlet`
_LONGEST_REASON = 123  # bytes that a close frame has for it


class Outlet(Protocol):
    """A connection that can be written to without waiting."""

    drained: Callable[[], None] | None
    """Called when everything has been taken that was not at once."""

    is_closed: bool
    """Set by who closes the socket: nothing more is written."""

    def write_text(self, before: bytes, payload: bytes, after: bytes) -> bool:
        """One message, in UTF-8; False, and nothing is written, while an earlier one has not been taken."""
        ...

    def untaken(self) -> int:
        """Bytes that were written and that the reader has not made room for."""
        ...


class SocketGone(Exception):
    """Nothing can be sent any more: the socket is closed, or its peer has vanished."""


class Socket:
    """Senders wait until the reader has taken what was written before; `is_stuck` tells when it takes nothing."""

    __slots__ = (
        "_abort",
        "_blocked_since",
        "_call",
        "_outlet",
        "_receive",
        "_send",
        "_time",
        "_turn",
        "_untaken",
        "_waiting",
        "is_aborted",
        "is_closed",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        extensions = scope.get("extensions", {})
        self._abort = extensions.get(ABORT)
        self._outlet: Outlet | None = extensions.get(OUTLET)
        self._call = asyncio.current_task()
        self._time = asyncio.get_running_loop().time
        self._turn = asyncio.Lock()
        self._waiting = 0  # sends
        self._untaken = 0  # bytes, when it was looked at last
        self._blocked_since: float | None = None
        self.is_closed = self.is_aborted = False

    async def accept(self, subprotocol: str | None) -> bool:
        """False if the client went away before it was answered."""
        if (await self._receive())["type"] != "websocket.connect":
            return False
        with suppress(SocketGone):
            await self._out({"type": "websocket.accept", "subprotocol": subprotocol, "headers": []})
        return not self.is_closed

    async def refuse(self) -> None:
        """Answers the handshake with 403."""
        if (await self._receive())["type"] == "websocket.connect":
            await self.close(1008, "")

    async def receive(self) -> str | bytes | None:
        """The next frame; None when there will be no other."""
        message = await self._receive()
        if self.is_closed or message["type"] == "websocket.disconnect":
            self._shut()
            return None
        text: str | None = message.get("text")
        data: bytes = message.get("bytes") or b""
        return data if text is None else text

    async def send(self, text: str) -> None:
        """Waits while the reader does not keep up. Raises `SocketGone`."""
        if self.is_closed:
            raise SocketGone
        await self._out({"type": "websocket.send", "text": text})

    async def send_in_turn(self, *parts: bytes) -> None:
        """As `send`. The parts, in UTF-8, are put together when what waited before is sent: they may be large."""
        if self.is_closed:
            raise SocketGone
        await self._out({"type": "websocket.send"}, parts)

    async def close(self, code: int, reason: str) -> None:
        """Says goodbye, if that has not been said; a reason that is too long for its frame is cut."""
        if self.is_closed:
            return
        self._shut()
        bounded = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
        with suppress(SocketGone):
            await self._out({"type": "websocket.close", "code": code, "reason": bounded})

    def outlet(self, drained: Callable[[], None]) -> Outlet | None:
        """To write without waiting, where the server offers it; `drained` is called when the reader has caught up."""
        if self._outlet is not None:
            self._outlet.drained = drained
        return self._outlet

    def send_now(self, text: bytes) -> bool:
        """A message that goes without a task and without waiting, or not at all."""
        return self._outlet is not None and not self.is_closed and self._outlet.write_text(text, b"", b"")

    def is_stuck(self, now: float, seconds: float) -> bool:
        """Whether something waits to be sent or to be taken, and nothing went through for so long."""
        if self.is_aborted:
            return False
        is_waited_for = self._waiting > 0
        if self._outlet is not None:
            untaken = self._outlet.untaken()
            if untaken < self._untaken or not (untaken or is_waited_for):
                self._blocked_since = None  # who is slow gets more time
            self._untaken = untaken
            is_waited_for = is_waited_for or untaken > 0
            if is_waited_for and self._blocked_since is None:
                self._blocked_since = now
        return is_waited_for and self._blocked_since is not None and now - self._blocked_since >= seconds

    @property
    def is_waiting(self) -> bool:
        return self._waiting > 0

    def abort(self) -> None:
        """Ends the connection without a goodbye, and the ASGI call that serves it."""
        self._shut()
        self.is_aborted = True
        if self._abort is not None:
            self._abort()
        if self._call is not None:
            self._call.cancel()

    def _shut(self) -> None:
        self.is_closed = True
        if self._outlet is not None:
            self._outlet.is_closed = True

    async def _out(self, message: Message, parts: tuple[bytes, ...] = ()) -> None:
        """Who waits for a turn counts as waiting to be sent."""
        if self._blocked_since is None:
            self._blocked_since = self._time()
        self._waiting += 1
        try:
            if parts:
                await self._send_in_turn(message, parts)
            else:
                await self._send(message)
        except (OSError, RuntimeError) as gone:  # the peer vanished; or another sender closed while this one waited
            self._shut()
            raise SocketGone from gone
        finally:
            self._waiting -= 1
        # Not after a send that was given up: else who stops an operation and starts another one would gain time.
        self._blocked_since = self._time() if self._waiting else None

    async def _send_in_turn(self, message: Message, parts: tuple[bytes, ...]) -> None:
        async with self._turn:
            if self.is_closed:
                raise SocketGone
            message["text"] = b"".join(parts).decode()
            await self._send(message)
