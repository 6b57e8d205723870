"""Asking whether an actor may: the first line of every service."""

from typing import TypeVar
from uuid import UUID

from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.problems import Forbidden, Unauthenticated

Row = TypeVar("Row", bound=SQLModel)


def require_login(actor: Actor) -> UUID:
    """The user's id; raises `Unauthenticated` for a stranger."""
    if actor.user_id is None:
        raise Unauthenticated
    return actor.user_id


def require(actor: Actor, permission: str) -> None:
    """Raises `Unauthenticated` or `Forbidden` unless the actor has the permission."""
    if actor.may(permission):
        return
    require_login(actor)
    raise Forbidden


async def access_visible(
    db: AsyncSession, actor: Actor, model: type[Row], row_id: UUID, *, permission: str | None = None
) -> Row:
    """A row for whose table row-level security says whose it is to see; else `Forbidden`, found or not."""
    require_login(actor)
    if permission is not None:
        require(actor, permission)
    row = await db.get(model, row_id)
    if row is None:
        raise Forbidden
    return row
