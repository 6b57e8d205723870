"""Notes of sessions, decrypted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.loaders.privacy import keys_for_notes, unsealed
from app.models.identity import Role
from app.models.sessions import NoteVisibility, SessionNote
from app.platform.encryption import Key, key_id_of
from app.platform.keys import Owned


@dataclass(frozen=True, slots=True)
class NoteSection:
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class NoteAuthor:
    role: Role
    name: str | None


@dataclass(frozen=True, slots=True)
class NoteContent:
    """What is encrypted of a note: all that somebody wrote or is called."""

    sections: list[NoteSection]
    author_name: str | None = None
    template: str | None = None

    def packed(self) -> bytes:
        pairs = [[section.heading, section.text] for section in self.sections]
        return orjson.dumps([pairs, self.author_name, self.template])

    @classmethod
    def unpacked(cls, packed: bytes) -> "NoteContent":
        pairs, author_name, template = orjson.loads(packed)
        return cls([NoteSection(heading, written) for heading, written in pairs], author_name, template)


@dataclass(frozen=True, slots=True)
class ReadNote:
    """A note as its readers see it."""

    id: UUID
    session_id: UUID
    author: NoteAuthor
    visibility: NoteVisibility
    is_draft: bool
    version: int
    template: str | None
    sections: list[NoteSection]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, note: SessionNote, content: NoteContent) -> "ReadNote":
        return cls(
            id=note.id,
            session_id=note.session_id,
            author=NoteAuthor(note.written_by, content.author_name),
            visibility=note.visibility,
            is_draft=note.is_draft,
            version=note.version,
            template=content.template,
            sections=content.sections,
            created_at=note.created_at,
            updated_at=note.updated_at,
        )


def key_of(note: SessionNote) -> Owned:
    """Whose key the note is to be under, and which it says that it is; raises `UnreadableValue`."""
    return note.member_id, key_id_of(note.content, note.place)


def content_of(note: SessionNote, keys: Mapping[Owned, Key]) -> NoteContent:
    """Raises `UnreadableValue`, which names the note."""
    return NoteContent.unpacked(unsealed(note.member_id, note.content, note.place, keys))


async def contents_of(db: AsyncSession, notes: Sequence[SessionNote]) -> dict[UUID, NoteContent]:
    """By the notes' ids, without those that have been removed, or left the asker's sight, since they were read.

    Raises `UnreadableValue`, which names the first note that is not what was written.
    """
    keys = await keys_for_notes(db, {note.id: key_of(note) for note in notes})
    gone = {note.id for note in notes if key_of(note) not in keys}
    if gone:
        still_there = await db.exec(select(SessionNote.id).where(col(SessionNote.id).in_(gone)))
        gone.difference_update(still_there)
    return {note.id: content_of(note, keys) for note in notes if note.id not in gone}


async def notes_by_session(db: AsyncSession, ids: Sequence[UUID]) -> list[list[ReadNote]]:
    """Those that the asker may see, in the order in which they were begun."""
    statement = select(SessionNote).where(col(SessionNote.session_id).in_(ids)).order_by(col(SessionNote.id))
    notes = (await db.exec(statement)).all()
    found: dict[UUID, list[ReadNote]] = defaultdict(list)
    contents = await contents_of(db, notes)
    for note in notes:
        if note.id in contents:
            found[note.session_id].append(ReadNote.of(note, contents[note.id]))
    return [found[session_id] for session_id in ids]
