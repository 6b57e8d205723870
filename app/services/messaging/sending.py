"""What becomes of a queued message: to whom it goes, and how that ended. For the system."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from app.loaders.messaging import communications_read
from app.models.coaches import Coach
from app.models.identity import User
from app.models.members import Member
from app.models.messaging import Communication, CommunicationChannel, CommunicationStatus
from app.platform.encryption import UnreadableValue
from app.platform.sms import telephone_number

log = structlog.get_logger(__name__)

TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Outgoing:
    id: UUID
    channel: CommunicationChannel
    to: str
    subject: str
    body: str
    is_last_try: bool


async def begin_try(db: AsyncSession, communication_id: UUID, *, now: datetime) -> Outgoing | None:
    """None for what is sent or given up already, and for what cannot be sent at all, which is noted."""
    row = await db.get(Communication, communication_id, with_for_update=True)
    if row is None or row.status is not CommunicationStatus.QUEUED:
        return None
    member = await db.get(Member, row.member_id)
    coach = await db.get(Coach, row.coach_id)
    user = await db.get(User, member.user_id) if member else None
    assert member is not None
    assert coach is not None
    assert user is not None
    if not user.is_active:
        _give_up(row, "This account is switched off", now)
        return None
    to = user.email if row.channel is CommunicationChannel.EMAIL else telephone_number(member.phone)
    if to is None:
        _give_up(row, "The member has no telephone number with + and the country's code", now)
        return None
    if row.attempts >= TRIES:
        _give_up(row, row.reason or "It was begun again and again, and never ended", now)
        return None
    try:
        said = (await communications_read(db, [row]))[row.id]
    except UnreadableValue as failure:
        log.error("a message cannot be read", cause=str(failure))
        _give_up(row, "What was to be sent cannot be read any more", now)
        return None
    row.attempts, row.updated_at = row.attempts + 1, now
    await db.flush()
    subject = said.subject or f"A message from {' '.join(coach.display_name.split())}"
    return Outgoing(row.id, row.channel, to, subject, said.body, row.attempts >= TRIES)


async def count_broken_try(db: AsyncSession, communication_id: UUID, reason: str, *, now: datetime) -> None:
    """One that broke before there was anything to hand over; the last one is the end of it."""
    row = await _queued(db, communication_id)
    if row is None:
        return
    row.attempts, row.reason, row.updated_at = row.attempts + 1, reason[:500], now
    if row.attempts >= TRIES:
        _give_up(row, reason, now)
    await db.flush()


async def note_sent(db: AsyncSession, communication_id: UUID, provider_id: str | None, *, now: datetime) -> None:
    row = await _queued(db, communication_id)
    if row is not None:
        row.status, row.sent_at, row.reason, row.updated_at = CommunicationStatus.SENT, now, None, now
        row.provider_id = (provider_id or "")[:120] or None
        await db.flush()


async def note_failure(db: AsyncSession, communication_id: UUID, reason: str, *, is_final: bool, now: datetime) -> None:
    row = await _queued(db, communication_id)
    if row is None:
        return
    if is_final:
        _give_up(row, reason, now)
    else:
        row.reason, row.updated_at = reason[:500], now
    await db.flush()


async def _queued(db: AsyncSession, communication_id: UUID) -> Communication | None:
    row = await db.get(Communication, communication_id, with_for_update=True)
    return row if row is not None and row.status is CommunicationStatus.QUEUED else None


def _give_up(row: Communication, reason: str, now: datetime) -> None:
    row.status, row.reason, row.updated_at = CommunicationStatus.FAILED, reason[:500], now
