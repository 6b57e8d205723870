"""What an event is for each endpoint that hears of it: a message, written once and sent when its turn comes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import Event, Happened, OfMember, SessionNoteShared, WebhookTestAsked
from app.models.members import Member
from app.models.sessions import SessionNote
from app.models.webhooks import WebhookEndpoint, WebhookMessage, WebhookMessageStatus
from app.platform.ids import new_id
from app.services.webhooks.endpoints import coaches_who_may
from app.services.webhooks.event_types import BY_EVENT, NAMES, EventType, coaches_concerned, payload_of, webhook_id_of
from app.services.webhooks.turns import hand_on

KEPT_FOR: Final = timedelta(days=30)
MOST_AT_ONCE: Final = 10_000
_WANTED_UNSEEN: Final = frozenset({WebhookTestAsked.__name__, SessionNoteShared.__name__})


async def wanted_events(db: AsyncSession, happened: Sequence[Happened]) -> set[int]:
    """Those that an endpoint may want, by one statement; for the system. Whether it does, is asked when it is recorded.

    Of a note, of which only its row says whose it is, that is not asked before.
    """
    wanted = {each.id for each in happened if each.event_type in _WANTED_UNSEEN}
    concerned = {each.id: _coaches_named(each) for each in happened if each.id not in wanted}
    if not concerned:
        return wanted
    endpoints = select(WebhookEndpoint.coach_id, WebhookEndpoint.event_types).where(
        col(WebhookEndpoint.is_enabled),
        or_(
            col(WebhookEndpoint.coach_id).is_(None),
            col(WebhookEndpoint.coach_id).in_(sorted({one for each in concerned.values() for one in each})),
        ),
    )
    chosen: dict[UUID | None, set[str]] = {}
    for coach_id, names in await db.exec(endpoints):
        chosen.setdefault(coach_id, set()).update(NAMES if names is None else names)
    for each in happened:
        name = BY_EVENT[each.event_type].name
        if any(name in chosen.get(owner, ()) for owner in (None, *concerned.get(each.id, ()))):
            wanted.add(each.id)
    return wanted


def _coaches_named(happened: Happened) -> list[UUID]:
    """None of what cannot be read, which the relay sees to."""
    try:
        return coaches_concerned(happened.read())
    except ValueError:
        return []


async def record_webhooks(db: AsyncSession, happened: Happened, *, now: datetime) -> None:
    """For the system; a second time, nothing happens."""
    event = happened.read()
    endpoints = await _hearing(db, event, BY_EVENT[happened.event_type])
    if not endpoints:
        return
    message = {
        "webhook_id": webhook_id_of(happened),
        "event_type": BY_EVENT[happened.event_type].name,
        "payload": payload_of(happened),
        "status": WebhookMessageStatus.PENDING,
        "round": 1,
        "tries": 0,
        "attempt_count": 0,
        "is_waiting": True,
        "due_at": now,
        "created_at": now,
    }
    rows = [{"id": new_id(), "endpoint_id": endpoint.id, **message} for endpoint in endpoints]
    await db.execute(insert(WebhookMessage).values(rows).on_conflict_do_nothing())
    for endpoint in endpoints:
        await hand_on(db, endpoint.id)


async def _hearing(db: AsyncSession, event: Event, event_type: EventType) -> list[WebhookEndpoint]:
    """Locked, in one order for all. A coach who may have none any more, not see it, or not log in, is told nothing."""
    statement = select(WebhookEndpoint).where(col(WebhookEndpoint.is_enabled))
    if isinstance(event, WebhookTestAsked):
        its_owners = col(WebhookEndpoint.coach_id).is_not_distinct_from(event.coach_id)
        statement = statement.where(WebhookEndpoint.id == event.endpoint_id, its_owners)
    else:
        chosen = col(WebhookEndpoint.event_types)
        statement = statement.where(
            or_(
                col(WebhookEndpoint.coach_id).is_(None),
                col(WebhookEndpoint.coach_id).in_(await _coaches_concerned(db, event)),
            ),
            or_(chosen.is_(None), chosen.contains([event_type.name])),
        )
    found = list(await db.exec(statement.order_by(col(WebhookEndpoint.id)).with_for_update(key_share=True)))
    wanted = (event_type.permission,) if event_type.permission is not None else ()
    coaches = await coaches_who_may(db, {each.coach_id for each in found if each.coach_id is not None}, *wanted)
    return [each for each in found if each.coach_id is None or each.coach_id in coaches]


async def _coaches_concerned(db: AsyncSession, event: Event) -> list[UUID]:
    """Of a note that was written after its member had left the session's coach, the coach of today. Of what is a
    member's own nobody whom the member has left, however late it is heard of."""
    if isinstance(event, OfMember):
        of_today = select(Member.coach_id).where(Member.id == event.member_id, Member.coach_id == event.coach_id)
        return [coach_id for coach_id in await db.exec(of_today) if coach_id is not None]
    if not isinstance(event, SessionNoteShared):
        return coaches_concerned(event)
    statement = select(SessionNote.is_later, SessionNote.member_coach_id).where(SessionNote.id == event.note_id)
    note = (await db.exec(statement)).one_or_none()
    if note is None:  # removed meanwhile
        return []
    is_later, coach_of_today = note
    concerned = coach_of_today if is_later else event.coach_id
    return [] if concerned is None else [concerned]


async def prune_webhooks(db: AsyncSession, *, now: datetime) -> bool:
    """Takes away messages of more than 30 days, and secrets that are of no use any more; whether there may be more."""
    old = select(WebhookMessage.id).where(col(WebhookMessage.created_at) < now - KEPT_FOR).limit(MOST_AT_ONCE)
    of_old = delete(WebhookMessage).where(col(WebhookMessage.id).in_(old)).returning(col(WebhookMessage.id))
    deleted = (await db.execute(of_old)).all()
    await db.execute(
        update(WebhookEndpoint)
        .where(col(WebhookEndpoint.previous_secret_until) < now)
        .values(sealed_previous_secret=None, previous_secret_until=None)
    )
    return len(deleted) == MOST_AT_ONCE
