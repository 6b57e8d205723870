"""Ids that sort by the time of their making (UUIDv7); PostgreSQL 15 to 17 cannot make them itself."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()
