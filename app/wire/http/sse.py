"""GraphQL over Server-Sent Events, a connection for each operation, as the clients of npm `graphql-sse` read it."""

from typing import Any, Final

from app.wire.encoding import encode
from app.wire.http.incremental import payload_of
from app.wire.http.status import Header

EVENTS: Final = b"text/event-stream; charset=utf-8"


class Events:
    """How results become events; lines end with LF alone, which all clients read."""

    headers: tuple[Header, ...] = (
        (b"content-type", EVENTS),
        (b"cache-control", b"no-cache"),
        (b"x-accel-buffering", b"no"),  # nginx would keep events back until it has some kilobytes of them
    )
    opening = b""
    closing = b"event: complete\ndata:\n\n"
    heartbeat: bytes | None = b":\n\n"

    def frame(self, result: Any) -> bytes:
        return b"event: next\ndata: " + encode(payload_of(result)) + b"\n\n"
