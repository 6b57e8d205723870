"""Leaves: which values are written as they are, and what happens to the others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, Flag
from math import isfinite
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from strawberry.execution import optimized_is_awaitable

from app.wire.scalars import WRITTEN_AS_THEY_ARE


class General(Exception):
    """Something here is not for the compiled way: the field of the root it belongs to goes the general way."""


@dataclass(frozen=True)
class Leaf:
    """How a value of a leaf type is completed.

    `is_fine` is a Python condition on `{value}` that speaks of `names`; such a value is kept, or replaced by `then`.
    `fix` completes any other value that is not null, or raises.
    """

    is_fine: str
    fix: Callable[[Any], Any]
    names: Mapping[str, Any] = field(default_factory=dict)
    then: str = ""


_BUILT_IN = {
    GraphQLString: "type({value}) is str",
    GraphQLID: "type({value}) is str",
    GraphQLBoolean: "type({value}) is bool",
    GraphQLInt: "type({value}) is int and -2147483648 <= {value} <= 2147483647",
    GraphQLFloat: "type({value}) is float and isfinite({value})",
}


def leaf_of(type_: GraphQLLeafType) -> Leaf:
    """The leaf of a scalar or enumeration."""
    fix = _fixing(type_)
    if isinstance(type_, GraphQLEnumType):
        return _enum(type_, fix)
    for built_in, condition in _BUILT_IN.items():
        if type_ is built_in:
            return Leaf(condition, fix, {"isfinite": isfinite})
    definition = type_.extensions.get("strawberry-definition")
    serialize = getattr(definition, "serialize", None)
    if type_.name == "UUID" and serialize is str:
        return Leaf("isinstance({value}, UUID)", fix, {"UUID": UUID})  # asyncpg has a class of its own
    found = WRITTEN_AS_THEY_ARE.get(serialize)
    if found is not None:
        condition, names = found
        return Leaf(condition, fix, names)
    return Leaf("False", fix)


def _fixing(type_: GraphQLLeafType) -> Callable[[Any], Any]:
    coerce = type_.coerce_output_value

    def fix(value: Any) -> Any:
        if value is None or value is Undefined or isinstance(value, Exception) or optimized_is_awaitable(value):
            raise General
        completed = coerce(value)
        if completed is None or completed is Undefined:
            raise General
        return completed

    return fix


def _makes_members(kind: type[Enum]) -> bool:
    """Whether there are instances that are none of the members: combined flags, and what `_missing_` makes."""
    return issubclass(kind, Flag) or kind._missing_.__func__ is not Enum._missing_.__func__  # type: ignore[attr-defined]


def _enum(type_: GraphQLEnumType, fix: Callable[[Any], Any]) -> Leaf:
    """A member of the enumeration is its name, unless a schema calls it otherwise."""
    kind = getattr(type_, "wrapped_cls", None)
    if isinstance(kind, type) and issubclass(kind, Enum) and not _makes_members(kind):
        try:
            is_named_so = all(type_.coerce_output_value(member) == member.name for member in kind)
        except Exception:  # a member that the schema leaves out
            is_named_so = False
        if is_named_so:
            return Leaf("type({value}) is kind", fix, {"kind": kind}, "{value}._name_")
    return Leaf("False", fix)
