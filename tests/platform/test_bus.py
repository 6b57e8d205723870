"""The bus against a real Redis that is killed, absent, reset and black-holed: a hint arrives, or LOST does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from app.platform.bus import LOST
from tests.platform.fault_proxy import FaultProxy
from tests.platform.listening import (
    HASTY,
    PATIENCE_SECONDS,
    assert_silent,
    assert_travels,
    next_of,
    running,
    until,
)
from tests.platform.redis_server import RedisServer, running_redis

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def no_task_is_left_behind() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before
    assert [task for task in left if "TestRunner." not in repr(task)] == []


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
async def proxy(server: RedisServer) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(server.socket.with_name("proxy.sock"), server.socket) as proxy:
        yield proxy


def through(proxy: FaultProxy) -> str:
    return f"unix://{proxy.address}"


async def test_a_message_travels_between_processes_and_nothing_is_said_to_be_lost(server: RedisServer) -> None:
    async with running(server.url) as one, running(server.url) as other:
        assert one.is_connected
        async with one.listen("a") as here, other.listen("a") as there, other.listen("b") as elsewhere:
            await one.publish("a", "7")
            assert (await next_of(here), await next_of(there)) == ("7", "7")
            await assert_silent(elsewhere)
            await assert_silent(there)


async def test_listeners_of_a_channel_share_one_subscription_and_the_last_one_ends_it(server: RedisServer) -> None:
    async with running(server.url) as bus:
        async with AsyncExitStack() as many:
            listeners = await asyncio.gather(*(many.enter_async_context(bus.listen("a")) for _ in range(50)))
            assert server.subscriptions("a") == 1
            await bus.publish("a", "1")
            assert [await next_of(hints) for hints in listeners] == ["1"] * 50
            async with bus.listen("a"):
                pass
            assert server.subscriptions("a") == 1
        await until(lambda: server.subscriptions("a") == 0)


async def test_listeners_that_come_and_go_at_once_leave_nothing_behind(server: RedisServer) -> None:
    async def visit(number: int) -> None:
        async with bus.listen("a") as hints:
            await asyncio.sleep(number % 3 / 1000)
            await bus.publish("a", "1")
            assert await next_of(hints) in {"1", LOST}

    async with running(server.url) as bus:
        visits = [asyncio.create_task(visit(number)) for number in range(100)]
        for cancelled in visits[::4]:
            asyncio.get_running_loop().call_later(0.001, cancelled.cancel)
        results = await asyncio.gather(*visits, return_exceptions=True)
        assert {type(result) for result in results} <= {type(None), asyncio.CancelledError}
        await until(lambda: server.subscriptions("a") == 0)
        async with bus.listen("a") as hints:
            await assert_travels(bus, "a", hints)


async def test_a_slow_listener_finds_one_item(server: RedisServer) -> None:
    async with running(server.url) as bus, bus.listen("a") as slow, bus.listen("b") as last:
        for message in ("1", "1", "1"):
            await bus.publish("a", message)
        await bus.publish("b", "sent")
        assert await next_of(last) == "sent"
        assert await next_of(slow) == "1"
        for message in ("2", "3", "4"):
            await bus.publish("a", message)
        await bus.publish("b", "sent again")
        assert await next_of(last) == "sent again"
        assert await next_of(slow) is LOST
        await assert_silent(slow)


async def test_after_redis_was_killed_the_listener_is_told_and_hears_again(server: RedisServer) -> None:
    async with running(server.url) as one, running(server.url) as other, one.listen("a") as hints:
        server.kill()
        await until(lambda: not one.is_connected and not other.is_connected)
        await assert_silent(hints)
        server.start()
        assert await next_of(hints) is LOST
        await assert_travels(other, "a", hints)


async def test_a_bus_that_starts_without_redis_comes_to_life(server: RedisServer) -> None:
    server.kill()
    async with running(server.url) as bus:
        assert not bus.is_connected
        async with bus.listen("a") as hints:
            await bus.publish("a", "nobody hears this")
            await assert_silent(hints)
            server.start()
            assert await next_of(hints) is LOST
            await assert_travels(bus, "a", hints)


async def test_several_servers_that_are_no_cluster_are_none_to_rely_on(server: RedisServer) -> None:
    with running_redis() as another:
        async with running(f"{server.url},{another.url}") as bus:
            assert not bus.is_connected


async def test_a_silently_lost_subscription_is_told(server: RedisServer, proxy: FaultProxy) -> None:
    async with running(through(proxy)) as bus, bus.listen("a") as hints:
        proxy.cut()
        assert await next_of(hints) is LOST
        await assert_travels(bus, "a", hints)
        assert server.kill_connections("pubsub") == 1
        assert await next_of(hints) is LOST
        await assert_travels(bus, "a", hints)


async def test_in_a_black_hole_nobody_waits_and_the_listener_is_told_when_it_heals(proxy: FaultProxy) -> None:
    async with running(through(proxy), HASTY) as bus, bus.listen("a") as hints:
        proxy.swallow()
        async with asyncio.timeout(1):
            await asyncio.gather(*(bus.publish("a", "lost") for _ in range(100)))
        assert not bus.is_connected
        async with asyncio.timeout(HASTY.answer / 2):
            await asyncio.sleep(0.01)
            await bus.publish("a", "lost")
        await asyncio.sleep(HASTY.silence + HASTY.answer)
        await assert_silent(hints)
        await proxy.heal()
        assert await next_of(hints) is LOST
        await assert_travels(bus, "a", hints)


async def test_a_black_hole_is_noticed_without_anything_being_sent(server: RedisServer, proxy: FaultProxy) -> None:
    async with running(through(proxy), HASTY) as bus, bus.listen("a") as hints:
        proxy.swallow()
        given_up = [asyncio.create_task(bus.listen(channel).__aenter__()) for channel in "bc"]
        await asyncio.sleep(0.01)
        for task in given_up:
            task.cancel()
        await asyncio.wait(given_up)
        async with bus.listen("b") as others:
            await until(lambda: not bus.is_connected)
            await proxy.heal()
            assert await next_of(hints) is LOST
            assert await next_of(others) is LOST
            await assert_travels(bus, "b", others)
            assert server.subscriptions("c") == 0


async def test_what_one_process_could_not_send_the_others_are_told_of(server: RedisServer, proxy: FaultProxy) -> None:
    async with running(server.url) as here, running(through(proxy)) as cut_off, here.listen("a") as hints:
        await proxy.refuse()
        await until(lambda: not cut_off.is_connected)
        await cut_off.publish("a", "1")
        await cut_off.publish("a", "2")
        await assert_silent(hints)
        await proxy.heal()
        assert await next_of(hints) is LOST
        await assert_silent(hints)


async def test_a_lost_publishing_connection_alone_is_replaced(server: RedisServer) -> None:
    async with running(server.url) as bus, bus.listen("a") as hints:
        assert server.kill_connections("normal") == 1
        await bus.publish("a", "1")
        assert await next_of(hints) in {"1", LOST}
        await assert_travels(bus, "a", hints)


async def test_what_cannot_be_read_is_told_as_lost(server: RedisServer) -> None:
    async with running(server.url) as bus, bus.listen("a") as hints:
        server.publish("a", b"\xff")
        assert await next_of(hints) is LOST


@pytest.mark.parametrize("is_swallowed", [False, True])
async def test_stop_ends_every_iterator_and_is_not_held_up(proxy: FaultProxy, is_swallowed: bool) -> None:
    async def count(channel: str) -> int:
        async with bus.listen(channel) as hints:
            return sum([1 async for _ in hints])

    async with running(through(proxy), HASTY) as bus:
        listening = asyncio.create_task(count("a"))
        async with bus.listen("a"):
            proxy.is_swallowing = is_swallowed
            subscribing, publishing = asyncio.create_task(count("b")), asyncio.create_task(bus.publish("c", "1"))
            await asyncio.sleep(0.01)
            async with asyncio.timeout(1):
                await bus.stop()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await publishing
        assert (await listening, await subscribing, await count("c")) == (0, 0, 0)
