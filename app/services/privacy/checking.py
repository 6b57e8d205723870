"""Trying every key and everything that is under one."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from sqlmodel import col, select

from app.loaders.growth import text_of
from app.loaders.messaging import said_in
from app.loaders.privacy import unwrapped
from app.loaders.sessions.notes import content_of
from app.models.growth import JournalEntry
from app.models.messaging import Communication
from app.models.privacy import MasterKey, MemberKey, place_of_wrapped_key
from app.models.sessions import SessionNote
from app.platform.encryption import Key, Place, UnreadableValue, key_id_of, master_key_id
from app.platform.keys import Keys, Owned
from app.platform.settings import InvalidSettings
from app.services.privacy.keys import refuse_other
from app.services.privacy.resealing import check_sealed
from app.services.privacy.transactions import Transactions

BATCH = 50


async def check_keys(transactions: Transactions, keys: Keys) -> AsyncIterator[str]:
    """A sentence for each key and each row that cannot be read, which names it; nothing is written."""
    async with transactions() as db:
        known = (await db.exec(select(MasterKey).where(col(MasterKey.id).in_(keys.master.ids)))).all()
    for master in known:
        try:
            refuse_other(keys.master, master.id, master.check_value)
        except InvalidSettings as wrong:
            yield str(wrong)
    after = UUID(int=0)
    while rows := await _keys_after(transactions, after):
        for row in rows:
            if failure := _failure_of_key(keys, row):
                yield failure
        after = rows[-1].id
    after = UUID(int=0)
    while pairs := await _notes_after(transactions, after):
        for note, key in pairs:
            if failure := _failure_of_note(keys, note, key):
                yield failure
        after = pairs[-1][0].id
    after = UUID(int=0)
    while said := await _communications_after(transactions, after):
        for communication, key in said:
            if failure := _failure_of_communication(keys, communication, key):
                yield failure
        after = said[-1][0].id
    after = UUID(int=0)
    while entries := await _journal_entries_after(transactions, after):
        for entry, key in entries:
            if failure := _failure_of_journal_entry(keys, entry, key):
                yield failure
        after = entries[-1][0].id
    async for failure in check_sealed(transactions, keys):
        yield failure


async def _keys_after(transactions: Transactions, after: UUID) -> Sequence[MemberKey]:
    statement = select(MemberKey).where(col(MemberKey.id) > after).order_by(col(MemberKey.id)).limit(BATCH)
    async with transactions() as db:
        return (await db.exec(statement)).all()


async def _notes_after(transactions: Transactions, after: UUID) -> Sequence[tuple[SessionNote, MemberKey | None]]:
    statement = (
        select(SessionNote, MemberKey)
        .outerjoin(MemberKey, col(MemberKey.member_id) == col(SessionNote.member_id))
        .where(col(SessionNote.id) > after)
        .order_by(col(SessionNote.id))
        .limit(BATCH)
    )
    async with transactions() as db:
        return (await db.exec(statement)).all()


async def _communications_after(
    transactions: Transactions, after: UUID
) -> Sequence[tuple[Communication, MemberKey | None]]:
    statement = (
        select(Communication, MemberKey)
        .outerjoin(MemberKey, col(MemberKey.member_id) == col(Communication.member_id))
        .where(col(Communication.id) > after)
        .order_by(col(Communication.id))
        .limit(BATCH)
    )
    async with transactions() as db:
        return (await db.exec(statement)).all()


async def _journal_entries_after(
    transactions: Transactions, after: UUID
) -> Sequence[tuple[JournalEntry, MemberKey | None]]:
    statement = (
        select(JournalEntry, MemberKey)
        .outerjoin(MemberKey, col(MemberKey.member_id) == col(JournalEntry.member_id))
        .where(col(JournalEntry.id) > after)
        .order_by(col(JournalEntry.id))
        .limit(BATCH)
    )
    async with transactions() as db:
        return (await db.exec(statement)).all()


def _failure_of_key(keys: Keys, row: MemberKey) -> str | None:
    place = place_of_wrapped_key(row.id)
    try:
        unwrapped(keys, row.id, row.wrapped_key)
        if master_key_id(key_id_of(row.wrapped_key, place)) != row.master_key_id:
            raise UnreadableValue(place, f"is not under the master key {row.master_key_id}")
    except UnreadableValue as failure:
        return str(failure)
    return None


def _failure_of_note(keys: Keys, note: SessionNote, row: MemberKey | None) -> str | None:
    try:
        content_of(note, _found(keys, note.place, row))
    except UnreadableValue as failure:
        return str(failure)
    return None


def _failure_of_communication(keys: Keys, communication: Communication, row: MemberKey | None) -> str | None:
    try:
        said_in(communication, _found(keys, communication.place, row))
    except UnreadableValue as failure:
        return str(failure)
    return None


def _failure_of_journal_entry(keys: Keys, entry: JournalEntry, row: MemberKey | None) -> str | None:
    try:
        text_of(entry, _found(keys, entry.place, row))
    except UnreadableValue as failure:
        return str(failure)
    return None


def _found(keys: Keys, place: Place, row: MemberKey | None) -> dict[Owned, Key]:
    """The key of a row's member, if there is one; raises `UnreadableValue` that names the row."""
    if row is None:
        return {}
    try:
        return {(row.member_id, row.id.bytes): unwrapped(keys, row.id, row.wrapped_key)}
    except UnreadableValue as failure:
        raise UnreadableValue(place, f"is out of reach: {failure}") from failure
