"""JSON as it leaves: results with what msgspec writes natively in them, which plain values and compiled structs are."""

from collections.abc import Mapping
from typing import Any

import msgspec
from graphql import GraphQLError


def _plain(value: Any) -> Any:
    """What msgspec leaves to us: it writes no subclass of a plain type."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__index__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"there is no JSON for a value of type {type(value).__name__}")


_encoder = msgspec.json.Encoder(enc_hook=_plain, decimal_format="string", uuid_format="canonical")


def encode(value: object) -> bytes:
    """Compact UTF-8 JSON. Raises `TypeError` for what JSON has no form of."""
    return _encoder.encode(value)


def plain_values(value: object) -> Any:
    """A copy in what JSON is made of: as `encode` would write it, read again."""
    return msgspec.to_builtins(value, enc_hook=_plain)


def formatted(result: Any) -> dict[str, object]:
    """A result as the specification orders it: data, then errors and extensions if there are any.

    Takes what Strawberry and graphql-core call a result. One that was compiled holds its data as a struct, which
    `encode` writes; its `payload` is that struct and its `data` a copy in plain values.
    """
    response: dict[str, object] = {"data": getattr(result, "payload", None) or result.data}
    if result.errors:
        response["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        response["extensions"] = result.extensions
    return response


def encode_result(result: Any) -> bytes:
    """The whole answer of one operation."""
    encoded: bytes | None = getattr(result, "encoded", None)
    return encode(formatted(result)) if encoded is None else encoded


def formatted_errors(errors: list[GraphQLError]) -> dict[str, object]:
    """The answer to a request of which nothing was executed: there is no `data`."""
    return {"errors": [error.formatted for error in errors]}
