"""Journals: members write for themselves, and their coach reads what they share; no write silently wins."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import field_validator
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import JournalEntryRemoved, JournalEntryShared, JournalEntryWritten, emit
from app.forms import Form, IdempotencyKey, Line, between, prose
from app.loaders.growth import JournalText, ReadJournalEntry, entries_read
from app.models.coherence.dimensions import Element
from app.models.growth import Goal, JournalEntry
from app.models.members import Member
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden, VersionConflict
from app.services.identity.permissions import require
from app.services.identity.retries import made_before, remember
from app.services.members import access_member, access_whose
from app.services.privacy.keys import key_for_member
from app.services.sessions import access_session

_MUTATION: Final = "writeJournalEntry"
MOST_CHARACTERS: Final = 20_000


def _saying_something(value: str) -> str:
    if not value.strip():
        raise ValueError("must say something")
    return value


class NewJournalEntry(Form):
    text: prose(MOST_CHARACTERS)  # type: ignore[valid-type]
    title: Line | None = None
    mood: between(1, 5) | None = None  # type: ignore[valid-type]
    element: Element | None = None
    session_id: UUID | None = None
    goal_id: UUID | None = None
    is_shared: bool = False
    idempotency_key: IdempotencyKey | None = None

    says_something = field_validator("text")(_saying_something)


class JournalEntryChanges(Form):
    expected_version: int
    text: prose(MOST_CHARACTERS) = ""  # type: ignore[valid-type]
    title: Line | None = None
    mood: between(1, 5) | None = None  # type: ignore[valid-type]
    element: Element | None = None
    session_id: UUID | None = None
    goal_id: UUID | None = None

    says_something = field_validator("text")(_saying_something)


class JournalFilter(Form):
    member_id: UUID | None = None
    goal_id: UUID | None = None
    element: Element | None = None
    is_shared: bool | None = None


async def access_journal_entry(db: AsyncSession, actor: Actor, entry_id: UUID) -> ReadJournalEntry:
    """Row-level security is the whole rule of who sees which; else `Forbidden`, found or not."""
    require(actor, "growth:read")
    return await _read(db, await _find(db, entry_id))


async def list_journal_entries(
    db: AsyncSession, actor: Actor, *, wanted: JournalFilter, page: PageRequest
) -> Page[ReadJournalEntry]:
    """Of one member, the newest first; their coach sees what is shared."""
    require(actor, "growth:read")
    member = await access_whose(db, actor, wanted.member_id)
    statement = (
        select(JournalEntry)
        .where(JournalEntry.member_id == member.id)
        .order_by(col(JournalEntry.created_at).desc(), col(JournalEntry.id).desc())
    )
    if wanted.goal_id is not None:
        statement = statement.where(JournalEntry.goal_id == wanted.goal_id)
    if wanted.element is not None:
        statement = statement.where(JournalEntry.element == wanted.element)
    if wanted.is_shared is not None:
        statement = statement.where(JournalEntry.is_shared == wanted.is_shared)
    found: Page[JournalEntry] = await read_page(db, statement, page)
    read = await entries_read(db, found.rows)
    kept = [(read[row.id], at) for row, at in zip(found.rows, found.cursors, strict=True) if row.id in read]
    rows, cursors = [row for row, _ in kept], [at for _, at in kept]
    return Page(rows, cursors, found.has_next, found.has_previous)


async def write_journal_entry(
    db: AsyncSession, actor: Actor, *, form: NewJournalEntry, now: datetime
) -> ReadJournalEntry:
    """A new entry of one's own journal. Under an idempotency key a retry finds what the first try made."""
    member = await _writer(db, actor)
    key = await key_for_member(db, member.id)
    if (before := await made_before(db, actor, _MUTATION, form, secret=key.secret)) is not None:
        return await access_journal_entry(db, actor, before)
    await _refuse_foreign(db, actor, form.session_id, form.goal_id)
    entry = JournalEntry(
        member_id=member.id,
        is_shared=form.is_shared,
        shared_at=now if form.is_shared else None,
        mood=form.mood,
        element=form.element,
        session_id=form.session_id,
        goal_id=form.goal_id,
        content=b"",
        created_at=now,
        updated_at=now,
    )
    written = JournalText(form.text, form.title)
    entry.content = key.seal(written.packed(), entry.place)
    db.add(entry)
    await db.flush()
    await remember(db, actor, _MUTATION, form, entry.id, now, secret=key.secret)
    emit(db, JournalEntryWritten(**_told(member, entry.id)))
    if entry.is_shared:
        emit(db, JournalEntryShared(**_told(member, entry.id)))
    return ReadJournalEntry.of(entry, written)


async def update_journal_entry(
    db: AsyncSession, actor: Actor, *, entry_id: UUID, form: JournalEntryChanges, now: datetime
) -> ReadJournalEntry:
    """Changes what was given. Raises `VersionConflict` unless it is the version that the member has seen."""
    entry, _ = await _access_own(db, actor, entry_id)
    before = await _read(db, entry)
    changes = form.given()
    expected = changes.pop("expected_version")
    if expected != entry.version:
        raise VersionConflict(entry.version, "entry")
    await _refuse_foreign(db, actor, changes.get("session_id"), changes.get("goal_id"))
    texts = {name: changes.pop(name) for name in ("text", "title") if name in changes}
    written = replace(JournalText(before.text, before.title), **texts)
    key = await key_for_member(db, entry.member_id)
    changes["content"] = key.seal(written.packed(), entry.place)
    changed = await db.exec(
        update(JournalEntry)
        .where(col(JournalEntry.id) == entry.id, col(JournalEntry.version) == expected)
        .values(**changes, version=expected + 1, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount == 0:  # another one was first, after it was read here
        now_at = (await db.exec(select(JournalEntry.version).where(JournalEntry.id == entry.id))).one_or_none()
        raise Forbidden if now_at is None else VersionConflict(now_at, "entry")
    await db.refresh(entry)
    return ReadJournalEntry.of(entry, written)


async def share_journal_entry(db: AsyncSession, actor: Actor, *, entry_id: UUID, now: datetime) -> ReadJournalEntry:
    """Lets today's coach read it, and whoever coaches the member later; once more changes nothing."""
    entry, member = await _access_own(db, actor, entry_id, locked=True)
    if not entry.is_shared:
        await _set_shared(db, entry, now)
        emit(db, JournalEntryShared(**_told(member, entry.id)))
    return await _read(db, entry)


async def unshare_journal_entry(db: AsyncSession, actor: Actor, *, entry_id: UUID) -> ReadJournalEntry:
    """Takes it out of the coach's sight again."""
    entry, _ = await _access_own(db, actor, entry_id, locked=True)
    if entry.is_shared:
        await _set_shared(db, entry, None)
    return await _read(db, entry)


async def remove_journal_entry(db: AsyncSession, actor: Actor, *, entry_id: UUID) -> UUID:
    """Answers the id of what is gone."""
    entry, member = await _access_own(db, actor, entry_id, locked=True)
    await db.exec(delete(JournalEntry).where(col(JournalEntry.id) == entry.id))
    emit(db, JournalEntryRemoved(**_told(member, entry.id)))
    return entry.id


async def _set_shared(db: AsyncSession, entry: JournalEntry, since: datetime | None) -> None:
    entry.is_shared, entry.shared_at = since is not None, since
    db.add(entry)
    await db.flush()


async def _writer(db: AsyncSession, actor: Actor) -> Member:
    """A journal is its member's: not even an admin writes in it."""
    require(actor, "growth:write")
    if actor.member_id is None:
        raise Forbidden
    return await access_member(db, actor, actor.member_id)


async def _access_own(
    db: AsyncSession, actor: Actor, entry_id: UUID, *, locked: bool = False
) -> tuple[JournalEntry, Member]:
    member = await _writer(db, actor)
    entry = await _find(db, entry_id, locked=locked)
    if entry.member_id != member.id:
        raise Forbidden
    return entry, member


async def _refuse_foreign(db: AsyncSession, actor: Actor, session_id: UUID | None, goal_id: UUID | None) -> None:
    """What an entry is about is the writer's own."""
    if session_id is not None:
        await access_session(db, actor, session_id)
    if goal_id is not None:
        own = select(Goal.id).where(Goal.id == goal_id, Goal.member_id == actor.member_id)
        if (await db.exec(own)).one_or_none() is None:
            raise Forbidden


async def _find(db: AsyncSession, entry_id: UUID, *, locked: bool = False) -> JournalEntry:
    statement = select(JournalEntry).where(JournalEntry.id == entry_id)
    if locked:
        statement = statement.with_for_update()
    entry = (await db.exec(statement)).one_or_none()
    if entry is None:
        raise Forbidden
    return entry


async def _read(db: AsyncSession, entry: JournalEntry) -> ReadJournalEntry:
    read = (await entries_read(db, [entry])).get(entry.id)
    if read is None:  # removed meanwhile
        raise Forbidden
    return read


def _told(member: Member, entry_id: UUID) -> dict[str, Any]:
    return {"member_id": member.id, "coach_id": member.coach_id, "journal_entry_id": entry_id}
