"""The keys that members' data are encrypted under."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.platform.columns import stamped_now
from app.platform.encryption import Place
from app.platform.ids import new_id
from app.platform.row_security import guard


class MasterKey(SQLModel, table=True):
    """A key of keys that was used here: not the key, but a value that only it can read."""

    __tablename__ = "master_keys"
    __table_args__ = (CheckConstraint("substring(check_value, 1, 1) = '\\x01'::bytea", name="master_keys_encrypted"),)

    id: str = Field(primary_key=True, max_length=16)
    check_value: bytes
    created_at: datetime = stamped_now()


class MemberKey(SQLModel, table=True):
    """The one key of a member's data, wrapped by a master key; without the row, that data is gone for good."""

    __tablename__ = "member_keys"
    __table_args__ = (
        CheckConstraint(
            "substring(wrapped_key, 1, 1) = '\\x01'::bytea AND length(wrapped_key) = 77", name="member_keys_wrapped"
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE", unique=True)
    master_key_id: str = Field(foreign_key="master_keys.id", index=True, max_length=16)
    wrapped_key: bytes
    created_at: datetime = stamped_now()


def place_of_wrapped_key(key_id: UUID) -> Place:
    return Place("member_keys", "wrapped_key", key_id)


def place_of_check_value(master_key_id: str) -> Place:
    return Place("master_keys", "check_value", master_key_id)


# Nobody reads a wrapped key but by the functions beside these tables, which ask what the asker may see.
guard(MasterKey)
guard(MemberKey)
