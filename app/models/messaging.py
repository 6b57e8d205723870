"""What coaches and members say to each other beside their sessions, the templates of it, and who may send by a hook."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, choice, one_of, optional_timestamp, stamped_now, timestamp
from app.platform.encryption import Place
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine

MOST_TEMPLATES: Final = 100
MOST_HOOKS: Final = 20
BY_OWN_HOOKS: Final = "communications_by_own_hooks"
"""Refuses what came by a hook that is another coach's, or is gone."""


class MessageKind(StrEnum):
    REMINDER = "REMINDER"
    CHECK_IN = "CHECK_IN"
    CRISIS = "CRISIS"
    MOTIVATION = "MOTIVATION"
    OTHER = "OTHER"


class CommunicationChannel(StrEnum):
    SMS = "SMS"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    IN_PERSON = "IN_PERSON"


class Direction(StrEnum):
    OUT = "OUT"
    IN = "IN"


class CommunicationStatus(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"
    LOGGED = "LOGGED"


class MessageTemplate(SQLModel, table=True):
    """A coach's own; those that everybody has are no rows. The body may hold placeholders of a closed list."""

    __tablename__ = "message_templates"
    __table_args__ = (one_of("kind", MessageKind, "message_templates"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID = Field(foreign_key="coaches.id", ondelete="CASCADE", index=True)
    kind: MessageKind = choice(MessageKind)
    name: str = Field(max_length=120)
    subject: str | None = Field(default=None, max_length=200)
    body: str = Field(max_length=5_000)
    created_at: datetime = stamped_now()
    updated_at: datetime = stamped_now()


class MessageHook(SQLModel, table=True):
    """Lets a program send messages in a coach's name; its requests are signed with the secret, which is sealed."""

    __tablename__ = "message_hooks"
    __table_args__ = (
        CheckConstraint(
            "substring(secret, 1, 1) = '\\x01'::bytea AND length(secret) >= 45", name="message_hooks_encrypted"
        ),
        UniqueConstraint("id", "coach_id", name="message_hooks_with_coach"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID = Field(foreign_key="coaches.id", ondelete="CASCADE", index=True)
    name: str = Field(max_length=80)
    secret: bytes
    created_at: datetime = stamped_now()

    @property
    def place(self) -> Place:
        return Place("message_hooks", "secret", self.id)


class Communication(SQLModel, table=True):
    """An interaction between a coach and a member: sent by us, or logged. What was said is in `content`, encrypted.

    It stays as it was said. Of what came by a hook, `webhook_id` and a keyed digest of the request tell a retry.
    """

    __tablename__ = "communications"
    __table_args__ = (
        one_of("channel", CommunicationChannel, "communications"),
        one_of("direction", Direction, "communications"),
        one_of("status", CommunicationStatus, "communications"),
        at_least("attempts", 0, "communications"),
        CheckConstraint(
            "substring(content, 1, 1) = '\\x01'::bytea AND length(content) >= 45", name="communications_encrypted"
        ),
        CheckConstraint("(status = 'SENT') = (sent_at IS NOT NULL)", name="communications_sent_at_some_time"),
        CheckConstraint("status <> 'FAILED' OR reason IS NOT NULL", name="communications_say_why_not"),
        CheckConstraint(
            "status = 'LOGGED' OR (direction = 'OUT' AND channel IN ('SMS', 'EMAIL'))", name="communications_sent_out"
        ),
        CheckConstraint(
            "(webhook_id IS NULL) = (request_digest IS NULL) AND (webhook_id IS NOT NULL OR hook_id IS NULL)",
            name="communications_of_hooks_are_known_again",
        ),
        UniqueConstraint("hook_id", "webhook_id", name="communications_once"),
        ForeignKeyConstraint(
            ["hook_id", "coach_id"],
            ["message_hooks.id", "message_hooks.coach_id"],
            name=BY_OWN_HOOKS,
            ondelete="SET NULL (hook_id)",
        ),
        Index("communications_by_member", "member_id", "occurred_at", "id"),
        Index("communications_by_coach", "coach_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID = Field(foreign_key="coaches.id", ondelete="CASCADE")
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE")
    member_coach_id: UUID | None = None
    author_user_id: UUID = Field(foreign_key="users.id")
    channel: CommunicationChannel = choice(CommunicationChannel)
    direction: Direction = choice(Direction)
    status: CommunicationStatus = choice(CommunicationStatus)
    content: bytes
    template_id: UUID | None = None
    hook_id: UUID | None = None
    webhook_id: str | None = Field(default=None, max_length=255)
    request_digest: bytes | None = None
    reason: str | None = Field(default=None, max_length=500)
    provider_id: str | None = Field(default=None, max_length=120)
    attempts: int = 0
    occurred_at: datetime = timestamp()
    sent_at: datetime | None = optional_timestamp()
    created_at: datetime = stamped_now()
    updated_at: datetime = stamped_now()

    @property
    def place(self) -> Place:
        return Place("communications", "content", self.id)


_HOLDS, _COACHES, _IS = (
    is_mine("coach_id", "coach_id"),
    is_mine("member_coach_id", "coach_id"),
    is_mine("member_id", "member_id"),
)
guard(MessageTemplate, select=[_HOLDS], insert=[_HOLDS], update=[_HOLDS], delete=[_HOLDS])
guard(MessageHook, select=[_HOLDS], insert=[_HOLDS], delete=[_HOLDS])
# A member reads what was sent to them, and not what a coach has noted of a call.
guard(
    Communication,
    select=[_HOLDS, _COACHES, both(_IS, "status = 'SENT'")],
    insert=[both(both(_HOLDS, _COACHES), both(is_mine("author_user_id", "user_id"), "status IN ('QUEUED', 'LOGGED')"))],
)
