"""The graphql-transport-ws protocol, where Strawberry's handler is stricter or laxer than the protocol is."""

from typing import Any

import structlog
from graphql import GraphQLError
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

log = structlog.get_logger(__name__)


class TransportWebSocketHandler(BaseGraphQLTransportWSHandler[Any, Any]):
    """One malformed operation ends by itself; a frame that is not of the protocol closes the socket with 4400."""

    async def handle_message(self, message: Any) -> None:
        if not isinstance(message, dict):
            await self.handle_invalid_message("A message must be an object")
            return
        if message.get("type") == "connection_init" and message.get("payload", {}) is None:
            message = {"type": "connection_init"}
        if message.get("type") == "subscribe" and not _is_subscribe(message):
            await self.handle_invalid_message("A subscribe message needs an id and a payload with a query")
            return
        await super().handle_message(message)

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """A syntax error belongs to its operation: the neighbours on the socket go on."""
        return None


def _is_subscribe(message: dict[str, Any]) -> bool:
    payload = message.get("payload")
    return (
        isinstance(message.get("id"), str)
        and isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("variables") or {}, dict)
        and isinstance(payload.get("operationName") or "", str)
    )
