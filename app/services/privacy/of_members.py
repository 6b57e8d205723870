"""Every column that holds a plain text under the key of the row's member: who checks the keys goes through the list."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, select

from app.loaders.privacy import unwrapped
from app.models.growth import MemberIntervention, MemberInterventionNote, Recommendation
from app.models.privacy import MemberKey
from app.platform.encryption import Place, UnreadableValue, key_id_of
from app.platform.keys import Keys
from app.services.privacy.sealed import Sealed
from app.services.privacy.transactions import Transactions

BATCH: Final = 50

TEXTS: Final = (
    Sealed(MemberIntervention, "feedback"),
    Sealed(MemberInterventionNote, "content"),
    Sealed(Recommendation, "comment"),
)
"""Their models have a `member_id` besides."""


async def check_texts_of_members(transactions: Transactions, keys: Keys) -> AsyncIterator[str]:
    """A sentence for each text that cannot be read."""
    for sealed in TEXTS:
        after = UUID(int=0)
        while rows := await _rows_after(transactions, sealed, after):
            for row, key in rows:
                if failure := _failure(keys, sealed.place_of(row.id), getattr(row, sealed.column), key):
                    yield failure
            after = rows[-1][0].id


async def _rows_after(
    transactions: Transactions, sealed: Sealed, after: UUID
) -> Sequence[tuple[Any, MemberKey | None]]:
    statement = (
        select(sealed.model, MemberKey)
        .outerjoin(MemberKey, col(MemberKey.member_id) == getattr(sealed.model, "member_id"))  # noqa: B009
        .where(sealed.id > after, sealed.value.is_not(None))
        .order_by(sealed.id)
        .limit(BATCH)
    )
    async with transactions() as db:
        return (await db.exec(statement)).all()


def _failure(keys: Keys, place: Place, value: bytes, row: MemberKey | None) -> str | None:
    try:
        if row is None or row.id.bytes != key_id_of(value, place):
            raise UnreadableValue(place, "is under a key that its member does not have")
        try:
            key = unwrapped(keys, row.id, row.wrapped_key)
        except UnreadableValue as failure:
            raise UnreadableValue(place, f"is out of reach: {failure}") from failure
        key.unseal(value, place)
    except UnreadableValue as failure:
        return str(failure)
    return None
