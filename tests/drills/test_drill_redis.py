"""Drill: whatever befalls Redis and the connections to PostgreSQL, every open view ends equal to the database."""

import asyncio

from app.platform.settings import Settings
from tests.drills.audience import Audience
from tests.drills.booking_stream import BookingStream
from tests.drills.drilling import IS_LONG, LONGEST_SECONDS, SIZE, Dice, practice_with_teams
from tests.drills.faults import LATEST_SECONDS, Faults
from tests.server.serving import ServerProcess, server_processes

NO_SWEEP = {"SWEEP_SECONDS": "600"}
SWEEP = {} if IS_LONG else {"SWEEP_SECONDS": "1"}  # what is promised is the default's
AWAY_SECONDS = 30.0 if IS_LONG else 2.0


async def test_after_faults_of_redis_the_bus_alone_makes_every_view_right(settings: Settings) -> None:
    dice = Dice()
    async with (
        asyncio.timeout(LONGEST_SECONDS),
        practice_with_teams(settings) as (practice, teams),
        Faults.between(settings) as faults,
    ):
        await faults.start_redis()
        async with (
            server_processes(settings, SIZE.servers, **faults.environment, **NO_SWEEP) as servers,
            Audience(practice, teams, servers, SIZE.views, dice.seed_used) as audience,
        ):
            stream = BookingStream(teams, servers, dice.seed_used)
            async with stream.flowing(SIZE.bookers):
                if IS_LONG:
                    await faults.befall(dice, stream, audience, killed=50, black_holed=5, reset=20)
                else:
                    await faults.befall(dice, stream, audience, killed=3, black_holed=1, reset=2)
            seconds = await audience.all_show_the_truth(LATEST_SECONDS)
            await stream.every_booking_exists_once(practice)

            print(f"{faults.report()}; in the end {seconds:.1f} s")
            print(audience.report(), stream.report(), sep="\n")
            assert not stream.repeats, "no request needed Redis"
            assert not audience.breaks, "no view needed Redis"
            assert audience.messages > len(audience.views), "the drill has moved nothing"


async def test_without_redis_and_through_faults_of_the_way_to_the_database_views_follow(settings: Settings) -> None:
    dice = Dice()
    async with (
        asyncio.timeout(LONGEST_SECONDS),
        practice_with_teams(settings) as (practice, teams),
        Faults.between(settings) as faults,
        server_processes(settings, SIZE.servers, **faults.environment, **SWEEP) as servers,
        Audience(practice, teams, servers, SIZE.views, dice.seed_used) as audience,
    ):
        assert [await health(server) for server in servers] == ["degraded"] * len(servers)
        stream = BookingStream(teams, servers, dice.seed_used)
        async with stream.flowing(SIZE.bookers):
            await asyncio.sleep(AWAY_SECONDS)
        await audience.all_show_the_truth(LATEST_SECONDS)
        print(f"Redis away: {audience.report()}", stream.report(), sep="\n")
        assert not stream.repeats, "no request needed Redis"
        assert not audience.breaks, "no view needed Redis"
        assert stream.answers["Booking"] > 0
        assert [await health(server) for server in servers] == ["degraded"] * len(servers)

        await faults.start_redis()
        async with stream.flowing(SIZE.bookers):
            if IS_LONG:
                await faults.befall(dice, stream, audience, killed=20, black_holed=2, reset=10, database_reset=20)
            else:
                await faults.befall(dice, stream, audience, killed=1, reset=1, database_reset=3)
        seconds = await audience.all_show_the_truth(LATEST_SECONDS)
        await stream.every_booking_exists_once(practice)
        await stream.a_retry_gets_the_first_answer()

        print(f"{faults.report()}; in the end {seconds:.1f} s")
        print(audience.report(), stream.report(), sep="\n")


async def health(server: ServerProcess) -> str:
    async with server.client() as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    return str(answer.json()["status"])
