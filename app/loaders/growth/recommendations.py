"""What members wrote of recommendations, decrypted."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.loaders.privacy import keys_for_members, unsealed
from app.models.growth import Recommendation
from app.platform.encryption import Key, key_id_of
from app.platform.keys import Owned


async def comments_by_recommendation(db: AsyncSession, ids: Sequence[UUID]) -> list[str | None]:
    """If anything, for those who may see it. Raises `UnreadableValue`, which names the row."""
    commented = select(Recommendation).where(col(Recommendation.id).in_(ids), col(Recommendation.comment).is_not(None))
    rows = (await db.exec(commented)).all()
    wanted = [(row.member_id, key_id_of(row.comment, row.place)) for row in rows if row.comment is not None]
    keys = await keys_for_members(db, wanted)
    seen = {member_id for member_id, _ in keys}  # a member may have left the asker's sight since the rows were read
    found = {row.id: comment_in(row, keys) for row in rows if row.member_id in seen}
    return [found.get(row_id) for row_id in ids]


def comment_in(row: Recommendation, keys: Mapping[Owned, Key]) -> str | None:
    """Raises `UnreadableValue`, which names the row."""
    if row.comment is None:
        return None
    return unsealed(row.member_id, row.comment, row.place, keys).decode()
