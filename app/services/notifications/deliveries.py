"""Deliveries: what becomes of each on its way out, who may see that, and sending one again.

The system claims a delivery in one transaction, hands it over without any, and records what became of it in another.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import DeliveryAsked, emit
from app.forms import Form
from app.models.coaches import Coach
from app.models.identity import Role, User
from app.models.members import Member
from app.models.notifications import Channel, Delivery, DeliveryStatus, Notification, NotificationKind
from app.models.scheduling import SlotHold
from app.models.sessions import CoachingSession, SessionStatus
from app.platform.direct import DirectDatabase
from app.platform.jobs import AS_SYSTEM, enqueue
from app.platform.links import Links, links_of
from app.platform.mail import Attachment, Mail, Undelivered
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden
from app.services.identity.permissions import require
from app.services.notifications.recording import job_of
from app.services.notifications.rendering import Texts, texts_of
from app.services.notifications.table import OF_TODAYS_COACH, TOO_LATE, is_too_late
from app.services.notifications.unshared import is_unshared
from app.services.notifications.unsubscribing import Chosen, may_unsubscribe, unsubscribed_of
from app.services.sessions.calendar_events import invitation

_K: Final = NotificationKind
_INVITES: Final = {_K.SESSION_BOOKED, _K.BOOKING_CONFIRMED, _K.SESSION_RESCHEDULED, _K.SESSION_CANCELLED}
_BEFOREHAND: Final = {_K.SESSION_REMINDER_24_HOURS, _K.SESSION_REMINDER_1_HOUR, _K.PLAN_REMINDER}
_OPEN: Final = frozenset({DeliveryStatus.PENDING, DeliveryStatus.FAILED})
_LONGEST_REASON: Final = 500

# Locked in the order in which they are claimed.
_SENT: Final = """
WITH handed_over AS (
  SELECT id FROM deliveries WHERE (id, sending) IN (SELECT * FROM unnest($1::uuid[], $2::int[])) ORDER BY id FOR UPDATE
)
UPDATE deliveries SET status = 'SENT', sent_at = $3, reason = NULL
FROM handed_over WHERE deliveries.id = handed_over.id
"""


@dataclass(frozen=True, slots=True)
class Sms:
    key: str
    to: str
    body: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Of one sending; a later one makes it void."""

    delivery_id: UUID
    sending: int


@dataclass(slots=True)
class _Leaving:
    delivery: Delivery
    notification: Notification
    user: User
    to: str = ""


class DeliveryFilter(Form):
    status: DeliveryStatus | None = None
    channel: Channel | None = None
    user_id: UUID | None = None


# Seen by people


async def list_deliveries(
    db: AsyncSession, actor: Actor, *, wanted: DeliveryFilter, page: PageRequest
) -> Page[Delivery]:
    """Newest first."""
    require(actor, "notifications:manage")
    statement = select(Delivery).order_by(col(Delivery.created_at).desc(), col(Delivery.id).desc())
    for name, value in wanted.given().items():
        if value is not None:
            statement = statement.where(getattr(Delivery, name) == value)
    return await read_page(db, statement, page)


async def resend_delivery(db: AsyncSession, actor: Actor, *, delivery_id: UUID) -> Delivery:
    """Whatever became of it. What was on its way until now is not tried any more, and the mail is a new one."""
    require(actor, "notifications:manage")
    delivery = await db.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None:
        raise Forbidden
    delivery.sqlmodel_update(
        {
            "status": DeliveryStatus.PENDING,
            "sending": delivery.sending + 1,
            "attempts": 0,
            "reason": None,
            "not_before": None,
            "sent_at": None,
        }
    )
    db.add(delivery)
    await db.flush()
    emit(db, DeliveryAsked(delivery_id=delivery_id))
    return delivery


# On its way


async def hand_on(db: AsyncSession, delivery_id: UUID) -> None:
    """One that is to be sent again, to the job of its channel."""
    delivery = await db.get(Delivery, delivery_id)
    if delivery is not None and delivery.status in _OPEN:
        await enqueue(db, [job_of(delivery_id, delivery.channel, sending=delivery.sending)])


async def claim(db: AsyncSession, wanted: Sequence[Claim], *, now: datetime) -> list[Mail | Sms | None]:
    """What is to be handed over, in their order; None if nothing is any more, and then the delivery says why.

    Any number by a few statements. One that has failed is begun anew: an admin has told its job to.
    """
    found = await _locked(db, wanted)
    told = await _told(db, found.values(), now)
    texts = dict(zip(told, await texts_of(db, [each.notification for each in told.values()]), strict=True))
    return [await _written(db, told[each], texts[each]) if each in told else None for each in wanted]


async def _locked(db: AsyncSession, wanted: Sequence[Claim]) -> dict[Claim, _Leaving]:
    """Those that are to leave still; locked in one order, so that two who claim the same wait for each other."""
    statement = (
        select(Delivery, Notification, User)
        .join(Notification, col(Notification.id) == col(Delivery.notification_id))
        .join(User, col(User.id) == col(Delivery.user_id))
        .where(col(Delivery.id).in_({each.delivery_id for each in wanted}), col(Delivery.status).in_(_OPEN))
        .order_by(col(Delivery.id))
        .with_for_update(of=Delivery)
    )
    rows = {Claim(row[0].id, row[0].sending): _Leaving(*row) for row in await db.exec(statement)}
    return {each: rows[each] for each in wanted if each in rows}


async def _told(db: AsyncSession, found: Collection[_Leaving], now: datetime) -> dict[Claim, _Leaving]:
    """Counts the try of each, and leaves out those of whom nobody is to be told any more."""
    if not found:
        return {}
    phones: dict[UUID, str | None] = {}
    if by_sms := {each.user.id for each in found if each.delivery.channel is Channel.SMS}:
        phones = dict(
            (await db.exec(select(Member.user_id, Member.phone).where(col(Member.user_id).in_(by_sms)))).all()
        )
    unsubscribed = await unsubscribed_of(db, {each.user.id for each in found})
    before = {each.notification.session_id for each in found if each.notification.kind in _BEFOREHAND} - {None}
    sessions: dict[UUID, CoachingSession] = {}
    if before:
        chosen = await db.exec(select(CoachingSession).where(col(CoachingSession.id).in_(before)))
        sessions = {session.id: session for session in chosen}
    told: dict[Claim, _Leaving] = {}
    for each in found:
        delivery, user = each.delivery, each.user
        _begin(delivery, now)
        db.add(delivery)
        each.to = user.email if delivery.channel is Channel.EMAIL else phones.get(user.id) or ""
        if (why_not := await _why_not(db, each, unsubscribed, sessions, now)) is not None:
            delivery.status, delivery.reason = DeliveryStatus.SKIPPED, why_not
        else:
            told[Claim(delivery.id, delivery.sending)] = each
    return told


async def _written(db: AsyncSession, leaving: _Leaving, texts: Texts) -> Mail | Sms:
    delivery, notification, user = leaving.delivery, leaving.notification, leaving.user
    key = str(delivery.id) if delivery.sending == 1 else f"{delivery.id}-{delivery.sending}"
    if delivery.channel is Channel.SMS:
        return Sms(key, leaving.to, texts.short)
    headers = _unsubscribing(links_of(db), user, notification)
    attachments = await _invitations(db, notification, user)
    return Mail(key, leaving.to, texts.subject, texts.text, texts.html, headers, attachments)


async def count_try(db: AsyncSession, delivery_id: UUID, sending: int, *, now: datetime) -> None:
    """One that broke before there was anything to hand over."""
    delivery = await db.get(Delivery, delivery_id, with_for_update=True)
    if delivery is not None and delivery.status in _OPEN and delivery.sending == sending:
        _begin(delivery, now)
        db.add(delivery)
        await db.flush()


async def record_sent(direct: DirectDatabase, handed_over: Sequence[Claim], *, now: datetime) -> None:
    """Also of what was to be left alone, when it had left already."""
    ids, sendings = [each.delivery_id for each in handed_over], [each.sending for each in handed_over]
    async with direct.transaction() as connection:
        await connection.execute(AS_SYSTEM)
        await connection.execute(_SENT, ids, sendings, now)


async def record_failure(
    db: AsyncSession, delivery_id: UUID, sending: int, failure: Undelivered, *, most_tries: int, now: datetime
) -> bool | None:
    """What became of a try; whether it is to be tried again, and None if it was decided otherwise meanwhile."""
    delivery = await db.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.sending != sending or delivery.status is not DeliveryStatus.PENDING:
        return None
    db.add(delivery)
    delivery.reason = failure.reason[:_LONGEST_REASON]
    if failure.is_final or delivery.attempts >= most_tries:
        delivery.status = DeliveryStatus.FAILED
        return False
    return True


def _begin(delivery: Delivery, now: datetime) -> None:
    delivery.attempts = 1 if delivery.status is DeliveryStatus.FAILED else delivery.attempts + 1
    delivery.status, delivery.tried_at = DeliveryStatus.PENDING, now


async def _why_not(
    db: AsyncSession,
    leaving: _Leaving,
    unsubscribed: Collection[Chosen],
    sessions: Mapping[UUID, CoachingSession],
    now: datetime,
) -> str | None:
    notification, user = leaving.notification, leaving.user
    kind, facts = notification.kind, notification.facts
    if not user.is_active:
        return "This account is switched off"
    if not leaving.to:
        return "No address is known"
    channel = leaving.delivery.channel
    if (user.id, kind, channel) in unsubscribed and may_unsubscribe(kind, user.role, channel):
        return "This user has unsubscribed"
    if is_too_late(kind, facts, now):
        return TOO_LATE
    is_of_coach = kind in OF_TODAYS_COACH and user.role is Role.COACH
    if is_of_coach and "member_id" in facts and not await _coaches(db, user, facts["member_id"]):
        return "The member has another coach by now"
    if kind is _K.PLACE_OFFERED and "hold_id" in facts and await db.get(SlotHold, UUID(facts["hold_id"])) is None:
        return "The place is not offered any more"
    if await is_unshared(db, kind, facts):
        return "It is not shared any more"
    if kind not in _BEFOREHAND or notification.session_id is None:
        return None
    session = sessions.get(notification.session_id)
    if session is None or session.status is not SessionStatus.SCHEDULED:
        return "The session does not stand any more"
    if "starts_at" in facts and datetime.fromisoformat(facts["starts_at"]) != session.starts_at:
        return "The session was moved"
    return None


async def _coaches(db: AsyncSession, user: User, member_id: str) -> bool:
    """Whose member it is today: a name is not for a coach before."""
    of_today = select(Coach.user_id).join(Member, col(Member.coach_id) == col(Coach.id))
    return (await db.exec(of_today.where(Member.id == UUID(member_id)))).first() == user.id


def _unsubscribing(links: Links, user: User, notification: Notification) -> dict[str, str]:
    """RFC 8058: a mail program may unsubscribe with one click."""
    if not may_unsubscribe(notification.kind, user.role):
        return {}
    link = links.unsubscribe(user.id, notification.kind.value, Channel.EMAIL.value)
    if link is None:
        return {}
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


async def _invitations(db: AsyncSession, notification: Notification, user: User) -> tuple[Attachment, ...]:
    """For the calendar of whoever reads it; none if the session stands otherwise by now."""
    if notification.kind not in _INVITES or notification.session_id is None:
        return ()
    is_off = notification.kind is NotificationKind.SESSION_CANCELLED
    found = await invitation(db, notification.session_id, cancelled=is_off, to=user.id)
    return () if found is None else (found,)
