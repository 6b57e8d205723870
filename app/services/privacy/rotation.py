"""Rotating the master key while servers run: what it wraps and seals is wrapped and sealed anew."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from app.loaders.privacy import unwrapped
from app.models.privacy import MemberKey, place_of_wrapped_key
from app.platform.encryption import UnreadableValue, master_key, new_secret
from app.platform.keys import KeyFile, Keys
from app.services.privacy.keys import register_key
from app.services.privacy.resealing import reseal
from app.services.privacy.transactions import Transactions

BATCH = 200
MOST_PASSES = 20  # two rotations by different settings would take turns for ever


async def rotate_keys(transactions: Transactions, keys: Keys, *, now: datetime) -> tuple[int, list[str]]:
    """How many keys and secrets are under the first master key now that were not, and what could not be read.

    With a key file, the first one is made now; with a setting, it is the one that stands first there.
    """
    if keys.master.file is not None:
        await _add_key(transactions, keys.master.file, now)
    rewrapped, failures = 0, dict[object, str]()
    for _ in range(MOST_PASSES):
        # Another rotation may have put its key first meanwhile, and a server may still have wrapped by the one before.
        keys.master.read_again()
        count = await _rewrap_all(transactions, keys, failures) + await reseal(transactions, keys, failures)
        rewrapped += count
        if count == 0:
            break
    return rewrapped, list(failures.values())


async def _add_key(transactions: Transactions, file: KeyFile, now: datetime) -> None:
    key_id = new_key_id(now)
    key = master_key(key_id, new_secret())
    with file.held():
        # The database knows it before any server can use it.
        async with transactions() as db:
            await register_key(db, key_id, key)
        file.put_first(key)


def new_key_id(now: datetime) -> str:
    return f"{now:%Y%m%d}-{secrets.token_hex(3)}"


async def _rewrap_all(transactions: Transactions, keys: Keys, failures: dict[object, str]) -> int:
    rewrapped, after = 0, UUID(int=0)
    while True:
        async with transactions() as db:
            rows = (
                await db.exec(
                    select(MemberKey)
                    .where(col(MemberKey.id) > after, MemberKey.master_key_id != keys.master.first_id)
                    .order_by(col(MemberKey.id))
                    .limit(BATCH)
                    .with_for_update()
                )
            ).all()
            for row in rows:
                try:
                    _rewrap(keys, row)
                except UnreadableValue as failure:
                    failures[row.id] = str(failure)
                else:
                    rewrapped += 1
            await db.flush()
        if not rows:
            return rewrapped
        after = rows[-1].id


def _rewrap(keys: Keys, row: MemberKey) -> None:
    secret = unwrapped(keys, row.id, row.wrapped_key).secret
    row.wrapped_key = keys.master.first.seal(secret, place_of_wrapped_key(row.id))
    row.master_key_id = keys.master.first_id
