"""What members write for themselves, and show to their coach if they like."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.models.coherence.dimensions import Element
from app.platform.columns import at_least, choice, one_of, optional_timestamp, stamped_now
from app.platform.encryption import Place
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine


class JournalEntry(SQLModel, table=True):
    """The title and the text are in `content`, encrypted. A coach sees it while it is shared.

    The session and the goal that it is about are the same member's (a trigger and a foreign key hold it).
    """

    __tablename__ = "journal_entries"
    __table_args__ = (
        at_least("mood", 1, "journal_entries", 5),
        one_of("element", Element, "journal_entries"),
        at_least("version", 1, "journal_entries"),
        CheckConstraint("is_shared = (shared_at IS NOT NULL)", name="journal_entries_shared_since"),
        CheckConstraint(
            "substring(content, 1, 1) = '\\x01'::bytea AND length(content) >= 45", name="journal_entries_encrypted"
        ),
        ForeignKeyConstraint(
            ["goal_id", "member_id"],
            ["goals.id", "goals.member_id"],
            name="journal_entries_goal_fkey",
            ondelete="SET NULL (goal_id)",
        ),
        Index("journal_entries_by_member", "member_id", text("created_at DESC"), text("id DESC")),
        Index("journal_entries_by_session", "session_id", postgresql_where=text("session_id IS NOT NULL")),
        Index("journal_entries_by_goal", "goal_id", postgresql_where=text("goal_id IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE")
    member_coach_id: UUID | None = None
    is_shared: bool = False
    shared_at: datetime | None = optional_timestamp()
    mood: int | None = None
    element: Element | None = choice(Element, default=None)
    session_id: UUID | None = Field(default=None, foreign_key="sessions.id", ondelete="SET NULL")
    goal_id: UUID | None = None
    version: int = 1
    content: bytes
    created_at: datetime = stamped_now()
    updated_at: datetime = stamped_now()

    @property
    def place(self) -> Place:
        return Place("journal_entries", "content", self.id)


_COACHES, _IS = is_mine("member_coach_id", "coach_id"), is_mine("member_id", "member_id")
guard(JournalEntry, select=[_IS, both(_COACHES, "is_shared")], insert=[_IS], update=[_IS], delete=[_IS])
