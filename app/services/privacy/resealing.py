"""Sealing anew, and trying, what stands in the sealed columns."""

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from sqlalchemy import LargeBinary, func, literal
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.platform.encryption import UnreadableValue
from app.platform.keys import Keys
from app.services.privacy.sealed import SEALED, Sealed
from app.services.privacy.secrets import unseal
from app.services.privacy.transactions import Transactions

BATCH: Final = 200


async def reseal(transactions: Transactions, keys: Keys, failures: dict[object, str]) -> int:
    """Seals everything that is under another key by the first one; how many."""
    resealed = 0
    for sealed in SEALED:
        after = UUID(int=0)
        while True:
            async with transactions() as db:
                rows = await _rows_after(db, sealed, after, unlike=keys.master.first.id)
                for row in rows:
                    place = sealed.place_of(row.id)
                    try:
                        plain = unseal(keys, getattr(row, sealed.column), place)
                    except UnreadableValue as failure:
                        failures[place] = str(failure)
                    else:
                        setattr(row, sealed.column, keys.master.first.seal(plain.encode(), place))
                        db.add(row)
                        resealed += 1
                await db.flush()
            if not rows:
                break
            after = rows[-1].id
    return resealed


async def check_sealed(transactions: Transactions, keys: Keys) -> AsyncIterator[str]:
    """A sentence for each value that cannot be read."""
    for sealed in SEALED:
        after = UUID(int=0)
        while True:
            async with transactions() as db:
                rows = await _rows_after(db, sealed, after)
            for row in rows:
                try:
                    unseal(keys, getattr(row, sealed.column), sealed.place_of(row.id))
                except UnreadableValue as failure:
                    yield str(failure)
            if not rows:
                break
            after = rows[-1].id


async def _rows_after(db: AsyncSession, sealed: Sealed, after: UUID, *, unlike: bytes | None = None) -> list[Any]:
    """In the order of their ids; locked, if those that are not under a key are to be sealed anew."""
    statement = select(sealed.model).where(sealed.id > after, sealed.value.is_not(None))
    if unlike is not None:
        key_id = func.substring(sealed.value, 2, 16)
        statement = statement.where(key_id != literal(unlike, LargeBinary)).with_for_update(key_share=True)
    return list(await db.exec(statement.order_by(sealed.id).limit(BATCH)))
