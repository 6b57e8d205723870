"""Communications, decrypted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.loaders.privacy import keys_for_communications, unsealed
from app.models.messaging import Communication, CommunicationChannel, CommunicationStatus, Direction
from app.platform.encryption import Key, key_id_of
from app.platform.keys import Owned


@dataclass(frozen=True, slots=True)
class Said:
    """What is encrypted of a communication."""

    body: str
    subject: str | None = None

    def packed(self) -> bytes:
        return orjson.dumps([self.body, self.subject])

    @classmethod
    def unpacked(cls, packed: bytes) -> "Said":
        return cls(*orjson.loads(packed))


@dataclass(frozen=True, slots=True)
class ReadCommunication:
    """A communication as its readers see it."""

    id: UUID
    coach_id: UUID
    member_id: UUID
    channel: CommunicationChannel
    direction: Direction
    status: CommunicationStatus
    subject: str | None
    body: str
    reason: str | None
    attempts: int
    occurred_at: datetime
    sent_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: Communication, said: Said) -> "ReadCommunication":
        return cls(
            id=row.id,
            coach_id=row.coach_id,
            member_id=row.member_id,
            channel=row.channel,
            direction=row.direction,
            status=row.status,
            subject=said.subject,
            body=said.body,
            reason=row.reason,
            attempts=row.attempts,
            occurred_at=row.occurred_at,
            sent_at=row.sent_at,
            created_at=row.created_at,
        )


def key_of(row: Communication) -> Owned:
    """Whose key it is to be under, and which it says that it is; raises `UnreadableValue`."""
    return row.member_id, key_id_of(row.content, row.place)


def said_in(row: Communication, keys: Mapping[Owned, Key]) -> Said:
    """Raises `UnreadableValue`, which names the row."""
    return Said.unpacked(unsealed(row.member_id, row.content, row.place, keys))


async def communications_read(db: AsyncSession, rows: Sequence[Communication]) -> dict[UUID, ReadCommunication]:
    """By their ids, without those that have left the asker's sight since they were read.

    Raises `UnreadableValue`, which names the first that is not what was written.
    """
    keys = await keys_for_communications(db, {row.id: key_of(row) for row in rows})
    gone = {row.id for row in rows if key_of(row) not in keys}
    if gone:
        still_there = await db.exec(select(Communication.id).where(col(Communication.id).in_(gone)))
        gone.difference_update(still_there)
    return {row.id: ReadCommunication.of(row, said_in(row, keys)) for row in rows if row.id not in gone}
