"""Views of sessions at one server see what is done at another, whatever happens to Redis in between."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from app.platform.settings import Settings
from tests.live.session_views import SessionView, listed, watching_sessions
from tests.live.test_across_processes import NEVER, redis, two_servers
from tests.operations import ASSIGN, add_window, book, booked, cancelled, moved
from tests.platform.redis_server import RedisServer
from tests.practice import Person, Practice

__all__ = ["redis"]  # a fixture

NINE, TEN, ELEVEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"


class Watched:
    """At one server: the views of a member, of their coach, and of a coach who is not theirs."""

    def __init__(self, here: Practice) -> None:
        self.here = here

    @classmethod
    @asynccontextmanager
    async def opened(cls, here: Practice) -> AsyncIterator["Watched"]:
        watched = cls(here)
        watched.coach, watched.other = await here.coach(), await here.coach(booking_audience="MEMBERS")
        watched.member = await here.member(watched.coach)
        await add_window(here, watched.coach)
        await add_window(here, watched.other)
        async with (
            watching_sessions(here, watched.member, member=watched.member) as watched.members,
            watching_sessions(here, watched.coach, member=watched.member) as watched.own_coachs,
            watching_sessions(here, watched.other, coach=watched.other) as watched.others,
        ):
            yield watched

    coach: Person
    other: Person
    member: Person
    members: SessionView
    own_coachs: SessionView
    others: SessionView

    async def follow(self, there: Practice) -> None:
        """Each sees what happens there."""
        first = await booked(there, self.member, self.other, NINE)
        await asyncio.gather(self.members.shows(NINE), self.own_coachs.shows(NINE), self.others.shows(NINE))
        await booked(there, self.member, self.coach, TEN)
        await asyncio.gather(self.members.shows(NINE, TEN), self.own_coachs.shows(NINE, TEN))
        await moved(there, self.member, first, ELEVEN)
        await asyncio.gather(self.members.shows(TEN, ELEVEN), self.others.shows(ELEVEN))
        await self.gets_another_coach(there)

    async def gets_another_coach(self, there: Practice) -> None:
        given = {"memberId": self.member.id, "coachId": self.other.id}
        await there.ask(ASSIGN, await self.here.admin(), input=given)
        await asyncio.gather(self.own_coachs.shows(TEN), self.others.hears(4))


async def test_what_is_done_at_one_server_reaches_views_at_another(settings: Settings, redis: RedisServer) -> None:
    redis.start()
    async with two_servers(settings, redis, NEVER) as (here, there), Watched.opened(here) as watched:
        await watched.follow(there)


async def test_who_is_given_a_coach_sees_the_sessions_with_them(settings: Settings, redis: RedisServer) -> None:
    redis.start()
    async with two_servers(settings, redis, NEVER) as (here, there):
        coach, member, admin = await here.coach(), await here.member(), await here.admin()
        await add_window(here, coach)
        async with (
            watching_sessions(here, member, member=member) as members,
            watching_sessions(there, admin, member=member) as admins,
        ):
            await there.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": coach.id})
            await booked(there, member, coach, NINE)
            await asyncio.gather(members.shows(NINE), admins.shows(NINE))
            await booked(here, member, coach, TEN)
            await asyncio.gather(members.shows(NINE, TEN), admins.shows(NINE, TEN))


async def test_with_redis_gone_the_sweep_keeps_views_of_sessions_right(settings: Settings, redis: RedisServer) -> None:
    redis.start()
    async with two_servers(settings, redis, 0.2) as (here, there), Watched.opened(here) as watched:
        redis.kill()
        await watched.follow(there)


async def test_servers_without_redis_show_their_own_changes_at_once(settings: Settings, redis: RedisServer) -> None:
    async with two_servers(settings, redis, NEVER) as (here, _), Watched.opened(here) as watched:
        assert not here.application.bus.is_connected
        await watched.follow(here)


async def test_what_was_missed_of_sessions_is_read_when_redis_returns(settings: Settings, redis: RedisServer) -> None:
    redis.start()
    async with two_servers(settings, redis, NEVER) as (here, there), Watched.opened(here) as watched:
        redis.kill()
        await booked(there, watched.member, watched.other, NINE)
        await booked(there, watched.member, watched.coach, TEN)
        redis.start()
        await asyncio.gather(
            watched.members.shows(NINE, TEN), watched.own_coachs.shows(NINE, TEN), watched.others.shows(NINE)
        )
        await cancelled(there, watched.member, next(iter(watched.others.sessions)))
        await asyncio.gather(watched.members.shows(TEN), watched.own_coachs.shows(TEN), watched.others.shows())


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_storm_of_bookings_leaves_every_view_as_the_database_is(
    settings: Settings, redis: RedisServer, seed: int
) -> None:
    chance = random.Random(seed)
    redis.start()
    async with two_servers(settings, redis, 1.0) as (here, there), AsyncExitStack() as stack:
        coaches = [await here.coach(booking_audience="MEMBERS", max_members=30) for _ in range(3)]
        for coach in coaches:
            await add_window(here, coach, start="00:00", end="23:00", seats=3, day="TUESDAY")
        members = [await here.member(chance.choice(coaches)) for _ in range(8)]
        admin = await here.admin()
        asked: list[tuple[Person, dict[str, Any]]] = [
            *((coach, {"coach": coach}) for coach in coaches),
            *((member, {"member": member}) for member in members),
            *((admin, {"member": member, "coach": coaches[0]}) for member in members[:2]),
        ]
        views = [
            (await stack.enter_async_context(watching_sessions(place, who, **named)), who, named)
            for who, named in asked
            for place in (here, there)
        ]

        made: dict[str, list[str]] = {member.id: [] for member in members}

        async def act(member: Person) -> None:
            own = made[member.id]
            for _ in range(6):
                place, starts_at = chance.choice((here, there)), f"2026-03-03T{chance.randrange(23):02}:00:00Z"
                if own and chance.random() < 0.3:
                    await cancelled(place, member, own.pop())
                elif own and chance.random() < 0.4:
                    await moved(place, member, chance.choice(own), starts_at)
                else:
                    answer = await book(place, member, chance.choice(coaches), starts_at)
                    own += [answer["session"]["id"]] if "session" in answer else []

        await asyncio.gather(*map(act, members))
        redis.kill()
        await asyncio.gather(*map(act, members))
        redis.start()
        await asyncio.gather(*map(act, members))

        for view, who, named in views:
            expected = await listed(here, who, **named)
            await view.comes_to(lambda view=view, expected=expected: view.sessions == expected)
            assert (view.sessions, view.errors) == (expected, [])
        assert sum(len(view.sessions) for view, _, _ in views) > 0
        await here.nobody_is_overbooked()
