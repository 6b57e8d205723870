"""Notes of sessions: a coach's private ones (4.8), shared ones (4.9), drafts, and that no write silently wins."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, field_validator
from sqlalchemy import func
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor, Standing
from app.events import SessionNoteShared, emit
from app.forms import Form, IdempotencyKey, prose
from app.loaders.sessions.notes import NoteContent, NoteSection, ReadNote, contents_of, key_of
from app.models.coaches import Coach
from app.models.identity import Role
from app.models.members import Member
from app.models.sessions import NoteVisibility, SessionNote
from app.platform.keys import keys_of
from app.problems import Forbidden, InvalidInput, VersionConflict
from app.services.identity.permissions import require, require_login
from app.services.identity.retries import made_before, remember
from app.services.privacy.keys import key_for_session
from app.services.sessions.note_templates import MOST_SECTIONS, Heading, find_note_template
from app.services.sessions.viewing import access_session

_MUTATION = "writeSessionNote"
_OF_MEMBERS = "What a member writes is shared with their coach"

MOST_CHARACTERS = 50_000  # of all sections together: as UTF-8 they fit into a request

MOST_NOTES = 50  # of one author about one session


class Section(Form):
    heading: Heading
    text: prose(MOST_CHARACTERS)  # type: ignore[valid-type]


def _within_bounds(sections: list[Section]) -> list[Section]:
    if sum(len(section.heading) + len(section.text) for section in sections) > MOST_CHARACTERS:
        raise ValueError(f"has more than {MOST_CHARACTERS} characters in all")
    return sections


Sections = Annotated[list[Section], Field(max_length=MOST_SECTIONS)]


class NewNote(Form):
    session_id: UUID
    visibility: NoteVisibility
    sections: Sections = []
    template_id: UUID | None = None
    is_draft: bool = False
    idempotency_key: IdempotencyKey | None = None

    within_bounds = field_validator("sections")(_within_bounds)


class NoteChanges(Form):
    expected_version: int
    visibility: NoteVisibility = NoteVisibility.PRIVATE
    sections: Sections = []
    is_draft: bool = False

    within_bounds = field_validator("sections")(_within_bounds)


async def access_note(db: AsyncSession, actor: Actor, note_id: UUID) -> ReadNote:
    """The note, if it is one that the asker may see; else `Forbidden`, found or not."""
    require(actor, "notes:read")
    note = await _find(db, note_id)
    return ReadNote.of(note, await _content(db, note))


async def _find(db: AsyncSession, note_id: UUID) -> SessionNote:
    """Row-level security is the whole rule of who sees which."""
    note = (await db.exec(select(SessionNote).where(SessionNote.id == note_id))).one_or_none()
    if note is None:
        raise Forbidden
    return note


async def _content(db: AsyncSession, note: SessionNote) -> NoteContent:
    content = (await contents_of(db, [note])).get(note.id)
    if content is None:  # removed meanwhile
        raise Forbidden
    return content


async def write_session_note(db: AsyncSession, actor: Actor, *, form: NewNote, now: datetime) -> ReadNote:
    """A new note, as a draft or final. Under an idempotency key a retry finds what the first try made.

    Raises `InvalidInput` for a private note of a member, and for a final one that says nothing.
    """
    require(actor, "notes:write")
    author_user_id = require_login(actor)
    session = await access_session(db, actor, form.session_id)
    written_by = Role(actor.standing.value)
    if written_by is Role.MEMBER and form.visibility is NoteVisibility.PRIVATE:
        raise InvalidInput("visibility", _OF_MEMBERS)
    key = await key_for_session(db, session)
    before = await made_before(db, actor, _MUTATION, form, secret=key.secret)
    if before is not None:
        return await access_note(db, actor, before)
    await _refuse_more(db, actor, session.id)
    content = await _begun(db, actor, form)
    _refuse_empty(form.is_draft, content)
    note = SessionNote(
        session_id=session.id,
        coach_id=session.coach_id,
        member_id=session.member_id,
        author_user_id=author_user_id,
        written_by=written_by,
        visibility=form.visibility,
        is_draft=form.is_draft,
        created_at=now,
        updated_at=now,
        content=b"",
    )
    note.content = key.seal(content.packed(), note.place)
    db.add(note)
    await db.flush()
    await remember(db, actor, _MUTATION, form, note.id, now, secret=key.secret)
    _tell(db, note, was_in_sight=False)
    return ReadNote.of(note, content)


async def update_session_note(
    db: AsyncSession, actor: Actor, *, note_id: UUID, form: NoteChanges, now: datetime
) -> ReadNote:
    """Changes one's own note, or for admins anybody's. What others may have read does not leave their sight.

    Raises `VersionConflict` unless it is the version that the asker has seen.
    """
    note = await _access_own(db, actor, note_id)
    before = await _content(db, note)
    changes = form.given()
    del changes["expected_version"]
    was_in_sight = _is_in_sight(note)
    if form.expected_version != note.version:
        raise VersionConflict(note.version, "note")
    _refuse_hiding(note, changes)
    content = replace(before, sections=_sections(form)) if "sections" in changes else before
    _refuse_empty(changes.get("is_draft", note.is_draft), content)
    key = keys_of(db).kept(key_of(note))
    assert key is not None, "the note was just read by it"
    changes["content"] = key.seal(content.packed(), note.place)
    changes.pop("sections", None)
    changed = await db.exec(
        update(SessionNote)
        .where(col(SessionNote.id) == note.id, col(SessionNote.version) == form.expected_version)
        .values(**changes, version=form.expected_version + 1, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount == 0:  # another one was first, after it was read here
        now_at = (await db.exec(select(SessionNote.version).where(SessionNote.id == note.id))).one_or_none()
        raise Forbidden if now_at is None else VersionConflict(now_at, "note")
    await db.refresh(note)
    _tell(db, note, was_in_sight=was_in_sight)
    return ReadNote.of(note, content)


async def remove_session_note(db: AsyncSession, actor: Actor, *, note_id: UUID) -> UUID:
    """One's own, or for admins anybody's; answers the id of what is gone."""
    note = await _access_own(db, actor, note_id)
    await db.exec(delete(SessionNote).where(col(SessionNote.id) == note.id))
    return note.id


async def _access_own(db: AsyncSession, actor: Actor, note_id: UUID) -> SessionNote:
    require(actor, "notes:write")
    note = await _find(db, note_id)
    if note.author_user_id != actor.user_id and not actor.is_admin:
        raise Forbidden
    return note


async def _begun(db: AsyncSession, actor: Actor, form: NewNote) -> NoteContent:
    """Without sections, those of the template begin empty."""
    sections, template = _sections(form), None
    if form.template_id is not None:
        found = await find_note_template(db, form.template_id)
        if found is None:
            raise InvalidInput("templateId", "There is no such template")
        template = found.name
        sections = sections or [NoteSection(heading, "") for heading in found.headings]
    return NoteContent(sections, await _name(db, actor), template)


def _sections(form: NewNote | NoteChanges) -> list[NoteSection]:
    return [NoteSection(section.heading, section.text) for section in form.sections]


async def _name(db: AsyncSession, actor: Actor) -> str | None:
    """What readers know the author by; kept with the text, because not every reader may see who it is."""
    if actor.standing is Standing.COACH and actor.coach_id is not None:
        coach = await db.get(Coach, actor.coach_id)
        return coach.display_name if coach else None
    if actor.standing is Standing.MEMBER and actor.member_id is not None:
        member = await db.get(Member, actor.member_id)
        return member.full_name if member else None
    return None


async def _refuse_more(db: AsyncSession, actor: Actor, session_id: UUID) -> None:
    """A page of sessions is read with all of their notes."""
    own = select(func.count()).where(SessionNote.session_id == session_id, SessionNote.author_user_id == actor.user_id)
    if (await db.exec(own)).one() >= MOST_NOTES:
        raise InvalidInput("sessionId", f"You have written {MOST_NOTES} notes about this session; change one of them")


def _refuse_empty(is_draft: bool, content: NoteContent) -> None:
    if not is_draft and not any(section.text.strip() for section in content.sections):
        raise InvalidInput("sections", "say nothing; keep the note as a draft until they do")


def _refuse_hiding(note: SessionNote, changes: dict[str, object]) -> None:
    if changes.get("is_draft", note.is_draft) and not note.is_draft:
        raise InvalidInput("isDraft", "A note that is final stays so")
    if changes.get("visibility", note.visibility) is NoteVisibility.PRIVATE:
        if _is_in_sight(note):
            raise InvalidInput("visibility", "What was shared stays so; the note can be removed")
        if note.written_by is Role.MEMBER:
            raise InvalidInput("visibility", _OF_MEMBERS)


def _is_in_sight(note: SessionNote) -> bool:
    """Of the other side."""
    return note.visibility is NoteVisibility.SHARED and not note.is_draft


def _tell(db: AsyncSession, note: SessionNote, *, was_in_sight: bool) -> None:
    if _is_in_sight(note) and not was_in_sight:
        emit(
            db,
            SessionNoteShared(
                note_id=note.id,
                session_id=note.session_id,
                coach_id=note.coach_id,
                member_id=note.member_id,
                author_user_id=note.author_user_id,
            ),
        )
