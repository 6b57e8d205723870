"""Column kinds that the tables share."""

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Enum, Numeric, text
from sqlmodel import Field

UTC_TIMESTAMP = DateTime(timezone=True)


def timestamp(**options: Any) -> Any:
    """A required instant, stored as `timestamptz`."""
    return Field(sa_type=UTC_TIMESTAMP, nullable=False, **options)


def optional_timestamp(**options: Any) -> Any:
    return Field(default=None, sa_type=UTC_TIMESTAMP, nullable=True, **options)


def stamped_now() -> Any:
    return Field(
        default=None, sa_type=UTC_TIMESTAMP, nullable=False, sa_column_kwargs={"server_default": text("now()")}
    )


def choice(kind: type[StrEnum], **options: Any) -> Any:
    """One of an enumeration's values, stored as text: a later value needs no ALTER TYPE."""
    return Field(sa_type=Enum(kind, native_enum=False, length=32, create_constraint=False), **options)


def one_of(column: str, kind: type[StrEnum], table: str) -> CheckConstraint:
    values = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({values})", name=f"{table}_{column}_known")


def at_least(column: str, low: int, table: str, high: int | None = None) -> CheckConstraint:
    condition = f"{column} >= {low}" if high is None else f"{column} BETWEEN {low} AND {high}"
    return CheckConstraint(condition, name=f"{table}_{column}_range")


def decimal(digits: int, places: int, **options: Any) -> Any:
    """A number that is kept exactly: `digits` in all, of which `places` stand behind the point."""
    return Field(sa_type=Numeric(digits, places), **options)
