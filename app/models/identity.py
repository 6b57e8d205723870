"""Logins: users, their password, their refresh tokens, and what each role may do."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, choice, one_of, optional_timestamp, stamped_now, timestamp
from app.platform.ids import new_id
from app.platform.quotas import Quota
from app.platform.row_security import guard, is_mine


class Role(StrEnum):
    MEMBER = "MEMBER"
    COACH = "COACH"
    ADMIN = "ADMIN"


class User(SQLModel, table=True):
    """A login. `coach_id` is the coach of a member's user, kept by a trigger, so that a policy can compare a column."""

    __tablename__ = "users"
    __table_args__ = (one_of("role", Role, "users"), Index("users_email_key", text("lower(email)"), unique=True))

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str = Field(max_length=254)
    role: Role = choice(Role)
    time_zone: str = Field(max_length=64)
    is_active: bool = True
    is_email_verified: bool = False
    coach_id: UUID | None = Field(default=None, index=True)
    last_login_at: datetime | None = optional_timestamp()
    created_at: datetime = stamped_now()


class Credential(SQLModel, table=True):
    """A password's hash, apart from the user so that no one who may read a user can read it."""

    __tablename__ = "credentials"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE")
    password_hash: str
    changed_at: datetime = stamped_now()


class RefreshToken(SQLModel, table=True):
    """One link of a chain (`family_id`): each use replaces it, and a second use ends the whole chain."""

    __tablename__ = "refresh_tokens"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    family_id: UUID = Field(index=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    token_hash: bytes = Field(unique=True)
    expires_at: datetime = timestamp()
    used_at: datetime | None = optional_timestamp()
    revoked_at: datetime | None = optional_timestamp()
    created_at: datetime = stamped_now()


class Permission(SQLModel, table=True):
    __tablename__ = "permissions"

    code: str = Field(primary_key=True, max_length=64)
    description: str


class RolePermission(SQLModel, table=True):
    """What a role may do unless a user's own row says otherwise."""

    __tablename__ = "role_permissions"
    __table_args__ = (one_of("role", Role, "role_permissions"),)

    role: Role = choice(Role, primary_key=True)
    permission: str = Field(primary_key=True, foreign_key="permissions.code", ondelete="CASCADE", max_length=64)


class UserPermission(SQLModel, table=True):
    """One user's exception from their role: granted or taken away."""

    __tablename__ = "user_permissions"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE")
    permission: str = Field(primary_key=True, foreign_key="permissions.code", ondelete="CASCADE", max_length=64)
    is_granted: bool


class RememberedRequest(SQLModel, table=True):
    """A creating mutation under its idempotency key: the retry finds what the first try made."""

    __tablename__ = "remembered_requests"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE")
    mutation: str = Field(primary_key=True, max_length=64)
    key: str = Field(primary_key=True, max_length=200)
    input_hash: bytes
    result_id: UUID | None = None
    created_at: datetime = stamped_now()


class UsedQuota(SQLModel, table=True):
    """How much of a quota a user has used within the last hour in which they used any."""

    __tablename__ = "used_quotas"
    __table_args__ = (one_of("quota", Quota, "used_quotas"), at_least("used", 1, "used_quotas"))

    user_id: UUID = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE")
    quota: Quota = choice(Quota, primary_key=True)
    hour: datetime = timestamp()
    used: int


guard(
    User,
    select=[is_mine("id", "user_id"), is_mine("coach_id", "coach_id")],
)
guard(Credential)
guard(RefreshToken)
guard(UserPermission, select=[is_mine("user_id", "user_id")])
guard(
    RememberedRequest,
    select=[is_mine("user_id", "user_id")],
    insert=[is_mine("user_id", "user_id")],
    update=[is_mine("user_id", "user_id")],
)
guard(
    UsedQuota,
    select=[is_mine("user_id", "user_id")],
    insert=[is_mine("user_id", "user_id")],
    update=[is_mine("user_id", "user_id")],
)
