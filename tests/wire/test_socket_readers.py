"""Readers that do not keep up, in both protocols; `test_socket_connections.py` has them on real connections."""

import asyncio

import pytest
import structlog

from app.wire.sockets.conversation import SocketLimits
from tests.wire.socket_peer import BEFORE, TODAY, Dialect, Peer
from tests.wire.socket_world import SECONDS, World, endpoint


@pytest.fixture(params=[TODAY, BEFORE], ids=str)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    found: Dialect = request.param
    return found


@pytest.fixture
def world() -> World:
    return World()


async def test_an_operation_waits_for_its_reader(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        peer.reads.clear()
        await peer.ask("subscription { flood }")
        await asyncio.sleep(0.05)
        assert world.noted == ["event"]
        assert peer.most_sent_at_once == 1
        peer.reads.set()
        await peer.data()


async def test_of_the_answers_that_wait_for_one_reader_one_is_handed_over(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        peer.reads.clear()
        for number in range(6):
            await peer.ask("{ hello }", str(number))
        await asyncio.sleep(0.05)
        assert (peer.sent_at_once, peer.most_sent_at_once) == (1, 1)
        peer.reads.set()

        heard = [await peer.message() for _ in range(12)]
        assert {message["id"] for message in heard if message["type"] == dialect.next} == set("012345")


async def test_who_stops_the_answer_that_is_being_sent_gains_no_time(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world, limits=SocketLimits(send_seconds=0.3)), dialect) as peer:
        peer.reads.clear()
        for number in range(8):
            await peer.ask("subscription { watch }", str(number))
        with structlog.testing.capture_logs() as lines:
            for number in range(8):
                await asyncio.sleep(0.1)
                await peer.stop(str(number))
            await peer.returned()
        assert [line["event"] for line in lines] == ["socket cut off"]


@pytest.mark.parametrize("can_abort", [True, False], ids=["aborting", "without abort"])
async def test_a_reader_who_stops_reading_is_cut_off(world: World, dialect: Dialect, can_abort: bool) -> None:
    served = endpoint(world, limits=SocketLimits(send_seconds=0.1))
    async with Peer.connected(served, dialect, can_abort=can_abort) as peer:
        await peer.ask("subscription { watch }", "quiet")
        await peer.data("quiet")
        peer.reads.clear()
        await peer.ask("subscription { flood }")
        with structlog.testing.capture_logs() as lines:
            await peer.returned()
        assert [line["event"] for line in lines] == ["socket cut off"]
        assert {"watch ended", "flood ended"} <= set(world.noted)


async def test_stopping_and_starting_operations_gains_no_time(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world, limits=SocketLimits(send_seconds=0.3)), dialect) as peer:
        peer.reads.clear()
        for number in range(8):
            await peer.ask("subscription { flood }", str(number))
            await asyncio.sleep(0.1)
            await peer.stop(str(number))
        await peer.returned()
        assert len(world.asked_with) < 8


async def test_a_reader_who_stops_while_he_is_answered_is_cut_off(world: World) -> None:
    async with Peer.connected(endpoint(world, limits=SocketLimits(send_seconds=0.1))) as peer:
        peer.reads.clear()
        await peer.say({"type": "ping"})
        await peer.returned()


async def test_a_reader_who_stops_is_found_by_a_ping_if_nothing_else_is_sent(world: World, dialect: Dialect) -> None:
    limits = SocketLimits(ping_seconds=0.1, send_seconds=0.1)
    async with Peer.connected(endpoint(world, limits=limits), dialect) as peer:
        peer.reads.clear()
        async with asyncio.timeout(SECONDS):
            await peer.returned()


async def test_who_is_cut_off_is_so_once_however_long_the_rest_takes(world: World, dialect: Dialect) -> None:
    limits = SocketLimits(ping_seconds=0.05, send_seconds=0.05)
    async with Peer.connected(endpoint(world, limits=limits), dialect, can_abort=False) as peer:
        await peer.ask("subscription { lingering }")
        while (await peer.message())["type"] != dialect.next:
            pass
        peer.reads.clear()
        with structlog.testing.capture_logs() as lines:
            await asyncio.sleep(0.3)
        assert [line["event"] for line in lines] == ["socket cut off"]
        world.gate.set()
        await peer.returned()
        assert world.noted == ["lingering ended"]


async def test_a_slow_reader_who_reads_stays(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world, limits=SocketLimits(send_seconds=0.2)), dialect) as peer:
        await peer.ask("subscription { flood }")
        for _ in range(8):
            peer.reads.clear()
            await asyncio.sleep(0.05)
            peer.reads.set()
            await peer.data()
