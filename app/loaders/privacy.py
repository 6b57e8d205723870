"""The keys that members' data is under, unwrapped."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.privacy import place_of_wrapped_key
from app.platform.encryption import Key, Place, UnreadableValue, key_id_of, master_key_id
from app.platform.keys import Keys, Owned, keys_of

_KEYS_OF_NOTES = text("SELECT id, member_id, wrapped_key FROM keys_of_notes(CAST(:ids AS uuid[]))")
_KEYS_OF_RISK = text("SELECT id, member_id, wrapped_key FROM keys_of_risk(CAST(:ids AS uuid[]))")
_KEYS_OF_COMMUNICATIONS = text("SELECT id, member_id, wrapped_key FROM keys_of_communications(CAST(:ids AS uuid[]))")
_KEYS_OF_JOURNAL_ENTRIES = text("SELECT id, member_id, wrapped_key FROM keys_of_journal_entries(CAST(:ids AS uuid[]))")

_KEYS_OF_MEMBERS = text(
    "SELECT k.id, k.member_id, k.wrapped_key FROM unnest(CAST(:ids AS uuid[])) AS w (member)"
    " CROSS JOIN LATERAL key_of_member(w.member) k"
)


def unwrapped(keys: Keys, key_id: UUID, wrapped: bytes) -> Key:
    """A member's key by its master key; raises `UnreadableValue`."""
    place = place_of_wrapped_key(key_id)
    master_id = key_id_of(wrapped, place)
    master = keys.master.get(master_id)
    if master is None:
        raise UnreadableValue(place, f"is under the master key {master_key_id(master_id)}, which is not there")
    return Key(key_id.bytes, master.unseal(wrapped, place))


def unsealed(member_id: UUID, value: bytes, place: Place, keys: Mapping[Owned, Key]) -> bytes:
    """What is under a member's key; raises `UnreadableValue`, which names the place."""
    key = keys.get((member_id, key_id_of(value, place)))
    if key is None:
        raise UnreadableValue(place, "is under a key that its member does not have")
    return key.unseal(value, place)


async def keys_for_notes(db: AsyncSession, wanted: Mapping[UUID, Owned]) -> dict[Owned, Key]:
    """The keys that notes are under, by the notes' ids: one statement, or none.

    A key that is missing is not there, or the note is out of the asker's sight.
    """
    return await _keys(db, _KEYS_OF_NOTES, wanted)


async def keys_for_communications(db: AsyncSession, wanted: Mapping[UUID, Owned]) -> dict[Owned, Key]:
    """The same for communications."""
    return await _keys(db, _KEYS_OF_COMMUNICATIONS, wanted)


async def keys_for_journal_entries(db: AsyncSession, wanted: Mapping[UUID, Owned]) -> dict[Owned, Key]:
    """The same for entries of journals."""
    return await _keys(db, _KEYS_OF_JOURNAL_ENTRIES, wanted)


async def keys_for_members(db: AsyncSession, wanted: Collection[Owned]) -> dict[Owned, Key]:
    """The keys of members whom the asker may see."""
    return await _keys(db, _KEYS_OF_MEMBERS, {owned[0]: owned for owned in wanted})


async def keys_for_risk(db: AsyncSession, wanted: Mapping[UUID, Owned]) -> dict[Owned, Key]:
    """The same for risk assessments and alerts."""
    return await _keys(db, _KEYS_OF_RISK, wanted)


async def _keys(db: AsyncSession, statement: TextClause, wanted: Mapping[UUID, Owned]) -> dict[Owned, Key]:
    keys = keys_of(db)
    found = {owned: key for owned in wanted.values() if (key := keys.kept(owned)) is not None}
    missing = [row_id for row_id, owned in wanted.items() if owned not in found]
    if missing:
        for key_id, member_id, wrapped in (await db.execute(statement, {"ids": missing})).all():
            key = found[member_id, key_id.bytes] = unwrapped(keys, key_id, wrapped)
            keys.keep(member_id, key)
    return found
