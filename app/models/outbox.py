"""What happened, until whoever must know has been told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Insert, insert
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.events import Event
from app.platform.columns import stamped_now
from app.platform.row_security import LOGGED_IN, guard


class OutboxEntry(SQLModel, table=True):
    """One event, written in the transaction in which it happened; `event` holds ids and times, and no names."""

    __tablename__ = "outbox"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    event_type: str = Field(max_length=64)
    event: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    created_at: datetime = stamped_now()


guard(OutboxEntry, insert=[LOGGED_IN])


def entries(events: Sequence[Event]) -> Insert:
    """What puts these events into the outbox, and reads nothing back: their asker may not see it."""
    rows = [{"event_type": type(event).__name__, "event": event.model_dump(mode="json")} for event in events]
    return insert(OutboxEntry).values(rows)
