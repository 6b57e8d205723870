"""What a client asks for over HTTP, read from the body of a POST or the parameters of a GET."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import orjson
from starlette.types import Receive, Scope, Send
from strawberry.types.graphql import OperationType

from app.wire.http.accept import Accepted
from app.wire.http.status import Header, refused

_MOST_PARAMETERS = 32


class Exchange(msgspec.Struct):
    """One request's way in and out, what its client can read, and what its method may do."""

    scope: Scope
    receive: Receive
    send: Send
    reads: Accepted
    allowed: frozenset[OperationType]
    headers: Sequence[Header]  # of an answer that is given whole


class GraphQLRequest(msgspec.Struct, gc=False):
    """The members that the specification names, each of its type."""

    query: str | None
    document_id: str | None
    operation_name: str | None
    variables: dict[str, Any] | None
    extensions: dict[str, Any] | None


class ClientLeft(Exception):
    """Nobody waits for the answer any more."""


async def body_of(receive: Receive) -> bytes:
    """The whole body; how much of it is read and for how long is bounded in front of us."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientLeft
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        body += message.get("body", b"")
    return body


def posted(body: bytes) -> GraphQLRequest:
    """Raises `RefusedRequest` for what is no request."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise refused("BAD_REQUEST", "The body is not JSON") from None
    if type(asked) is not dict:
        raise refused("BAD_REQUEST", "The body must be a JSON object")
    return _request(asked.get)


def parameters_of(scope: Scope) -> dict[str, str]:
    """The parameters of the address; of several with one name the last counts."""
    query: bytes = scope["query_string"]
    if not query:
        return {}
    try:
        pairs = parse_qsl(query.decode(), True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError:  # not UTF-8 either
        raise refused("BAD_REQUEST", "The parameters are not UTF-8, or too many") from None
    return dict(pairs)


def got(parameters: dict[str, str]) -> GraphQLRequest:
    """Of a GET, whose variables and extensions are JSON in a parameter."""
    asked: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if asked.get(name):
            try:
                asked[name] = orjson.loads(asked[name])
            except orjson.JSONDecodeError:
                raise refused("BAD_REQUEST", f"{name} is not JSON") from None
        else:
            asked[name] = None
    return _request(asked.get)


def _request(member: Any) -> GraphQLRequest:
    query, document_id = member("query"), member("documentId")
    operation_name, variables, extensions = member("operationName"), member("variables"), member("extensions")
    if query is not None and type(query) is not str:
        raise refused("BAD_REQUEST", "query must be a string")
    if document_id is not None and type(document_id) is not str:
        raise refused("BAD_REQUEST", "documentId must be a string")
    if operation_name is not None and type(operation_name) is not str:
        raise refused("BAD_REQUEST", "operationName must be a string")
    if variables is not None and type(variables) is not dict:
        raise refused("BAD_REQUEST", "variables must be an object")
    if extensions is not None and type(extensions) is not dict:
        raise refused("BAD_REQUEST", "extensions must be an object")
    return GraphQLRequest(query, document_id, operation_name or None, variables, extensions)
