"""Deliveries: what becomes of each on its way out, who may see that, and sending one again.

The system claims a delivery in one transaction, hands it over without any, and records what became of it in another.
"""

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
from app.models.identity import User
from app.models.members import Member
from app.models.notifications import Channel, Delivery, DeliveryStatus, Notification, NotificationKind
from app.models.scheduling import SlotHold
from app.models.sessions import CoachingSession, SessionStatus
from app.platform.jobs import enqueue
from app.platform.links import Links, links_of
from app.platform.mail import Attachment, Mail, Undelivered
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden
from app.services.identity.permissions import require
from app.services.notifications.recording import job_of
from app.services.notifications.rendering import texts_of
from app.services.notifications.table import TOO_LATE, is_too_late
from app.services.notifications.unshared import is_unshared
from app.services.notifications.unsubscribing import has_unsubscribed, may_unsubscribe
from app.services.sessions.calendar_events import invitation

_K: Final = NotificationKind
_INVITES: Final = {_K.SESSION_BOOKED, _K.BOOKING_CONFIRMED, _K.SESSION_RESCHEDULED, _K.SESSION_CANCELLED}
_BEFOREHAND: Final = {_K.SESSION_REMINDER_24_HOURS, _K.SESSION_REMINDER_1_HOUR, _K.PLAN_REMINDER}
_OPEN: Final = frozenset({DeliveryStatus.PENDING, DeliveryStatus.FAILED})
_LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Sms:
    key: str
    to: str
    body: str


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


async def claim(db: AsyncSession, delivery_id: UUID, sending: int, *, now: datetime) -> Mail | Sms | None:
    """What is to be handed over; None if nothing is any more, and then the delivery says why.

    One that has failed is begun anew: an admin has told its job to.
    """
    delivery = await db.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.status not in _OPEN or delivery.sending != sending:
        return None
    _begin(delivery, now)
    db.add(delivery)
    notification = await db.get(Notification, delivery.notification_id)
    user = await db.get(User, delivery.user_id)
    assert notification is not None
    assert user is not None
    to = user.email if delivery.channel is Channel.EMAIL else await _phone_of(db, user)
    if (why_not := await _why_not(db, delivery, notification, user, to, now)) is not None:
        delivery.status, delivery.reason = DeliveryStatus.SKIPPED, why_not
        return None
    key = str(delivery_id) if sending == 1 else f"{delivery_id}-{sending}"
    (texts,) = await texts_of(db, [notification])
    if delivery.channel is Channel.SMS:
        return Sms(key, to, texts.short)
    headers = _unsubscribing(links_of(db), user, notification)
    attachments = await _invitations(db, notification, user)
    return Mail(key, to, texts.subject, texts.text, texts.html, headers, attachments)


async def count_try(db: AsyncSession, delivery_id: UUID, sending: int, *, now: datetime) -> None:
    """One that broke before there was anything to hand over."""
    delivery = await db.get(Delivery, delivery_id, with_for_update=True)
    if delivery is not None and delivery.status in _OPEN and delivery.sending == sending:
        _begin(delivery, now)
        db.add(delivery)
        await db.flush()


async def record(
    db: AsyncSession, delivery_id: UUID, sending: int, failure: Undelivered | None, *, most_tries: int, now: datetime
) -> bool | None:
    """What became of a try; whether it is to be tried again, and None if it was decided otherwise meanwhile."""
    delivery = await db.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.sending != sending:
        return None
    db.add(delivery)
    if failure is None:  # also of what was to be left alone, when it had left already
        delivery.status, delivery.sent_at, delivery.reason = DeliveryStatus.SENT, now, None
        return False
    if delivery.status is not DeliveryStatus.PENDING:
        return None
    delivery.reason = failure.reason[:_LONGEST_REASON]
    if failure.is_final or delivery.attempts >= most_tries:
        delivery.status = DeliveryStatus.FAILED
        return False
    return True


def _begin(delivery: Delivery, now: datetime) -> None:
    delivery.attempts = 1 if delivery.status is DeliveryStatus.FAILED else delivery.attempts + 1
    delivery.status, delivery.tried_at = DeliveryStatus.PENDING, now


async def _why_not(
    db: AsyncSession, delivery: Delivery, notification: Notification, user: User, to: str, now: datetime
) -> str | None:
    kind, facts = notification.kind, notification.facts
    if not user.is_active:
        return "This account is switched off"
    if not to:
        return "No address is known"
    if await has_unsubscribed(db, user, kind, delivery.channel):
        return "This user has unsubscribed"
    if is_too_late(kind, facts, now):
        return TOO_LATE
    if kind is _K.MEMBER_ASSIGNED and "member_id" in facts and not await _coaches(db, user, facts["member_id"]):
        return "The member has another coach by now"
    if kind is _K.PLACE_OFFERED and "hold_id" in facts and await db.get(SlotHold, UUID(facts["hold_id"])) is None:
        return "The place is not offered any more"
    if await is_unshared(db, kind, facts):
        return "It is not shared any more"
    if kind not in _BEFOREHAND or notification.session_id is None:
        return None
    session = await db.get(CoachingSession, notification.session_id)
    if session is None or session.status is not SessionStatus.SCHEDULED:
        return "The session does not stand any more"
    if "starts_at" in facts and datetime.fromisoformat(facts["starts_at"]) != session.starts_at:
        return "The session was moved"
    return None


async def _coaches(db: AsyncSession, user: User, member_id: str) -> bool:
    """Whose member it is today: a name is not for a coach before."""
    of_today = select(Coach.user_id).join(Member, col(Member.coach_id) == col(Coach.id))
    return (await db.exec(of_today.where(Member.id == UUID(member_id)))).first() == user.id


async def _phone_of(db: AsyncSession, user: User) -> str:
    return (await db.exec(select(Member.phone).where(Member.user_id == user.id))).first() or ""


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
