"""GraphQL over HTTP and websockets: Strawberry's view with JSON errors, text frames and bounds."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.http import GraphQLRequestData
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UnsetType

from app.wire.websocket import TransportWebSocketHandler

MakeContext = Callable[[HTTPConnection], Awaitable[Any]]
Connected = Callable[[Any], Awaitable[None]]


class RefusedRequest(Exception):
    """A request that is answered with a coded GraphQL error and an HTTP status before anything is executed."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class BoundedReasons(ASGIWebSocketAdapter):
    """A close frame holds 123 bytes of reason; what a client sent must not make it longer."""

    async def close(self, code: int, reason: str) -> None:
        await super().close(code, reason.encode()[:120].decode(errors="ignore"))


class GraphQLView(GraphQL[Any, None]):
    """One endpoint for HTTP, websockets and the page that a browser gets."""

    graphql_transport_ws_handler_class = TransportWebSocketHandler
    websocket_adapter_class = BoundedReasons

    def __init__(
        self,
        schema: BaseSchema,
        *,
        make_context: MakeContext,
        connected: Connected,
        page: Callable[[Request], Response],
        allowed_origins: Sequence[str] = (),
    ) -> None:
        super().__init__(
            schema,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=5),
            max_subscriptions_per_connection=100,
            allowed_origins=allowed_origins,
        )
        self._make_context = make_context
        self._connected = connected
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            websocket = WebSocket(scope, receive, send)
            try:
                await self.run(websocket)
            except RefusedRequest:
                await websocket.close(4403, "Forbidden")
            return
        try:
            response = await self.run(Request(scope, receive))
        except HTTPException as refused:
            response = error_response(refused.status_code, "BAD_REQUEST", refused.reason)
        except RefusedRequest as refused:
            response = error_response(refused.status, refused.code, str(refused))
        await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:
        return await self._make_context(request)

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData | list[GraphQLRequestData]:
        if request.method == "POST":
            body = self.parse_json(await request.get_body())
            if not isinstance(body, dict):
                raise RefusedRequest(400, "BAD_REQUEST", "The body must be a JSON object")
            if not isinstance(body.get("operationName") or "", str):
                raise RefusedRequest(400, "BAD_REQUEST", "operationName must be a string")
        return await super().parse_http_body(request)

    async def render_graphql_ide(self, request: Request) -> Response:
        return self._page(request)

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """Text, not bytes: Strawberry would send bytes as binary websocket frames, which clients do not expect."""
        return orjson.dumps(data).decode()

    async def on_ws_connect(self, context: Any) -> UnsetType | dict[str, object] | None:
        await self._connected(context)
        return await super().on_ws_connect(context)


def error_response(status: int, code: str, message: str) -> Response:
    """A refusal in the shape that GraphQL clients read."""
    error = {"message": message, "extensions": {"code": code, "status": status}}
    return Response(json.dumps({"errors": [error]}), status, media_type="application/json")
