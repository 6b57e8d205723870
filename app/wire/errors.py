"""What a client is told of a failure: coded errors pass, everything else is masked, logged once, and given a number."""

import secrets
from collections.abc import Iterator

import strawberry
import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types import ExecutionResult

log = structlog.get_logger(__name__)


class MaskErrors(SchemaExtension):
    """An exception with `extensions` that hold a `code` was meant for the client; another one was not."""

    def on_operation(self) -> Iterator[None]:
        yield
        result = self.execution_context.result
        errors = getattr(result, "errors", None)
        if result is not None and errors:
            result.errors = [shown(error) for error in errors]

    def on_stream_result(self, result: object) -> Iterator[None]:
        if isinstance(result, ExecutionResult) and result.errors:
            result.errors = [shown(error) for error in result.errors]
        yield


class QuietSchema(strawberry.Schema):
    """Leaves the logging of failures to `MaskErrors`: one line for each, and none for what a client did wrong."""

    def process_errors(self, errors: object, execution_context: object = None) -> None:
        return None


def shown(error: GraphQLError) -> GraphQLError:
    """The error as the client gets it."""
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
