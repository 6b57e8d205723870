"""Drill: servers are killed while bookings stream; what was acknowledged is there, once, and nobody is overbooked."""

import asyncio
import random

from app.platform.settings import Settings
from tests.drills.audience import Audience
from tests.drills.booking_stream import BookingStream
from tests.drills.drilling import IS_LONG, LONGEST_SECONDS, SIZE, Dice, now, practice_with_teams
from tests.server.serving import ServerProcess, server_processes

MOST_KILLS = 30 if IS_LONG else 2
LONGEST_STREAM_SECONDS = 150.0  # on a busy machine a server takes its time to start
BOOKERS = 12  # some of them wait for a server that is just starting
VIEWS = 60 if IS_LONG else 9
LATEST_SECONDS = 30.0


async def test_servers_that_are_killed_lose_no_booking_and_make_none_twice(settings: Settings) -> None:
    dice = Dice()
    # What a killed server had committed and not yet told is found by the sweep of the others.
    sweep = {} if IS_LONG else {"SWEEP_SECONDS": "1"}
    async with (
        asyncio.timeout(LONGEST_SECONDS),
        practice_with_teams(settings) as (practice, teams),
        server_processes(settings, SIZE.servers, **sweep) as servers,
        Audience(practice, teams, servers, VIEWS, dice.seed_used) as audience,
    ):
        # Without pauses: there is always somebody in the middle of a booking.
        stream = BookingStream(teams, servers, dice.seed_used, breath=0.01)
        killed, until = 0, now() + LONGEST_STREAM_SECONDS
        async with stream.flowing(BOOKERS):
            while killed < MOST_KILLS and now() < until:
                await asyncio.sleep(dice.uniform(0.1, 0.8))
                await kill_and_start(dice.choice(servers))
                killed += 1
        seconds = await audience.all_show_the_truth(LATEST_SECONDS)
        await stream.every_booking_exists_once(practice)
        await stream.a_retry_gets_the_first_answer()

        print(f"{killed} servers killed; all views right {seconds:.1f} s after the last booking")
        print(audience.report(), stream.report(), sep="\n")
        assert stream.repeats, "no request met a killed server"


async def kill_and_start(server: ServerProcess) -> None:
    await asyncio.to_thread(server.kill)
    await asyncio.sleep(random.uniform(0, 0.5))
    await server.start()
