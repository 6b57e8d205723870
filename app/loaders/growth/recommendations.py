"""What belongs to recommendations: what members wrote of them, decrypted."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.loaders.privacy import keys_for_recommendations
from app.models.growth import Recommendation
from app.platform.encryption import Key, UnreadableValue, key_id_of
from app.platform.keys import Owned


def comment_on(row: Recommendation, keys: Mapping[Owned, Key]) -> str:
    """Of one that has a comment. Raises `UnreadableValue`, which names the row."""
    assert row.comment is not None
    key = keys.get((row.member_id, key_id_of(row.comment, row.place)))
    if key is None:
        raise UnreadableValue(row.place, "is under a key that its member does not have")
    return key.unseal(row.comment, row.place).decode()


async def comments_by_recommendation(db: AsyncSession, ids: Sequence[UUID]) -> list[str | None]:
    """None where there is none, or it is out of the asker's sight."""
    commented = select(Recommendation).where(col(Recommendation.id).in_(ids), col(Recommendation.comment).is_not(None))
    rows = (await db.exec(commented)).all()
    wanted = {row.id: (row.member_id, key_id_of(row.comment, row.place)) for row in rows if row.comment is not None}
    keys = await keys_for_recommendations(db, wanted)
    found = {row.id: comment_on(row, keys) for row in rows}
    return [found.get(each) for each in ids]
