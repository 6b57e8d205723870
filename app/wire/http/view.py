"""GraphQL over HTTP, with nothing between it and the ASGI server; websockets are handed on to their endpoint."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from graphql import GraphQLError
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from app.wire.errors import shown
from app.wire.http.accept import accepted, is_json
from app.wire.http.request import ClientLeft, Exchange, GraphQLRequest, body_of, got, parameters_of, posted
from app.wire.http.respond import refuse, respond_with_errors, respond_with_result
from app.wire.http.status import Header, RefusedRequest, is_request_error, refused
from app.wire.http.stream import HttpStreams
from app.wire.persisted import PersistedDocuments
from app.wire.schema import WireSchema
from app.wire.sockets.endpoint import SocketEndpoint

MakeContext = Callable[[HTTPConnection], Awaitable[Any]]
Connected = Callable[[Any], Awaitable[None]]

ALLOW_BOTH: Final[Header] = (b"allow", b"GET, POST")
ALLOW_POST: Final[Header] = (b"allow", b"POST")
# What one user was answered is for no other; a browser asks again.
BY_ACCEPT: Final[tuple[Header, ...]] = ((b"vary", b"Accept"), (b"cache-control", b"private, no-cache"))

_BY_GET = frozenset({OperationType.QUERY})
_BY_POST = frozenset({OperationType.QUERY, OperationType.MUTATION})

_NAMES_A_DOCUMENT = {"query", "documentId", "extensions"}
_NO_SUBSCRIPTION = (
    "A subscription needs a websocket (graphql-transport-ws), or over HTTP a client that accepts text/event-stream"
)


class GraphQLView:
    """One endpoint for HTTP, websockets and the page that a browser gets."""

    def __init__(
        self,
        schema: WireSchema,
        *,
        make_context: MakeContext,
        connected: Connected,
        page: Callable[[Request], Response],
        allowed_origins: Sequence[str] = (),
        documents: PersistedDocuments | None = None,
        legacy_sockets: bool = False,
    ) -> None:
        self.schema = schema
        self._make_context = make_context
        self._page = page
        self._documents = documents or PersistedDocuments()
        self._streams = HttpStreams(schema, self._documents)
        self.sockets = SocketEndpoint(
            schema,
            make_context=make_context,
            connected=connected,
            documents=self._documents,
            allowed_origins=allowed_origins,
            legacy=legacy_sockets,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.sockets(scope, receive, send)
            return
        accept = content_type = b""
        for name, value in scope["headers"]:
            if name == b"content-type":
                content_type = value
            elif name == b"accept":
                accept = accept + b"," + value if accept else value
        reads = accepted(accept)
        try:
            if scope["method"] == "POST":
                await self._post(Exchange(scope, receive, send, reads, _BY_POST, ()), content_type)
            else:
                await self._get(Exchange(scope, receive, send, reads, _BY_GET, BY_ACCEPT))
        except RefusedRequest as refusal:
            await refuse(send, reads, refusal)
        except GraphQLError as error:
            await respond_with_errors(send, reads, [shown(error)])
        except ClientLeft:
            return

    async def _post(self, exchange: Exchange, content_type: bytes) -> None:
        if not is_json(content_type):
            raise refused("UNSUPPORTED_MEDIA_TYPE", "The body must be application/json in UTF-8")
        _must_be_readable(exchange)
        await self._answer(exchange, posted(await body_of(exchange.receive)))

    async def _get(self, exchange: Exchange) -> None:
        scope = exchange.scope
        if scope["method"] != "GET":
            raise refused("METHOD_NOT_ALLOWED", "GraphQL is asked by GET or by POST", [ALLOW_BOTH])
        parameters = parameters_of(scope)
        if exchange.reads.prefers_page and not parameters.keys() & _NAMES_A_DOCUMENT:
            await self._page(Request(scope, exchange.receive))(scope, exchange.receive, exchange.send)
            return
        _must_be_readable(exchange)
        await self._answer(exchange, got(parameters))

    async def _answer(self, exchange: Exchange, request: GraphQLRequest) -> None:
        try:
            context = await self._make_context(HTTPConnection(exchange.scope))
        except RefusedRequest:
            raise
        except Exception as failure:
            raise _failed(failure) from None
        try:
            text = await self._documents.text_of(request.query, request.document_id, request.extensions)
        except GraphQLError as error:
            if not exchange.reads.prefers_events:
                raise
            await self._streams.refuse(exchange, shown(error))
            return
        try:
            if not await self._streams.answered(exchange, request, text, context):
                await self._execute(exchange, request, text, context)
        except InvalidOperationTypeError as invalid:
            if invalid.operation_type is OperationType.SUBSCRIPTION:
                raise refused("NOT_ACCEPTABLE", _NO_SUBSCRIPTION) from None
            raise refused("METHOD_NOT_ALLOWED", invalid.as_http_error_reason("GET"), [ALLOW_POST]) from None
        except CannotGetOperationTypeError as unknown:
            raise refused("BAD_REQUEST", unknown.as_http_error_reason()) from None
        except MissingQueryError:
            raise refused("BAD_REQUEST", "There is no query in the request") from None

    async def _execute(self, exchange: Exchange, request: GraphQLRequest, text: str, context: Any) -> None:
        result = await self.schema.execute(
            text,
            variable_values=request.variables,
            context_value=context,
            operation_name=request.operation_name,
            allowed_operation_types=exchange.allowed,
            operation_extensions=request.extensions,
        )
        try:
            await respond_with_result(exchange, result)
        except TypeError as failure:  # something that JSON has no form of, which is seen before anything is sent
            raise _failed(failure) from None
        if request.extensions and not is_request_error(result):
            await self._documents.remember(request.query, request.extensions)


def _must_be_readable(exchange: Exchange) -> None:
    reads = exchange.reads
    if reads.json is None and not (reads.events or reads.parts):
        raise refused("NOT_ACCEPTABLE", "Accept application/graphql-response+json or application/json")


def _failed(failure: Exception) -> GraphQLError:
    """As the client gets it: masked, logged and numbered, unless it has a code."""
    return shown(GraphQLError(str(failure), original_error=failure))
