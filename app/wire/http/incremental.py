"""One result of a stream as the client gets it: whole, or a piece of one that is delivered incrementally."""

from typing import Any

from graphql.execution import InitialIncrementalExecutionResult, SubsequentIncrementalExecutionResult

from app.wire.encoding import formatted, formatted_errors
from app.wire.http.status import is_request_error


def is_incremental(result: Any) -> bool:
    """Whether more of the same answer may follow."""
    return isinstance(result, InitialIncrementalExecutionResult | SubsequentIncrementalExecutionResult)


def payload_of(result: Any) -> dict[str, Any]:
    """As the incremental delivery specification has it: `pending`, `incremental` by id, `completed`, `hasNext`."""
    if isinstance(result, InitialIncrementalExecutionResult):
        return _first(result)
    if isinstance(result, SubsequentIncrementalExecutionResult):
        return _next(result)
    return formatted_errors(result.errors) if is_request_error(result) else formatted(result)


def _first(result: InitialIncrementalExecutionResult) -> dict[str, Any]:
    payload = formatted(result)
    payload["pending"] = [pending.formatted for pending in result.pending]
    payload["hasNext"] = result.has_next
    return payload


def _next(result: SubsequentIncrementalExecutionResult) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    if result.pending:
        payload["pending"] = [pending.formatted for pending in result.pending]
    if result.incremental:
        payload["incremental"] = [dict(piece.formatted) for piece in result.incremental]
    if result.completed:
        payload["completed"] = [ended.formatted for ended in result.completed]
    if result.extensions:
        payload["extensions"] = result.extensions
    payload["hasNext"] = result.has_next
    return payload
