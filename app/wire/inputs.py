"""From a GraphQL input object to plain values: what was left out stays out, global ids become keys."""

from typing import Any

from pydantic.alias_generators import to_camel
from strawberry import UNSET

from app.wire.relay import parse_key


def fields_of(given: object, **ids: str) -> dict[str, Any]:
    """The fields that a client sent; `ids` names the type of each field that holds an id. Raises `InvalidId`."""
    fields = {name: value for name, value in vars(given).items() if value is not UNSET}
    for name, type_name in ids.items():
        if fields.get(name) is not None:
            fields[name] = parse_key(fields[name], type_name, to_camel(name))
    return fields
