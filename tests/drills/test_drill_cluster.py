"""Drill: a node of a Redis cluster is killed under two servers; they say so, and views follow again."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from app.platform.settings import Settings
from tests.drills.audience import Audience
from tests.drills.booking_stream import BookingStream
from tests.drills.drilling import Dice, Size, practice_with_teams
from tests.platform.redis_cluster import running_cluster, why_not
from tests.server.serving import Served, serving_with

REASON = why_not()
SIZE = Size(servers=2, coaches=2, members=6, views=8, bookers=2)
NO_SWEEP = 600.0
LATEST_SECONDS = 30.0
TOLD = ("status", "redis", "redis_nodes_away")


@pytest.mark.skipif(REASON is not None, reason=f"servers were not tried on a Redis cluster: {REASON}")
async def test_a_killed_node_is_named_and_views_follow_when_it_is_back(settings: Settings) -> None:
    dice = Dice()
    async with AsyncExitStack() as stack:
        cluster = stack.enter_context(running_cluster())
        practice, teams = await stack.enter_async_context(practice_with_teams(settings, SIZE))
        changes = {"redis_url": cluster.url, "sweep_seconds": NO_SWEEP}
        servers = [await stack.enter_async_context(serving_with(settings, **changes)) for _ in range(SIZE.servers)]
        audience = await stack.enter_async_context(Audience(practice, teams, servers, SIZE.views, dice.seed_used))
        stream = BookingStream(teams, servers, dice.seed_used)
        killed = dice.choice(cluster.nodes)

        async with stream.flowing(SIZE.bookers):
            await asyncio.sleep(0.5)
            killed.kill()
            for server in servers:
                away = f"127.0.0.1:{killed.port}"
                await says(server, {"status": "degraded", "redis": "away", "redis_nodes_away": away})
            killed.start()
            for server in servers:
                await says(server, {"status": "ready", "redis": "ok", "redis_nodes_away": None})
        await audience.all_show_the_truth(LATEST_SECONDS)
        await stream.every_booking_exists_once(practice)
        assert not stream.repeats, "no request needed Redis"


async def says(server: Served, expected: dict[str, str | None]) -> None:
    """Sooner or later, in `/readyz`."""
    told: dict[str, str | None] = {}
    async with asyncio.timeout(LATEST_SECONDS), server.client() as client:
        while {name: told.get(name) for name in TOLD} != expected:
            await asyncio.sleep(0.05)
            answer = await client.get("/readyz")
            assert answer.status_code == 200
            told = answer.json()
