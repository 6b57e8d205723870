"""The log line of each request, written as JSON without structlog's detours: 3 µs instead of 60."""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

import orjson

from app.platform.clock import Clock, system_clock

RequestLine = Callable[[str, str, int, float, str], None]
"""Takes the method, the path, the status, the milliseconds and the request's id."""


def request_line(
    log_format: str = "auto", level: str = "INFO", stream: TextIO | None = None, clock: Clock = system_clock
) -> RequestLine | None:
    """What writes the lines that `configure_logs` would have written; None if those are not JSON, or not wanted.

    Where they are not, structlog is left to it: it knows the terminal's colours and the level.
    """
    out = stream or sys.stderr
    if level not in {"DEBUG", "INFO"} or log_format == "console" or (log_format == "auto" and out.isatty()):
        return None

    def write(method: str, path: str, status: int, milliseconds: float, request_id: str) -> None:
        line = {
            "method": method,
            "path": path,
            "status": status,
            "milliseconds": milliseconds,
            "event": "request",
            "request_id": request_id,
            "level": "info",
            "logger": "rapport.requests",
            "timestamp": clock(),
        }
        with suppress(OSError, ValueError):  # a log that cannot be written must not fail a request
            out.write(orjson.dumps(line, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE).decode())

    return write
