"""Relations: fields that are declared once by a batch function and a key, and called one by one or by the column."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import strawberry


class LoadingContext(Protocol):
    """What a context needs for relations. What a batch function is, only the context knows."""

    def load(self, batch: Any, key: Any) -> Awaitable[Any]:
        """What belongs to one key; calls that meet in one turn of the loop become one call of the batch function."""

    def load_column(self, batch: Any, keys: list[Any]) -> Awaitable[Sequence[Any]]:
        """What belongs to each of these keys, all different and none null, in their order: one call."""


@dataclass(frozen=True)
class Relation:
    """How the rows of a relation are found: by an attribute of the parent, unless `shown_to` says no."""

    batch: Any
    key: str
    shown_to: Callable[[Any, Any], bool] | None


def relation(
    graphql_type: Any,
    batch: Any,
    *,
    key: str,
    description: str,
    shown_to: Callable[[Any, Any], bool] | None = None,
) -> Any:
    """Rows by a key of the parent; null where the key is, and where `shown_to(context, parent)` says no."""

    async def resolve(root: strawberry.Parent[Any], info: strawberry.Info[Any, Any]) -> Any:
        value = getattr(root, key)
        if value is None or (shown_to is not None and not shown_to(info.context, root)):
            return None
        return await info.context.load(batch, value)

    declared = {Relation: Relation(batch, key, shown_to)}
    return strawberry.field(resolver=resolve, graphql_type=graphql_type, description=description, metadata=declared)
