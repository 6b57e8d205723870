"""The one way to declare a relation: a field that names its loader and the key that it loads by."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import strawberry
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.context import Context
from app.wire import relations as wire_relations

Info = strawberry.Info[Context, None]
Batch = Callable[[AsyncSession, list[UUID]], Awaitable[Sequence[Any]]]


def relation(
    graphql_type: Any,
    batch: Batch,
    *,
    key: str,
    description: str,
    shown_to: Callable[[Actor, Any], bool] | None = None,
) -> Any:
    """Rows by a key of the parent; null where the key is, and for askers whom `shown_to` leaves out."""
    if shown_to is None:
        return wire_relations.relation(graphql_type, batch, key=key, description=description)

    def shown(context: Context, parent: Any) -> bool:
        return shown_to(context.actor, parent)

    return wire_relations.relation(graphql_type, batch, key=key, description=description, shown_to=shown)
