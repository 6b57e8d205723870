"""graphql-transport-ws, the protocol of today: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md."""

from typing import Any

from graphql import GraphQLError

from app.wire.sockets.conversation import Conversation, Errand

PING, PONG = '{"type":"ping"}', '{"type":"pong"}'
TERMINATED = 4499  # what this protocol's clients call a frozen socket themselves, and come back after


class TransportConversation(Conversation):
    """Pings a client that is silent, and gives up one that stays silent."""

    subprotocol = "graphql-transport-ws"
    start_type, stop_type, next_type = "subscribe", "complete", "next"

    _pinged_at: float | None = None

    def errors_payload(self, errors: list[GraphQLError]) -> object:
        return [error.formatted for error in errors]

    def keep_alive(self, now: float) -> Errand | None:
        """Whatever a client says shows that it is there, be it a pong or not."""
        seconds = self.served.limits.ping_seconds
        if self._pinged_at is not None and self.heard_at >= self._pinged_at:
            self._pinged_at = None
        if self._pinged_at is not None:
            is_lost = now - self._pinged_at >= seconds
            return self.socket.close(TERMINATED, "Terminated: no answer to a ping") if is_lost else None
        if now - self.heard_at < seconds:
            return None
        self._pinged_at = now
        return None if self.socket.send_now(PING.encode()) else self.socket.send(PING)

    async def take_other(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "ping":
                await self.socket.send(PONG)
            case "pong":
                pass
            case _:
                await super().take_other(message)
