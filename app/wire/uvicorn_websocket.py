"""uvicorn's websocket, saying what the protocol says when a server stops: 1001, going away."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

GOING_AWAY = 1001


class GoingAwayWebSocket(WebSocketsSansIOProtocol):
    """Closes open sockets with 1001 at shutdown, where uvicorn says 1012."""

    def shutdown(self) -> None:
        if not self.handshake_complete or self.close_sent:
            super().shutdown()
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": GOING_AWAY})
        self.conn.send_close(GOING_AWAY, "The server is going away")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()
