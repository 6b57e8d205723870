"""Whole answers kept as bytes: what is asked of a value that is in the same state is selected and encoded once."""

import marshal
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from sys import getsizeof
from typing import Any
from uuid import UUID

from graphql.execution.values import VariableValues
from strawberry.types.unset import UnsetType

UNCHANGEABLE = (str, int, float, type(None), date, time, Decimal, UUID, Enum, UnsetType)
"""What a resolver can be given again after another one had it."""

MOST_BYTES = 32 * 1_024 * 1_024
_WEIGHT_OF_AN_ENTRY = 250


@dataclass(frozen=True)
class Caching:
    """When the answers about a field's values are the same: whenever `state(value)` is, and is not None."""

    state: Callable[[Any], Hashable]


def cached(state: Callable[[Any], Hashable]) -> dict[Any, Any]:
    """The `metadata` of a field of the query's root, whose resolver is called for each request.

    It decides who may see the value, and its state; everything that is computed when the value is looked at, its
    selections and their encoding are then left out for the same document with the same variables. What is selected of
    the value must depend on nothing in the context that is not part of the state.
    """
    return {Caching: Caching(state)}


def caching_of(field: Any) -> Caching | None:
    metadata: Mapping[Any, Any] = getattr(field, "metadata", None) or {}
    return metadata.get(Caching)


class Asked(VariableValues):
    """Coerced variables of one document, with what else is the same whenever it is asked with them."""

    key: Hashable
    arguments: dict[str, Any] | None = None
    """Of its only field, once they have been converted for the resolver."""
    measured_for: object = None
    """The limits that it was found not to exceed."""


class KnownQuestions:
    """What was asked last, so that the same again, to the letter, need not be coerced and converted again."""

    def __init__(self, most: int = 2_000, longest: int = 2_000) -> None:
        self._most, self._longest = most, longest
        self._known: OrderedDict[Hashable, Asked] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def key(self, document: Hashable, variables: Mapping[str, Any] | None) -> Hashable:
        """None for what is not remembered."""
        try:
            plain: Any = variables
            written = marshal.dumps(plain, _WITHOUT_REFERENCES)
        except ValueError:  # not from JSON
            return None
        return (document, written) if len(written) <= self._longest else None

    def get(self, key: Hashable) -> Asked | None:
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
        return found

    def remember(self, key: Hashable, variables: VariableValues) -> Asked:
        asked = self._known[key] = Asked(*variables)
        asked.key = key
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return asked


# Of plain values only, each with its type, so that the same bytes mean the same values.
_WITHOUT_REFERENCES = 0


class KeptAnswers:
    """The encoded answers used last, as many as together have so many bytes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._kept: OrderedDict[Hashable, tuple[bytes, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> bytes | None:
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def keep(self, key: Hashable, encoded: bytes) -> None:
        if key in self._kept or len(encoded) > self.most_bytes // 2:
            return
        weight = getsizeof(encoded) + _weight(key) + _WEIGHT_OF_AN_ENTRY
        self._kept[key] = encoded, weight
        self.bytes += weight
        while self.bytes > self.most_bytes:
            _, (_, dropped) = self._kept.popitem(last=False)
            self.bytes -= dropped


def _weight(key: Hashable) -> int:
    """Bytes of a key and of what it is made of."""
    return getsizeof(key) + (sum(map(_weight, key)) if isinstance(key, tuple) else 0)
