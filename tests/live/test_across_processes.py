"""Views at one server see what is done at another, whatever happens to Redis in between."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.platform.settings import Settings
from tests.live.views import version_of, watching
from tests.operations import add_window, booked
from tests.platform.redis_server import RedisServer
from tests.practice import MovableClock, Practice

NINE, TEN, ELEVEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"
WEEK = ("2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z")
NEVER = 600.0


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory(prefix="live") as folder:
        server = RedisServer(Path(folder))
        try:
            yield server
        finally:
            server.kill()


@asynccontextmanager
async def two_servers(settings: Settings, redis: RedisServer, sweep: float) -> AsyncIterator[tuple[Practice, Practice]]:
    """Two applications on one database and one Redis, that share nothing else."""
    moved = settings.model_copy(update={"redis_url": redis.url, "sweep_seconds": sweep})
    clock = MovableClock()
    async with Practice.opened(moved, clock) as here, Practice.opened(moved, clock, emptied=False) as there:
        yield here, there


async def test_a_booking_at_one_server_reaches_a_view_at_another(settings: Settings, redis: RedisServer) -> None:
    redis.start()
    async with two_servers(settings, redis, NEVER) as (here, there):
        coach = await here.coach()
        member = await here.member(coach)
        await add_window(here, coach)
        async with watching(here, coach, coach, *WEEK) as view:
            await booked(there, member, coach, NINE)
            await view.reaches(2)

            assert view.bookable == [TEN, ELEVEN]


async def test_with_redis_gone_the_sweep_keeps_views_right(settings: Settings, redis: RedisServer) -> None:
    redis.start()
    async with two_servers(settings, redis, 0.2) as (here, there):
        coach = await here.coach()
        member = await here.member(coach)
        await add_window(here, coach)
        async with watching(here, coach, coach, *WEEK) as view:
            redis.kill()
            await booked(there, member, coach, NINE)
            await view.reaches(2)

            assert view.bookable == [TEN, ELEVEN]


async def test_what_was_missed_is_read_when_redis_returns(settings: Settings, redis: RedisServer) -> None:
    redis.start()
    async with two_servers(settings, redis, NEVER) as (here, there):
        coach = await here.coach()
        member = await here.member(coach)
        await add_window(here, coach)
        async with watching(here, coach, coach, *WEEK) as view:
            redis.kill()
            await booked(there, member, coach, NINE)
            redis.start()
            await view.reaches(await version_of(here, coach))
            assert view.bookable == [TEN, ELEVEN]

            await booked(there, await here.member(coach), coach, TEN)
            await view.reaches(await version_of(here, coach))
            assert view.bookable == [ELEVEN]


async def test_servers_that_start_without_redis_serve_and_catch_up(settings: Settings, redis: RedisServer) -> None:
    async with two_servers(settings, redis, 0.2) as (here, there):
        coach = await here.coach()
        member = await here.member(coach)
        await add_window(here, coach)
        assert not here.application.bus.is_connected
        async with watching(here, coach, coach, *WEEK) as view:
            await booked(here, member, coach, NINE)
            await view.reaches(2)
            await booked(there, await here.member(coach), coach, TEN)
            await view.reaches(3)

            assert view.bookable == [ELEVEN]


async def test_a_stream_of_bookings_through_restarts_of_redis_leaves_every_view_right(
    settings: Settings, redis: RedisServer
) -> None:
    redis.start()
    async with two_servers(settings, redis, 1.0) as (here, there):
        coach = await here.coach(max_members=30)
        await add_window(here, coach, start="00:00", end="23:00", seats=3, day="TUESDAY")
        members = await here.members(24, coach)
        async with watching(here, coach, coach, *WEEK) as one, watching(there, coach, coach, *WEEK) as other:
            for number, member in enumerate(members):
                await booked((here, there)[number % 2], member, coach, f"2026-03-03T{number % 23:02}:00:00Z")
                if number % 8 == 3:
                    redis.kill()
                elif number % 8 == 7:
                    redis.start()
            final = await version_of(here, coach)
            await asyncio.gather(one.reaches(final), other.reaches(final))

            async with watching(here, coach, coach, *WEEK) as fresh:
                assert one.slots == other.slots == fresh.slots
        await here.nobody_is_overbooked()
