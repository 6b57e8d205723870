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

    Its coach, member and `member_coach_id` are those of the session, for the policies to compare.
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


def _of_side(condition: str, *sides: str) -> list[str]:
    return [both(is_mine(side, setting), condition) for side, setting in (each.split("=") for each in sides)]


_COACHES, _MEMBER = ("coach_id=coach_id", "member_coach_id=coach_id"), "member_id=member_id"
_MINE = is_mine("author_user_id", "user_id")
_OWN = [*_of_side(_MINE, *_COACHES), *_of_side(_MINE, _MEMBER)]
guard(
    SessionNote,
    select=[
        *_of_side("(NOT is_draft OR written_by <> 'MEMBER')", *_COACHES),
        *_of_side("visibility = 'SHARED' AND (NOT is_draft OR written_by = 'MEMBER')", _MEMBER),
    ],
    insert=[
        *_of_side(both(_MINE, "written_by = 'COACH'"), *_COACHES),
        *_of_side(both(_MINE, "written_by = 'MEMBER'"), _MEMBER),
    ],
    update=_OWN,
    delete=_OWN,
)
_OF_COACH = [is_mine("coach_id", "coach_id")]
guard(NoteTemplate, select=_OF_COACH, insert=_OF_COACH, update=_OF_COACH, delete=_OF_COACH)
