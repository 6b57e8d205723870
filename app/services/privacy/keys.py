"""The master keys must be the ones that were used here; each member has one key, made with the first thing under it."""

from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.loaders.privacy import unwrapped
from app.models.members import Member
from app.models.privacy import MasterKey, MemberKey, place_of_check_value, place_of_wrapped_key
from app.models.sessions import CoachingSession
from app.platform.encryption import Key, UnreadableValue
from app.platform.ids import new_id
from app.platform.keys import Keys, MasterKeys, keys_of
from app.platform.settings import InvalidSettings
from app.problems import Forbidden
from app.services.privacy.sealed import keys_of_sealed

_CHECKED = b"the key that was used here"


class NoKeyYet(Forbidden):
    """Nothing is under a key of this member yet, and the asker sees them but stores none: the system has to."""

    def __init__(self, member_id: UUID) -> None:
        self.member_id = member_id
        super().__init__()


_IS_THERE = text("SELECT to_regclass('master_keys') IS NOT NULL")
_KEY_OF_SESSION = text("SELECT id, member_id, wrapped_key FROM key_of_session(:session)")
_KEEP_MEMBER_KEY = text(
    "SELECT id, member_id, wrapped_key FROM keep_member_key(:session, :key, :master, :check, :wrapped)"
)
_KEY_OF_MEMBER = text("SELECT id, member_id, wrapped_key FROM key_of_member(:member)")
_KEEP_KEY_OF_MEMBER = text(
    "SELECT id, member_id, wrapped_key FROM keep_key_of_member(:member, :key, :master, :check, :wrapped)"
)
_CHECK_OF_MASTER_KEY = text("SELECT check_of_master_key(:master)")


async def keys_in_use(db: AsyncSession) -> set[str]:
    """Ids of the master keys that something is under; for the system."""
    if not (await db.execute(_IS_THERE)).scalar_one():
        return set()
    wraps = select(MemberKey.id).where(MemberKey.master_key_id == MasterKey.id).exists()
    return set(await db.exec(select(MasterKey.id).where(wraps))) | await keys_of_sealed(db)


async def confirm_keys(db: AsyncSession, master: MasterKeys) -> set[str]:
    """The ids of the keys, each the one that the database knows under this id, or written down for the first time.

    For the system. Raises `InvalidSettings`, which names the key that is wrong or missing, before anything is written.
    """
    if not (await db.execute(_IS_THERE)).scalar_one():
        return set()
    await _compare(db, master)
    if missing := await keys_in_use(db) - set(master.ids):
        raise InvalidSettings(f"{master.source}: the key {min(missing)} is missing, and there is something under it")
    rows = [{"id": name, "check_value": _check_value(name, _named(master, name))} for name in master.ids]
    await db.exec(insert(MasterKey).values(rows).on_conflict_do_nothing())
    await _compare(db, master)  # another process may have been first, with another key
    return set(master.ids)


async def _compare(db: AsyncSession, master: MasterKeys) -> None:
    for known in await db.exec(select(MasterKey).where(col(MasterKey.id).in_(master.ids))):
        refuse_other(master, known.id, known.check_value)


def refuse_other(master: MasterKeys, name: str, check_value: bytes) -> None:
    try:
        _named(master, name).unseal(check_value, place_of_check_value(name))
    except UnreadableValue:
        raise InvalidSettings(
            f"{master.source}: the key {name} is not the one that was used with this database"
        ) from None


def _named(master: MasterKeys, name: str) -> Key:
    key = master.get(name.encode())
    assert key is not None
    return key


def _check_value(name: str, key: Key) -> bytes:
    return key.seal(_CHECKED, place_of_check_value(name))


async def register_key(db: AsyncSession, key_id: str, key: Key) -> None:
    """Writes down how a new master key is known again; for the system."""
    db.add(MasterKey(id=key_id, check_value=_check_value(key_id, key)))
    await db.flush()


async def key_for_session(db: AsyncSession, session: CoachingSession) -> Key:
    """The key of a session's member, made if they have none yet, for whoever sees the session."""
    return await _key(db, _KEY_OF_SESSION, _KEEP_MEMBER_KEY, {"session": session.id})


async def key_for_member(db: AsyncSession, member_id: UUID) -> Key:
    """A member's key, made if they have none yet, for whoever sees the member; raises `NoKeyYet` for themselves."""
    try:
        return await _key(db, _KEY_OF_MEMBER, _KEEP_KEY_OF_MEMBER, {"member": member_id})
    except Forbidden:
        if (await db.exec(select(Member.id).where(Member.id == member_id))).one_or_none() is None:
            raise
        raise NoKeyYet(member_id) from None


async def _key(db: AsyncSession, find: TextClause, keep: TextClause, whose: dict[str, UUID]) -> Key:
    keys = keys_of(db)
    found = (await db.execute(find, whose)).one_or_none()
    if found is None:
        found = await _make_key(db, keys, keep, whose)
    key_id, member_id, wrapped = found
    key = keys.kept((member_id, key_id.bytes))
    if key is None:
        key = unwrapped(keys, key_id, wrapped)
        keys.keep(member_id, key)
    return key


async def _make_key(db: AsyncSession, keys: Keys, keep: TextClause, whose: dict[str, UUID]) -> Any:
    keys.master.read_again()
    await confirm_first(db, keys)
    first_id, first, key_id = keys.master.first_id, keys.master.first, new_id()
    values = {
        **whose,
        "key": key_id,
        "master": first_id,
        "check": _check_value(first_id, first),
        "wrapped": first.seal(Key.made(key_id.bytes).secret, place_of_wrapped_key(key_id)),
    }
    found = (await db.execute(keep, values)).one_or_none()
    if found is None:
        raise Forbidden
    return found


async def confirm_first(db: AsyncSession, keys: Keys) -> None:
    """A server starts without its database, and a file gets new keys: what was not confirmed then is now."""
    name = keys.master.first_id
    if name not in keys.confirmed:
        known = (await db.execute(_CHECK_OF_MASTER_KEY, {"master": name})).scalar_one()
        if known is not None:
            refuse_other(keys.master, name, known)
        keys.confirmed.add(name)
