"""uvicorn's websocket, with the protocol's word for a server that stops, and with an end for readers that stop reading.

uvicorn closes a connection once what it has written was read. Of a peer that reads nothing that is never. It handles
whatever it could read at once, which may be forty thousand frames, and takes more while those still wait.
"""

import asyncio
from collections.abc import Callable
from struct import Struct

from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from app.wire.sockets.socket import ABORT, OUTLET

GOING_AWAY = 1001
SLICE = 4_096
"""Bytes that are handled in one turn of the loop, which then is everybody's again."""

_TEXT = 0x81  # a whole message, from a server and so without a mask
_SHORT, _LONG, _LONGEST = Struct("!BB").pack, Struct("!BBH").pack, Struct("!BBQ").pack


class WebSocketOutlet:
    """An `Outlet`. Thousands are written to for one event, so a write touches as few objects as can be."""

    __slots__ = ("_transport", "drained", "is_behind", "is_closed")

    def __init__(self, transport: asyncio.Transport) -> None:
        transport.set_write_buffer_limits(high=0)  # told of all that is not taken at once
        self._transport = transport
        self.drained: Callable[[], None] | None = None
        self.is_behind = self.is_closed = False

    def write_text(self, before: bytes, payload: bytes, after: bytes) -> bool:
        transport = self._transport
        if self.is_behind or self.is_closed or transport.is_closing():
            return False
        length = len(before) + len(payload) + len(after)
        if length < 126:
            head = _SHORT(_TEXT, length)
        elif length < 65_536:
            head = _LONG(_TEXT, 126, length)
        else:
            head = _LONGEST(_TEXT, 127, length)
        transport.write(b"".join((head, before, payload, after)))
        return True

    def untaken(self) -> int:
        return self._transport.get_write_buffer_size() if self.is_behind else 0


class GoingAwayWebSocket(WebSocketsSansIOProtocol):
    """Closes open sockets with 1001 at shutdown, where uvicorn says 1012, and closes none without a deadline."""

    outlet: WebSocketOutlet | None = None
    _unhandled = b""
    _next_slice: asyncio.Handle | None = None
    _deadline: asyncio.TimerHandle | None = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            self.outlet = WebSocketOutlet(self.transport)
            self.scope["extensions"][ABORT] = self.transport.abort  # type: ignore[assignment]
            self.scope["extensions"][OUTLET] = self.outlet  # type: ignore[assignment]

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.outlet is not None:
            self.outlet.is_behind = True

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.outlet is not None:
            self.outlet.is_behind = False
            if self.outlet.drained is not None:
                self.outlet.drained()
        if self._unhandled:
            self._go_on()

    def data_received(self, data: bytes) -> None:
        if self._unhandled or len(data) > SLICE:
            self._unhandled += data
            self._go_on()
        else:
            super().data_received(data)

    async def receive(self) -> ASGIReceiveEvent:
        """uvicorn reads on as soon as all messages have been taken; more may have been read already."""
        message = await super().receive()
        if self._unhandled:
            self._go_on()
        return message

    def _go_on(self) -> None:
        """With the next slice, when the messages of the last one have been taken, and its pongs too."""
        self.transport.pause_reading()
        if self._next_slice is None and not self.read_paused and self.writable.is_set():
            self._next_slice = self.loop.call_soon(self._take_slice)

    def _take_slice(self) -> None:
        self._next_slice = None
        if self.transport.is_closing():
            self._unhandled = b""
            return
        piece, self._unhandled = self._unhandled[:SLICE], self._unhandled[SLICE:]
        super().data_received(piece)
        if self._unhandled:
            self._go_on()
        elif not self.read_paused:
            self.transport.resume_reading()

    def shutdown(self) -> None:
        if not self.handshake_complete or self.close_sent:
            super().shutdown()
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": GOING_AWAY})
        self.conn.send_close(GOING_AWAY, "The server is going away")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._abort_later()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        self._abort_later()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for timer in (self._deadline, self._next_slice):
            if timer is not None:
                timer.cancel()

    def _abort_later(self) -> None:
        """Whoever has not read the goodbye until then does not get it."""
        if self._deadline is None and not self.disconnected:
            self._deadline = self.loop.call_later(self.close_timeout, self.transport.abort)
