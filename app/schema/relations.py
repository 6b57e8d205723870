"""The one way to declare a relation: a field that names its loader and the key that it loads by."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import strawberry
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.context import Context

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

    async def resolve(root: strawberry.Parent[Any], info: Info) -> Any:
        value = getattr(root, key)
        if value is None or (shown_to is not None and not shown_to(info.context.actor, root)):
            return None
        return await info.context.load(batch, value)

    return strawberry.field(resolver=resolve, graphql_type=graphql_type, description=description)
