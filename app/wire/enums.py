"""Python enumerations shown in a schema with a description for each value."""

from collections.abc import Mapping
from enum import Enum

import strawberry


def describe(kind: type[Enum], description: str, values: Mapping[str, str], *, name: str | None = None) -> None:
    """Registers an enumeration, by its own name unless another is given; each value must be described, no other may."""
    if values.keys() != {member.name for member in kind}:
        raise TypeError(f"the descriptions of {kind.__name__} do not match its values")
    shown = strawberry.enum(kind, name=name, description=description)
    for value in shown.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = values[value.name]
