"""subscriptions-transport-ws, the protocol before, which calls itself graphql-ws; only where a setting asks for it.

As its own server had it: a `start` with an id that is in use replaces the operation, and a `stop` is answered with
`complete`. Otherwise the rules, and the codes of closing, are those of today's protocol.
"""

from typing import Any

from graphql import GraphQLError
from strawberry.exceptions import ConnectionRejectionError

from app.wire.sockets.conversation import Closing, Conversation, Errand
from app.wire.sockets.operation import Operation

KEEP_ALIVE = '{"type":"ka"}'


class LegacyConversation(Conversation):
    """Its clients answer no pings, so it only tells them that the server is there."""

    subprotocol = "graphql-ws"
    start_type, stop_type, next_type = "start", "stop", "data"

    _kept_alive_at = 0.0

    def errors_payload(self, errors: list[GraphQLError]) -> object:
        """This protocol has room for one error."""
        return errors[0].formatted

    def keep_alive(self, now: float) -> Errand | None:
        if now - self._kept_alive_at < self.served.limits.ping_seconds:
            return None
        self._kept_alive_at = now
        return self.socket.send(KEEP_ALIVE)

    async def acknowledge(self) -> None:
        await super().acknowledge()
        self._kept_alive_at = self.heard_at
        await self.socket.send(KEEP_ALIVE)

    async def reject(self, rejection: ConnectionRejectionError) -> None:
        await self.send({"type": "connection_error", "payload": rejection.payload})

    async def take_id_in_use(self, operation: Operation) -> None:
        operation.cancel()

    async def stopped(self, operation: Operation) -> None:
        await self.send({"id": operation.id, "type": "complete"})

    async def take_other(self, message: dict[str, Any]) -> None:
        if message.get("type") == "connection_terminate":
            raise Closing(1000, "")
        await super().take_other(message)
