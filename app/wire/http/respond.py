"""Answering a request whole: one message with the headers, one with the body."""

from collections.abc import Sequence
from typing import Any, Final

import structlog
from graphql import GraphQLError
from starlette.types import Message, Send

from app.wire.deadlines import within
from app.wire.encoding import encode, encode_result, formatted_errors
from app.wire.http.accept import Accepted
from app.wire.http.request import Exchange
from app.wire.http.status import JSON, Header, RefusedRequest, error_body, is_request_error, status_of_errors

log = structlog.get_logger(__name__)

SEND_SECONDS = 30.0
# The same request may soon be a good one.
_NO_STORE: Final[Header] = (b"cache-control", b"no-store")


class StoppedReading(Exception):
    """The client leaves what was sent to it unread."""


async def pass_on(send: Send, message: Message, seconds: float) -> None:
    """Raises `StoppedReading` when the server has not taken the message in time."""
    try:
        await within(seconds, send(message))
    except TimeoutError:
        log.warning("a client stopped reading its answer", seconds=seconds)
        raise StoppedReading from None


async def respond(send: Send, status: int, media_type: bytes, body: bytes, headers: Sequence[Header] = ()) -> None:
    """A client that stops reading gets no more of it."""
    length = b"%d" % len(body)
    start: list[Header] = [(b"content-type", media_type), (b"content-length", length), *headers]
    try:
        await pass_on(send, {"type": "http.response.start", "status": status, "headers": start}, SEND_SECONDS)
        await pass_on(send, {"type": "http.response.body", "body": body}, SEND_SECONDS)
    except StoppedReading:
        return


async def respond_with_result(exchange: Exchange, result: Any) -> None:
    """Raises `TypeError` for a result that JSON has no form of; nothing is sent then."""
    reads = exchange.reads
    if is_request_error(result):
        await respond_with_errors(exchange.send, reads, result.errors, exchange.headers)
    else:
        await respond(exchange.send, 200, reads.json or JSON, encode_result(result), exchange.headers)


async def respond_with_errors(
    send: Send, reads: Accepted, errors: list[GraphQLError], headers: Sequence[Header] = ()
) -> None:
    """For a request of which nothing was executed."""
    media_type = reads.json or JSON
    status = status_of_errors(errors, media_type)
    await respond(send, status, media_type, encode(formatted_errors(errors)), [*_but_caching(headers), _NO_STORE])


async def refuse(send: Send, reads: Accepted, refusal: RefusedRequest) -> None:
    body = error_body(refusal.status, refusal.code, str(refusal))
    await respond(send, refusal.status, reads.json or JSON, body, [*refusal.headers, _NO_STORE])


def _but_caching(headers: Sequence[Header]) -> list[Header]:
    return [header for header in headers if header[0] != b"cache-control"]
