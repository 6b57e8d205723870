"""Secrets that are nobody's personal data, such as those that webhooks are signed with: sealed by the master key."""

from sqlmodel.ext.asyncio.session import AsyncSession

from app.platform.encryption import Place, UnreadableValue, key_id_of, master_key_id
from app.platform.keys import Keys, keys_of
from app.services.privacy.keys import confirm_first


async def seal(db: AsyncSession, plain: str, place: Place) -> bytes:
    keys = keys_of(db)
    keys.master.read_again()
    await confirm_first(db, keys)
    return keys.master.first.seal(plain.encode(), place)


def unseal(keys: Keys, value: bytes, place: Place) -> str:
    """Raises `UnreadableValue`."""
    key_id = key_id_of(value, place)
    key = keys.master.get(key_id)
    if key is None:
        raise UnreadableValue(place, f"is under the key {master_key_id(key_id)}, which is not there")
    return key.unseal(value, place).decode()
