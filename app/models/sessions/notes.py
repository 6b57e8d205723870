"""Notes of sessions, whose text is encrypted, and the templates that they begin from."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.models.identity import Role
from app.platform.columns import at_least, choice, one_of, stamped_now
from app.platform.encryption import Place
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine


class NoteVisibility(StrEnum):
    PRIVATE = "PRIVATE"
    SHARED = "SHARED"


class SessionNote(SQLModel, table=True):
    """What somebody wrote about a session. The text, its headings and the names in it are in `content`, encrypted.

    Its coach, member and `member_coach_id` are those of the session, for the policies to compare. What was written
    after the member had left that coach `is_later` (a trigger keeps it), and out of their sight.
    """

    __tablename__ = "session_notes"
    __table_args__ = (
        one_of("written_by", Role, "session_notes"),
        one_of("visibility", NoteVisibility, "session_notes"),
        at_least("version", 1, "session_notes"),
        CheckConstraint("written_by <> 'MEMBER' OR visibility = 'SHARED'", name="session_notes_of_members_are_shared"),
        CheckConstraint(
            "substring(content, 1, 1) = '\\x01'::bytea AND length(content) >= 45", name="session_notes_encrypted"
        ),
        ForeignKeyConstraint(
            ["session_id", "coach_id", "member_id"],
            ["sessions.id", "sessions.coach_id", "sessions.member_id"],
            name="session_notes_session_fkey",
            ondelete="CASCADE",
        ),
        Index("session_notes_by_session", "session_id", "id"),
        Index("session_notes_by_member", "member_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    member_coach_id: UUID | None = None
    author_user_id: UUID = Field(foreign_key="users.id")
    written_by: Role = choice(Role)
    visibility: NoteVisibility = choice(NoteVisibility)
    is_draft: bool
    is_later: bool = False
    version: int = 1
    content: bytes
    created_at: datetime = stamped_now()
    updated_at: datetime = stamped_now()

    @property
    def place(self) -> Place:
        return Place("session_notes", "content", self.id)


class NoteTemplate(SQLModel, table=True):
    """A coach's own template; those that everybody has are no rows."""

    __tablename__ = "note_templates"
    __table_args__ = (
        CheckConstraint("cardinality(headings) BETWEEN 1 AND 20", name="note_templates_headings_range"),
        UniqueConstraint("coach_id", "name", name="note_templates_name_key"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID = Field(foreign_key="coaches.id", ondelete="CASCADE")
    name: str = Field(max_length=80)
    headings: list[str] = Field(sa_type=ARRAY(String(120)), nullable=False)
    created_at: datetime = stamped_now()
    updated_at: datetime = stamped_now()


_MINE = is_mine("author_user_id", "user_id")
_HOLDS, _COACHES, _IS = (
    is_mine("coach_id", "coach_id"),
    is_mine("member_coach_id", "coach_id"),
    is_mine("member_id", "member_id"),
)
_TO_COACHES = "(NOT is_draft OR written_by <> 'MEMBER')"
_TO_MEMBER = "visibility = 'SHARED' AND (NOT is_draft OR written_by = 'MEMBER')"
_OWN = [both(side, _MINE) for side in (_HOLDS, _COACHES, _IS)]
guard(
    SessionNote,
    select=[
        both(_HOLDS, both(_TO_COACHES, f"(NOT is_later OR {_MINE})")),
        both(_COACHES, _TO_COACHES),
        both(_IS, _TO_MEMBER),
    ],
    insert=[both(own, f"written_by = '{side}'") for own, side in zip(_OWN, ("COACH", "COACH", "MEMBER"), strict=True)],
    update=_OWN,
    delete=_OWN,
)
guard(NoteTemplate, select=[_HOLDS], insert=[_HOLDS], update=[_HOLDS], delete=[_HOLDS])
