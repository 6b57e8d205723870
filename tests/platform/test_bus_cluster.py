"""The bus against a real Redis cluster: sharded channels at the node of their slot, wherever that goes."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from app.platform.bus import LOST
from tests.platform.fault_proxy import FaultProxy
from tests.platform.listening import HASTY, assert_silent, assert_travels, next_of, running, until
from tests.platform.redis_cluster import RedisCluster, running_cluster, slot, why_not

REASON = why_not()
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(REASON is not None, reason=f"the bus was not tried on a Redis cluster: {REASON}"),
]

CHANNELS = [f"channel{number}" for number in range(30)]


@pytest.fixture(autouse=True)
async def no_task_is_left_behind() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before
    assert [task for task in left if "TestRunner." not in repr(task)] == []


@pytest.fixture(scope="module")
def whole_cluster() -> Iterator[RedisCluster]:
    with running_cluster(spare=1) as cluster:
        yield cluster


@pytest.fixture
async def cluster(whole_cluster: RedisCluster) -> RedisCluster:
    await until(whole_cluster.is_whole)
    return whole_cluster


async def test_hints_travel_by_the_node_that_has_the_channels_slot_and_no_other(cluster: RedisCluster) -> None:
    async with running(cluster.url) as one, running(cluster.nodes[0].url) as other:
        assert one.is_connected
        for channel in CHANNELS:
            async with other.listen(channel) as hints, one.listen("elsewhere") as elsewhere:
                assert [node.subscriptions(channel) for node in cluster.nodes] == [
                    int(node is cluster.owner(channel)) for node in cluster.nodes
                ]
                await one.publish(channel, "7")
                assert await next_of(hints) == "7"
                await assert_silent(elsewhere, 0)
        assert len({cluster.owner(channel).port for channel in CHANNELS}) == 3


async def test_the_last_listener_ends_the_subscription(cluster: RedisCluster) -> None:
    async with running(cluster.url) as bus:
        async with bus.listen("a"), bus.listen("a"):
            assert cluster.owner("a").subscriptions("a") == 1
        await until(lambda: cluster.owner("a").subscriptions("a") == 0)


async def test_a_bus_that_starts_without_the_cluster_comes_to_life() -> None:
    with running_cluster() as cluster:
        for node in cluster.nodes:
            node.kill()
        async with running(cluster.url) as bus, bus.listen("a") as hints:
            assert not bus.is_connected
            for node in cluster.nodes:
                node.start()
            assert await next_of(hints, 10) is LOST
            await assert_travels(bus, "a", hints)


async def test_one_node_of_the_configuration_that_answers_is_enough(cluster: RedisCluster) -> None:
    gone = "redis://127.0.0.1:1"
    async with running(f"{gone},{cluster.nodes[1].url}") as bus, bus.listen("a") as hints:
        await bus.publish("a", "7")
        assert await next_of(hints) == "7"


async def test_after_a_node_was_killed_its_channels_are_lost_and_heard_again(cluster: RedisCluster) -> None:
    killed = cluster.owner("a")
    spared = next(channel for channel in CHANNELS if cluster.owner(channel) is not killed)
    async with (
        running(cluster.url) as one,
        running(cluster.url) as other,
        one.listen("a") as hints,
        one.listen(spared) as others,
    ):
        killed.kill()
        await until(lambda: not one.is_connected and not other.is_connected)
        assert one.nodes_away == [f"127.0.0.1:{killed.port}"]
        await other.publish(spared, "7")
        assert await next_of(others) == "7"
        await assert_silent(hints)

        killed.start()
        assert await next_of(hints, 10) is LOST
        await assert_travels(other, "a", hints)
        await until(lambda: one.is_connected and one.nodes_away == [])


async def test_a_slot_that_moves_while_it_is_listened_to_is_followed(cluster: RedisCluster) -> None:
    neighbours = [channel for channel in CHANNELS if cluster.owner(channel) is cluster.owner("a")]
    assert slot("a") not in map(slot, neighbours)
    async with (
        running(cluster.url) as one,
        running(cluster.url) as other,
        one.listen("a") as hints,
        one.listen(neighbours[0]) as others,
    ):
        for _ in range(2):
            target = next(node for node in cluster.nodes if node is not cluster.owner("a"))
            cluster.move("a", target)
            assert await next_of(hints) is LOST
            await assert_travels(other, "a", hints)
            assert target.subscriptions("a") == 1
        await other.publish(neighbours[0], "7")
        assert await next_of(others) == "7"


async def test_a_slot_that_moves_to_a_node_that_had_none_is_followed(cluster: RedisCluster) -> None:
    (spare,) = cluster.spare
    home = cluster.owner("b")
    async with running(cluster.url) as one, running(cluster.url) as other, one.listen("b") as hints:
        cluster.move("b", spare)
        assert await next_of(hints) is LOST
        await assert_travels(other, "b", hints)
        assert spare.subscriptions("b") == 1

        cluster.move("b", home)
        assert await next_of(hints) is LOST
        await assert_travels(other, "b", hints)


async def test_what_was_sent_to_the_wrong_node_is_told_as_lost(cluster: RedisCluster) -> None:
    async with running(cluster.url) as sender:
        cluster.move("c", next(node for node in cluster.nodes if node is not cluster.owner("c")))
        async with running(cluster.url) as listener, listener.listen("c") as hints:
            await sender.publish("c", "7")
            assert await next_of(hints) is LOST
            await assert_travels(sender, "c", hints)


async def test_a_replica_that_takes_over_is_followed() -> None:
    with running_cluster(spare=1) as cluster:
        (replica,), primary = cluster.spare, cluster.owner("a")
        replica.ask("CLUSTER REPLICATE", primary.id)
        await until(lambda: replica.ask("ROLE")[3] == "connected", 20)
        async with running(cluster.url) as one, running(cluster.url) as other, one.listen("a") as hints:
            primary.kill()
            await until(lambda: not one.is_connected)
            replica.ask("CLUSTER FAILOVER", "TAKEOVER")
            assert await next_of(hints, 10) is LOST
            await assert_travels(other, "a", hints)
            assert replica.subscriptions("a") == 1
            await until(lambda: one.is_connected)


async def test_a_black_hole_before_a_node_is_noticed_and_healed() -> None:
    with running_cluster(1) as cluster:
        (node,) = cluster.nodes
        async with FaultProxy(("127.0.0.1", 0), ("127.0.0.1", node.port)) as proxy:
            assert isinstance(proxy.address, tuple)
            node.ask("CONFIG SET", "cluster-announce-port", proxy.address[1])
            async with running(node.url, HASTY) as bus, bus.listen("a") as hints:
                proxy.swallow()
                await until(lambda: bus.nodes_away == [f"127.0.0.1:{proxy.address[1]}"])
                await assert_silent(hints)
                await proxy.heal()
                assert await next_of(hints) is LOST
                await assert_travels(bus, "a", hints)
