"""What members wrote of recommendations, decrypted."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.loaders.growth.interventions import unsealed
from app.models.growth import Recommendation


async def comments_by_recommendation(db: AsyncSession, ids: Sequence[UUID]) -> list[str | None]:
    """If anything, for those who may see it. Raises `UnreadableValue`, which names the row."""
    commented = select(Recommendation).where(col(Recommendation.id).in_(ids), col(Recommendation.comment).is_not(None))
    rows = (await db.exec(commented)).all()
    found = await unsealed(db, [(row.member_id, row.comment, row.place) for row in rows if row.comment is not None])
    return [found.get(row_id) for row_id in ids]
