"""What a server may say in graphql-transport-ws, and nothing else."""

import json
from typing import Any


class ProtocolBroken(AssertionError):
    """The server has sent what graphql-transport-ws does not know."""


# What each message has, besides its type; a payload of these may be left out.
_MESSAGES = {
    "connection_ack": {"payload"},
    "ping": {"payload"},
    "pong": {"payload"},
    "next": {"id", "payload"},
    "error": {"id", "payload"},
    "complete": {"id"},
}


def parsed(frame: str | bytes) -> dict[str, Any]:
    if not isinstance(frame, str):
        raise ProtocolBroken(f"not a text frame: {frame!r}")
    try:
        message = json.loads(frame)
    except ValueError:
        raise ProtocolBroken(f"not JSON: {frame}") from None
    if not isinstance(message, dict) or message.get("type") not in _MESSAGES:
        raise ProtocolBroken(f"unknown: {frame}")
    allowed = _MESSAGES[message["type"]]
    needed = allowed if "id" in allowed else set()
    if not needed <= message.keys() - {"type"} <= allowed or not isinstance(message.get("id", ""), str):
        raise ProtocolBroken(f"wrong fields: {frame}")
    payload = message.get("payload")
    is_right = {
        "next": lambda: isinstance(payload, dict) and "data" in payload and _are_errors(payload.get("errors", [{}])),
        "error": lambda: _are_errors(payload) and all("message" in error for error in payload),
        "complete": lambda: True,
    }.get(message["type"], lambda: payload is None or isinstance(payload, dict))
    if not is_right():
        raise ProtocolBroken(f"wrong payload: {frame}")
    return message


def _are_errors(value: object) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(isinstance(error, dict) for error in value)
