"""Users of profiles."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.identity import User


async def users_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[User | None]:
    """None for users whom the asker may not see."""
    found = {user.id: user for user in await db.exec(select(User).where(col(User.id).in_(ids)))}
    return [found.get(user_id) for user_id in ids]
