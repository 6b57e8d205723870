"""The graphql-transport-ws protocol, where Strawberry's handler is stricter or laxer than the protocol is."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import structlog
from graphql import GraphQLError, OperationType, get_operation_ast, parse
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.types import ExecutionResult

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
        if message.get("type") == "complete" and not isinstance(message.get("id"), str):
            await self.handle_invalid_message("A complete message needs an id")
            return
        await super().handle_message(message)

    async def handle_subscribe(self, message: Any) -> None:
        most = self.max_subscriptions_per_connection
        is_new = message["id"] not in self.operations
        if self.connection_acknowledged and is_new and most is not None and len(self.operations) >= most:
            refused = GraphQLError(
                f"A socket carries at most {most} operations at once",
                extensions={"code": "RATE_LIMITED", "status": 429},
            )
            await self.send_message({"id": message["id"], "type": "error", "payload": [refused.formatted]})
            return
        await super().handle_subscribe(message)

    async def _send_result_stream(self, operation: Operation[Any, Any], result_source: Any) -> None:
        """A subscription that is refused before its first event ends with `error`, as the protocol has it."""
        results = aiter(result_source)
        first = await anext(results, None)
        if first is None:
            return
        is_refused = type(first) is ExecutionResult and first.data is None and first.errors
        if is_refused and _is_subscription(operation):
            await operation.send_initial_errors(first.errors)
            return
        await super()._send_result_stream(operation, _again(first, results))

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


def _is_subscription(operation: Operation[Any, Any]) -> bool:
    asked = get_operation_ast(parse(operation.query), operation.operation_name)
    return asked is not None and asked.operation is OperationType.SUBSCRIPTION


async def _again(first: Any, rest: AsyncIterator[Any]) -> AsyncGenerator[Any, None]:
    yield first
    async for result in rest:
        yield result
