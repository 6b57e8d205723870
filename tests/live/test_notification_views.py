"""What one is told, live: first how much is unread, then each new notification and each new count."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from app.api import schema
from app.context import Context
from app.models.notifications import NotificationKind
from app.platform.settings import Settings
from app.services.notifications import Record, reading, record
from tests.live.test_across_processes import NEVER, redis, two_servers
from tests.operations import add_window, booked
from tests.platform.redis_server import RedisServer
from tests.practice import Person, Practice

__all__ = ["redis"]  # a fixture

NINE = "2026-03-02T09:00:00Z"
WATCH = (
    "subscription { notificationReceived { isSnapshot unreadCount"
    " notifications { id kind title createdAt session { id } } } }"
)
LIST = "{ notifications { edges { node { id } } } }"
READ = "mutation ($id: ID!) { markNotificationRead(input: { id: $id }) { ... on Notification { id } } }"
ALL_READ = (
    "mutation ($until: DateTime!) { markAllNotificationsRead(input: { until: $until }) { ... on NotificationsRead"
    " { marked } } }"
)


class Inbox:
    """What a client keeps of the messages: how many are unread, and what it was told since it looked."""

    def __init__(self) -> None:
        self.unread = -1
        self.new: list[dict[str, Any]] = []
        self.messages = 0
        self.errors: list[str] = []
        self.changed = asyncio.Condition()

    def apply(self, message: dict[str, Any]) -> None:
        assert message["isSnapshot"] == (self.messages == 0)
        assert not (message["isSnapshot"] and message["notifications"])
        assert not {each["id"] for each in message["notifications"]} & {each["id"] for each in self.new}, "told twice"
        self.messages += 1
        self.unread = message["unreadCount"]
        self.new += message["notifications"]

    async def comes_to(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: is_so() or self.errors)

    async def shows(self, unread: int, new: int) -> None:
        await self.comes_to(lambda: (self.unread, len(self.new)) == (unread, new))
        assert (self.unread, len(self.new), self.errors) == (unread, new, [])


@asynccontextmanager
async def watching(practice: Practice, who: Person, *, minutes: int | None = None) -> AsyncIterator[Inbox]:
    """A view that has its snapshot; with `minutes`, under a token that is good for as many."""
    inbox = Inbox()
    until = None if minutes is None else practice.clock() + timedelta(minutes=minutes)
    stream = await schema.subscribe(WATCH, context_value=Context(practice.house, who.actor, until))

    async def follow() -> None:
        async for result in stream:  # type: ignore[union-attr]
            async with inbox.changed:
                if result.errors:
                    inbox.errors += [error.extensions["code"] for error in result.errors]
                else:
                    inbox.apply(result.data["notificationReceived"])
                inbox.changed.notify_all()

    following = asyncio.create_task(follow())
    try:
        await inbox.comes_to(lambda: inbox.messages)
        yield inbox
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def told(practice: Practice, who: Person, *numbers: int) -> None:
    """Of as many events in one transaction."""
    async with practice.context().unit_of_work() as db:
        wanted = [Record(who.user.id, NotificationKind.NOTE_SHARED, f"event:{number}", {}) for number in numbers]
        await record(db, wanted, now=practice.clock())


async def test_a_view_shows_the_count_first_and_then_what_is_told(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    await told(practice, member, 1, 2)
    async with watching(practice, member) as members, watching(practice, coach) as coaches:
        assert (members.unread, members.new, coaches.unread) == (2, [], 0)

        session = await booked(practice, member, coach, NINE)
        await practice.work()
        await members.shows(3, 1)
        await coaches.shows(1, 1)

        (new,), (other,) = members.new, coaches.new
        assert (new["kind"], new["session"]["id"]) == ("BOOKING_CONFIRMED", session)
        assert (other["kind"], other["session"]["id"]) == ("SESSION_BOOKED", session)
        assert new["title"]
        assert members.messages == coaches.messages == 2


async def test_what_is_read_elsewhere_changes_the_count(practice: Practice) -> None:
    coach = await practice.coach()
    await told(practice, coach, 1, 2, 3)
    (first, *_) = (await practice.ask(LIST, coach))["edges"]
    async with watching(practice, coach) as view:
        await practice.ask(READ, coach, id=first["node"]["id"])
        await view.shows(2, 0)
        await practice.ask(ALL_READ, coach, until=NINE)
        await view.shows(0, 0)
        await told(practice, coach, 4)
        await view.shows(1, 1)
        assert view.messages == 4


async def test_nobody_hears_of_what_others_are_told(practice: Practice) -> None:
    coach, other, admin = await practice.coach(), await practice.coach(), await practice.admin()
    async with watching(practice, other) as others, watching(practice, admin) as admins:
        await told(practice, coach, 1)
        await told(practice, other, 1)
        await told(practice, admin, 1)
        await asyncio.gather(others.shows(1, 1), admins.shows(1, 1))

        assert others.messages == admins.messages == 2


async def test_what_is_not_listed_is_not_told_of(practice: Practice) -> None:
    coach = await practice.coach()
    await practice.rows(
        "INSERT INTO notification_preferences VALUES (:id, 'NOTE_SHARED', 'IN_APP', false) RETURNING 1",
        id=coach.user.id,
    )
    async with watching(practice, coach) as view:
        await told(practice, coach, 1)
        await practice.rows("DELETE FROM notification_preferences RETURNING 1")
        await told(practice, coach, 2)
        await view.shows(1, 1)
        assert view.messages == 2


async def test_one_that_was_recorded_earlier_and_is_seen_later_is_told_all_the_same(practice: Practice) -> None:
    """Its transaction took longer, or its clock is late; what is read meanwhile leaves the count as it was."""
    coach = await practice.coach()
    async with watching(practice, coach) as view:
        await told(practice, coach, 1)
        await view.shows(1, 1)
        practice.clock.move(minutes=-1)
        async with practice.context().unit_of_work() as db:
            late = Record(coach.user.id, NotificationKind.NOTE_SHARED, "event:0", {})
            await reading.mark_all_read(
                db,
                coach.actor,
                form=reading.ReadUntil.read(until=practice.clock() + timedelta(hours=1)),
                now=practice.clock(),
            )
            await record(db, [late], now=practice.clock())
        await view.shows(1, 2)


async def test_of_very_many_at_once_the_newest_are_told(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FOLLOWED", 3)
    coach = await practice.coach()
    await told(practice, coach, 1, 2, 3, 4)
    async with watching(practice, coach) as view:
        for number in range(5, 10):
            practice.clock.move(minutes=1)
            async with practice.as_system() as db:  # of which nobody hears
                wanted = Record(coach.user.id, NotificationKind.NOTE_SHARED, f"event:{number}", {})
                await record(db, [wanted], now=practice.clock())
        practice.clock.move(minutes=1)
        await told(practice, coach, 10)
        await view.shows(10, 3)

        minutes = [each["createdAt"] for each in view.new]
        assert minutes == [f"2026-03-02T08:0{minute}:00Z" for minute in (4, 5, 6)]


async def test_a_view_whose_token_has_expired_ends(practice: Practice) -> None:
    coach = await practice.coach()
    async with watching(practice, coach, minutes=15) as view:
        practice.clock.move(minutes=16)
        await told(practice, coach, 1)
        await view.comes_to(lambda: view.errors)

        assert view.errors == ["UNAUTHENTICATED"]


async def test_what_is_told_at_one_server_reaches_a_view_at_another(settings: Settings, redis: RedisServer) -> None:
    redis.start()
    async with two_servers(settings, redis, NEVER) as (here, there):
        coach = await here.coach()
        async with watching(here, coach) as view:
            await told(there, coach, 1)
            await view.shows(1, 1)
            await there.ask(ALL_READ, coach, until=NINE)
            await view.shows(0, 1)


async def test_with_redis_gone_the_sweep_keeps_views_of_notifications_right(
    settings: Settings, redis: RedisServer
) -> None:
    redis.start()
    async with two_servers(settings, redis, 0.2) as (here, there):
        coach = await here.coach()
        async with watching(here, coach) as view:
            redis.kill()
            await told(there, coach, 1)
            await view.shows(1, 1)
