"""JSON as it leaves: results with what msgspec writes natively in them, which plain values and compiled structs are."""

from typing import Any

import msgspec
from graphql import GraphQLError

_encoder = msgspec.json.Encoder(decimal_format="string", uuid_format="canonical")


def encode(value: object) -> bytes:
    """Compact UTF-8 JSON. Raises `TypeError` for what JSON has no form of."""
    return _encoder.encode(value)


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
    return encode(formatted(result))


def formatted_errors(errors: list[GraphQLError]) -> dict[str, object]:
    """The answer to a request of which nothing was executed: there is no `data`."""
    return {"errors": [error.formatted for error in errors]}
