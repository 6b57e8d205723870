"""What a client is told of a failure: coded errors pass, everything else is masked, logged once, and given a number."""

import secrets

import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError

log = structlog.get_logger(__name__)


def shown(error: GraphQLError) -> GraphQLError:
    """The error as the client gets it: an exception whose `extensions` hold a `code` was meant for the client."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, CannotGetOperationTypeError):
        return _again(error, cause.as_http_error_reason(), {"code": "BAD_REQUEST", "status": 400})
    if isinstance(cause, MissingQueryError):
        return _again(error, "There is no query in the request", {"code": "BAD_REQUEST", "status": 400})
    if cause is None or isinstance(cause, GraphQLError):
        return _with_code(error)
    if "code" in (getattr(cause, "extensions", None) or {}):
        return _again(error, str(cause), dict(cause.extensions))  # type: ignore[attr-defined]
    number = secrets.token_hex(6)
    log.error("operation failed", error_id=number, path=error.path, exc_info=cause)
    return _again(error, "Something went wrong on our side", {"code": "INTERNAL", "status": 500, "id": number})


def _with_code(error: GraphQLError) -> GraphQLError:
    if error.extensions and "code" in error.extensions:
        return error
    code = "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "BAD_USER_INPUT"
    return _again(error, error.message, {**(error.extensions or {}), "code": code, "status": 400})


def _again(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, original_error=None, extensions=extensions
    )
