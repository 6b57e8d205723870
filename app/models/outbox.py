"""What happened, until whoever must know has been told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Insert, insert, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import Event, Happened
from app.platform.columns import stamped_now
from app.platform.row_security import LOGGED_IN, both, guard


class OutboxEntry(SQLModel, table=True):
    """One event, written in the transaction in which it happened; `event` holds ids and times, and no names."""

    __tablename__ = "outbox"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    event_type: str = Field(max_length=64)
    event: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    created_at: datetime = stamped_now()


# Whoever is logged in tells of what they did. What has something sent or fetched is asked for by its own coach, or, of
# those without one, by admins and the system.
_ASKED_BY_COACHES = "'MessageQueued', 'OutsideCalendarDue', 'WebhookReplayAsked', 'WebhookTestAsked'"
_NOT_TOLD = f"{_ASKED_BY_COACHES}, 'DeliveryAsked', 'OutsideCalendarFailed', 'WebhookEndpointDisabled'"
guard(
    OutboxEntry,
    insert=[
        both(LOGGED_IN, f"event_type NOT IN ({_NOT_TOLD})"),
        both(
            f"event_type IN ({_ASKED_BY_COACHES})",
            "event ->> 'coach_id' = nullif(current_setting('app.coach_id', true), '')",
        ),
    ],
)


def entries(events: Sequence[Event]) -> Insert:
    """What puts these events into the outbox, and reads nothing back: their asker may not see it."""
    rows = [{"event_type": type(event).__name__, "event": event.model_dump(mode="json")} for event in events]
    return insert(OutboxEntry).values(rows)


_TAKE = text(
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED)"
    " RETURNING id, event_type, event, created_at"
)


async def take(db: AsyncSession, most: int) -> list[Happened]:
    """The oldest events that nobody else is taking, in their order; gone once the transaction commits.

    Not all may be such as `Happened.read` can read.
    """
    rows = await db.execute(_TAKE, {"most": most})
    found = [
        Happened(id=row[0], event_type=row[1], event=row[2] if isinstance(row[2], dict) else {"": row[2]}, at=row[3])
        for row in rows
    ]
    return sorted(found, key=lambda happened: happened.id)
