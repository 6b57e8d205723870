"""What came of sessions."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.growth import ActionItem


async def action_items_by_session(db: AsyncSession, ids: Sequence[UUID]) -> list[list[ActionItem]]:
    """In the order in which they were added; none where they are out of the asker's sight."""
    statement = select(ActionItem).where(col(ActionItem.session_id).in_(ids)).order_by(col(ActionItem.id))
    found: dict[UUID | None, list[ActionItem]] = defaultdict(list)
    for item in await db.exec(statement):
        found[item.session_id].append(item)
    return [found[session_id] for session_id in ids]
