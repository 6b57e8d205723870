"""Communications: sending one, logging one that was elsewhere, and the history of a member."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import MessageQueued, emit
from app.forms import Form, IdempotencyKey, Instant
from app.loaders.messaging import ReadCommunication, Said, communications_read
from app.models.members import Member
from app.models.messaging import Communication, CommunicationChannel, CommunicationStatus, Direction
from app.platform.encryption import Key
from app.platform.paging import Page, PageRequest, read_page
from app.platform.quotas import Quota
from app.platform.sms import telephone_number
from app.problems import Forbidden, InvalidInput
from app.services.identity.permissions import require, require_login
from app.services.identity.quotas import use_quota
from app.services.identity.retries import made_before, remember
from app.services.members import access_member
from app.services.messaging.composing import Draft, Written, refuse_too_long, write_out
from app.services.messaging.templates import Body
from app.services.privacy.keys import key_for_member

_SOON: Final = timedelta(minutes=5)
"""Clocks differ: what is logged may be so much later than now."""

SENT_BY_US: Final = frozenset({CommunicationChannel.SMS, CommunicationChannel.EMAIL})


class SendMessage(Draft):
    channel: CommunicationChannel
    idempotency_key: IdempotencyKey | None = None


class LogCommunication(Form):
    member_id: UUID
    channel: CommunicationChannel
    direction: Direction
    body: Body
    occurred_at: Instant | None = None
    idempotency_key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class ByHook:
    """How a request that came by a hook is known again."""

    hook_id: UUID
    webhook_id: str
    digest: bytes


async def access_communication(db: AsyncSession, actor: Actor, communication_id: UUID) -> ReadCommunication:
    """Row-level security is the whole rule of who sees which; else `Forbidden`, found or not."""
    require(actor, "messages:read")
    statement = select(Communication).where(Communication.id == communication_id)
    found = await communications_read(db, (await db.exec(statement)).all())
    if communication_id not in found:
        raise Forbidden
    return found[communication_id]


async def list_communications(
    db: AsyncSession, actor: Actor, *, member_id: UUID, channel: CommunicationChannel | None, page: PageRequest
) -> Page[ReadCommunication]:
    """Of one member, the newest first. A member sees what was sent to them, a former coach their own."""
    require(actor, "messages:read")
    await _refuse_foreign(db, actor, member_id)
    statement = (
        select(Communication)
        .where(Communication.member_id == member_id)
        .order_by(col(Communication.occurred_at).desc(), col(Communication.id).desc())
    )
    if channel is not None:
        statement = statement.where(Communication.channel == channel)
    found: Page[Communication] = await read_page(db, statement, page)
    read = await communications_read(db, found.rows)
    kept = [(read[row.id], at) for row, at in zip(found.rows, found.cursors, strict=True) if row.id in read]
    rows, cursors = [row for row, _ in kept], [at for _, at in kept]
    return Page(rows, cursors, found.has_next, found.has_previous)


async def _refuse_foreign(db: AsyncSession, actor: Actor, member_id: UUID) -> None:
    """Seen under the asker's own rights: oneself, one's member, or one to whom something was said."""
    theirs = select(Member.id).where(Member.id == member_id)
    said = select(Communication.id).where(Communication.member_id == member_id).limit(1)
    if (await db.exec(theirs)).first() is None and (await db.exec(said)).first() is None:
        raise Forbidden


async def send_message(db: AsyncSession, actor: Actor, *, form: SendMessage, now: datetime) -> ReadCommunication:
    """Records what is to be sent, and tells of it. Under an idempotency key a retry finds what the first try made.

    Raises `RateLimited`.
    """
    written = await write_out(db, actor, form)
    key = await key_for_member(db, form.member_id)
    if (before := await made_before(db, actor, "sendMessage", form, secret=key.secret)) is not None:
        return await access_communication(db, actor, before)
    row = await queue(db, actor, written, form.channel, key, template_id=form.template_id, by=None, now=now)
    await remember(db, actor, "sendMessage", form, row.id, now, secret=key.secret)
    await use_quota(db, actor, Quota.MESSAGES, now=now)
    return ReadCommunication.of(row, written.said)


async def queue(
    db: AsyncSession,
    actor: Actor,
    written: Written,
    channel: CommunicationChannel,
    key: Key,
    *,
    template_id: UUID | None,
    by: ByHook | None,
    now: datetime,
) -> Communication:
    if channel not in SENT_BY_US:
        raise InvalidInput("channel", "Only SMS and EMAIL are sent; log what was said otherwise")
    if channel is CommunicationChannel.SMS and telephone_number(written.member.phone) is None:
        raise InvalidInput("channel", "The member has no telephone number with + and the country's code")
    refuse_too_long(written.said, channel)
    row = Communication(
        coach_id=written.coach.id,
        member_id=written.member.id,
        author_user_id=require_login(actor),
        channel=channel,
        direction=Direction.OUT,
        status=CommunicationStatus.QUEUED,
        content=b"",
        template_id=template_id,
        hook_id=by.hook_id if by else None,
        webhook_id=by.webhook_id if by else None,
        request_digest=by.digest if by else None,
        occurred_at=now,
        created_at=now,
        updated_at=now,
    )
    row.content = key.seal(_for(channel, written.said).packed(), row.place)
    db.add(row)
    await db.flush()
    emit(
        db,
        MessageQueued(
            communication_id=row.id, coach_id=row.coach_id, member_id=row.member_id, channel=row.channel.value
        ),
    )
    return row


def _for(channel: CommunicationChannel, said: Said) -> Said:
    """Only a mail has a subject."""
    return said if channel is CommunicationChannel.EMAIL else replace(said, subject=None)


async def log_communication(
    db: AsyncSession, actor: Actor, *, form: LogCommunication, now: datetime
) -> ReadCommunication:
    """Writes down what was said elsewhere, by phone, in person or in a message that we did not send."""
    require(actor, "messages:send")
    member = await access_member(db, actor, form.member_id)
    if actor.member_id == member.id:
        raise Forbidden
    if member.coach_id is None:
        raise InvalidInput("memberId", "This member has no coach, whose log this could be in")
    if form.occurred_at is not None and form.occurred_at > now + _SOON:
        raise InvalidInput("occurredAt", "must not be in the future")
    key = await key_for_member(db, member.id)
    if (before := await made_before(db, actor, "logCommunication", form, secret=key.secret)) is not None:
        return await access_communication(db, actor, before)
    said = Said(form.body)
    row = Communication(
        coach_id=member.coach_id,
        member_id=member.id,
        author_user_id=require_login(actor),
        channel=form.channel,
        direction=form.direction,
        status=CommunicationStatus.LOGGED,
        content=b"",
        occurred_at=form.occurred_at or now,
        created_at=now,
        updated_at=now,
    )
    row.content = key.seal(said.packed(), row.place)
    db.add(row)
    await remember(db, actor, "logCommunication", form, row.id, now, secret=key.secret)
    await db.flush()
    return ReadCommunication.of(row, said)
