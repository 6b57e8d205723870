"""What is told is recorded once for each user and occasion, with what is to be handed over of it."""

import asyncio
from typing import Any

import pytest

from app.models.notifications import NotificationKind
from app.services.notifications import is_too_late, notify
from tests.practice import MONDAY, Person, Practice

BOOKED, REMINDER = NotificationKind.SESSION_BOOKED, NotificationKind.SESSION_REMINDER_24_HOURS
TOLD = "SELECT user_id, kind, occasion FROM notifications ORDER BY created_at, user_id"
DELIVERIES = (
    "SELECT n.kind, d.channel, d.status, d.reason, d.not_before FROM deliveries d"
    " JOIN notifications n ON n.id = d.notification_id ORDER BY n.kind, d.channel"
)
QUEUED = "SELECT payload FROM pgqueuer WHERE entrypoint = 'send_mail'"


async def told(practice: Practice, *whom: Person, kind: NotificationKind = BOOKED, **facts: Any) -> int:
    """How many were told of the first event."""
    async with practice.context().unit_of_work() as db:
        ids = [person.user.id for person in whom]
        return await notify(db, kind, ids, occasion="event:1", facts=facts, now=practice.clock())


async def test_each_user_is_told_once_and_by_mail_too(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()

    assert await told(practice, coach, other, coach) == 2
    assert await told(practice, other, coach) == 0

    assert {user for user, _, _ in await practice.rows(TOLD)} == {coach.user.id, other.user.id}
    assert [tuple(row) for row in await practice.rows(DELIVERIES)] == [(BOOKED, "EMAIL", "PENDING", None, None)] * 2
    deliveries = {
        f'{{"delivery_id":"{id}","sending":1}}'.encode() for (id,) in await practice.rows("SELECT id FROM deliveries")
    }
    assert {payload for (payload,) in await practice.rows(QUEUED)} == deliveries


async def test_two_who_record_the_same_at_once_record_it_once(practice: Practice) -> None:
    coaches = [await practice.coach() for _ in range(4)]

    recorded = await asyncio.gather(*(told(practice, *order) for order in (coaches, coaches[::-1]) * 3))

    assert sorted(recorded) == [0, 0, 0, 0, 0, 4]
    assert await practice.count("deliveries") == await practice.count("pgqueuer") == 4


async def test_nothing_is_recorded_by_a_transaction_that_fails(practice: Practice) -> None:
    coach = await practice.coach()

    async def failing() -> None:
        async with practice.context().unit_of_work() as db:
            await notify(db, BOOKED, [coach.user.id], occasion="event:1", facts={}, now=practice.clock())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await failing()

    assert await practice.count("notifications") == await practice.count("pgqueuer") == 0


async def test_an_inactive_user_is_told_nothing(practice: Practice) -> None:
    coach = await practice.coach()
    await practice.rows("UPDATE users SET is_active = false RETURNING 1")

    assert await told(practice, coach) == 0
    assert await practice.count("notifications") == 0


async def test_what_would_come_too_late_is_skipped_and_says_so(practice: Practice) -> None:
    coach = await practice.coach()

    await told(practice, coach, kind=REMINDER, starts_at="2026-03-02T08:00:00Z")

    assert [tuple(row) for row in await practice.rows(DELIVERIES)] == [
        (REMINDER, "EMAIL", "SKIPPED", "It would have come too late to be of use", None)
    ]
    assert await practice.count("pgqueuer") == 0


@pytest.mark.parametrize(
    ("kind", "facts", "is_late"),
    [
        (REMINDER, {"starts_at": "2026-03-02T08:00:00Z"}, True),
        (REMINDER, {"starts_at": "2026-03-02T08:00:01Z"}, False),
        (REMINDER, {}, False),
        (BOOKED, {"starts_at": "2026-03-01T08:00:00Z"}, True),
        (NotificationKind.SESSION_CANCELLED, {"starts_at": "2026-03-01T08:00:00Z"}, False),
        (NotificationKind.PLACE_OFFERED, {"expires_at": "2026-03-02T07:59:00Z"}, True),
    ],
)
def test_what_is_of_no_use_any_more_is_known(kind: NotificationKind, facts: dict[str, str], is_late: bool) -> None:
    assert is_too_late(kind, facts, MONDAY) is is_late
