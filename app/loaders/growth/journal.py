"""Entries of journals, decrypted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.loaders.privacy import keys_for_journal_entries, unsealed
from app.models.coherence.dimensions import Element
from app.models.growth import JournalEntry
from app.platform.encryption import Key, key_id_of
from app.platform.keys import Owned


@dataclass(frozen=True, slots=True)
class JournalText:
    """What is encrypted of an entry."""

    text: str
    title: str | None = None

    def packed(self) -> bytes:
        return orjson.dumps([self.text, self.title])

    @classmethod
    def unpacked(cls, packed: bytes) -> "JournalText":
        return cls(*orjson.loads(packed))


@dataclass(frozen=True, slots=True)
class ReadJournalEntry:
    """An entry as its readers see it."""

    id: UUID
    member_id: UUID
    session_id: UUID | None
    goal_id: UUID | None
    title: str | None
    text: str
    mood: int | None
    element: Element | None
    is_shared: bool
    shared_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, entry: JournalEntry, written: JournalText) -> "ReadJournalEntry":
        return cls(
            id=entry.id,
            member_id=entry.member_id,
            session_id=entry.session_id,
            goal_id=entry.goal_id,
            title=written.title,
            text=written.text,
            mood=entry.mood,
            element=entry.element,
            is_shared=entry.is_shared,
            shared_at=entry.shared_at,
            version=entry.version,
            created_at=entry.created_at,
            updated_at=entry.updated_at,
        )


def _key_of(entry: JournalEntry) -> Owned:
    """Whose key it is to be under, and which it says that it is; raises `UnreadableValue`."""
    return entry.member_id, key_id_of(entry.content, entry.place)


def text_of(entry: JournalEntry, keys: Mapping[Owned, Key]) -> JournalText:
    """Raises `UnreadableValue`, which names the entry."""
    return JournalText.unpacked(unsealed(entry.member_id, entry.content, entry.place, keys))


async def entries_read(db: AsyncSession, entries: Sequence[JournalEntry]) -> dict[UUID, ReadJournalEntry]:
    """By their ids, without those that have been removed, or left the asker's sight, since they were read.

    Raises `UnreadableValue`, which names the first that is not what was written.
    """
    keys = await keys_for_journal_entries(db, {entry.id: _key_of(entry) for entry in entries})
    gone = {entry.id for entry in entries if _key_of(entry) not in keys}
    if gone:
        still_there = await db.exec(select(JournalEntry.id).where(col(JournalEntry.id).in_(gone)))
        gone.difference_update(still_there)
    return {entry.id: ReadJournalEntry.of(entry, text_of(entry, keys)) for entry in entries if entry.id not in gone}
