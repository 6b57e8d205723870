"""What HTTP says of an answer: the one table of statuses, and refusals in the shape that GraphQL clients read."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from graphql import GraphQLError
from strawberry.types.execution import PreExecutionError

from app.wire.encoding import encode

JSON: Final = b"application/json; charset=utf-8"
GRAPHQL_RESPONSE: Final = b"application/graphql-response+json; charset=utf-8"

Header = tuple[bytes, bytes]

# By the code of the first error of a request of which nothing was executed: the status of an answer in
# application/graphql-response+json, and of one in application/json. The latter is what GraphQL spoke before there was
# a specification: its clients take anything but 200 for a failure of the network and do not read the errors, so that
# a document that arrived and is wrong is answered with 200. What was executed, be it with errors, is always 200.
STATUS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        # The document, or what its variables hold, is wrong.
        "GRAPHQL_PARSE_FAILED": (400, 200),
        "BAD_USER_INPUT": (400, 200),
        "QUERY_TOO_COMPLEX": (400, 200),
        # The request is: no JSON, no document, members of the wrong type, no telling which operation is meant.
        "BAD_REQUEST": (400, 400),
        "UNAUTHENTICATED": (401, 401),
        "FORBIDDEN": (403, 403),
        "DOCUMENT_NOT_TRUSTED": (403, 403),
        "METHOD_NOT_ALLOWED": (405, 405),
        "NOT_ACCEPTABLE": (406, 406),
        "REQUEST_TIMEOUT": (408, 408),
        "PAYLOAD_TOO_LARGE": (413, 413),
        "UNSUPPORTED_MEDIA_TYPE": (415, 415),
        "INTERNAL": (500, 500),
        # A step of a conversation and no failure: some clients send the text only if they could read the answer.
        "PERSISTED_QUERY_NOT_FOUND": (200, 200),
        "PERSISTED_QUERY_NOT_SUPPORTED": (200, 200),
        "PERSISTED_QUERY_HASH_MISMATCH": (400, 400),
    }
)
_ANY_OTHER_CODE = (400, 200)


class RefusedRequest(Exception):
    """A request that is answered with a coded GraphQL error and an HTTP status before anything is executed."""

    def __init__(self, status: int, code: str, message: str, headers: Sequence[Header] = ()) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers


def refused(code: str, message: str, headers: Sequence[Header] = ()) -> RefusedRequest:
    """With the status that the table has for the code."""
    return RefusedRequest(STATUS[code][0], code, message, headers)


def is_request_error(result: Any) -> bool:
    """Whether nothing of the operation was executed, so that its answer has no `data`.

    Variables that do not fit come back as an ordinary result without data. What tells them from a failure of a
    resolver that left no data is that none of their errors has a path: a resolver's always has.
    """
    errors = result.errors
    if not errors:
        return False
    if isinstance(result, PreExecutionError):
        return True
    return all(error.path is None for error in errors) and result.data is None


def status_of_errors(errors: Sequence[GraphQLError], media_type: bytes) -> int:
    """The status of a request of which nothing was executed."""
    code = (errors[0].extensions or {}).get("code") if errors else None
    in_graphql, in_json = STATUS.get(code, _ANY_OTHER_CODE) if isinstance(code, str) else _ANY_OTHER_CODE
    return in_graphql if media_type is GRAPHQL_RESPONSE else in_json


def error_body(status: int, code: str, message: str) -> bytes:
    return encode({"errors": [{"message": message, "extensions": {"code": code, "status": status}}]})
