"""uvicorn's websocket, with the protocol's word for a server that stops, and with an end for readers that stop reading.

uvicorn closes a connection once what it has written was read. Of a peer that reads nothing that is never.
"""

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from app.wire.sockets.socket import ABORT

GOING_AWAY = 1001


class GoingAwayWebSocket(WebSocketsSansIOProtocol):
    """Closes open sockets with 1001 at shutdown, where uvicorn says 1012, and closes none without a deadline."""

    _deadline: asyncio.TimerHandle | None = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            self.scope["extensions"][ABORT] = self.transport.abort  # type: ignore[assignment]

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
        if self._deadline is not None:
            self._deadline.cancel()

    def _abort_later(self) -> None:
        """Whoever has not read the goodbye until then does not get it."""
        if self._deadline is None and not self.disconnected:
            self._deadline = self.loop.call_later(self.close_timeout, self.transport.abort)
