"""Sockets on real connections, to clients that do not read, vanish, or see the server go."""

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import structlog
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.wire.sockets.conversation import SocketLimits
from app.wire.uvicorn_websocket import SLICE, GoingAwayWebSocket
from tests.server.serving import Served, Socket, start_serving
from tests.wire.socket_peer import TODAY
from tests.wire.socket_world import SECONDS, World, endpoint

LIMITS = SocketLimits(send_seconds=0.5)
KEPT_BY_THE_KERNEL = 8 * 1_024 * 1_024  # more than both ends of a connection keep


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def complaints(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What asyncio and uvicorn have to complain of."""
    caplog.set_level(logging.WARNING)
    return lambda: [record.getMessage() for record in caplog.records]


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not is_so():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)


def connections(served: Served) -> list[WebSocketsSansIOProtocol]:
    return [each for each in served.server.server_state.connections if isinstance(each, WebSocketsSansIOProtocol)]


class Mute:
    """A client that writes whatever it likes and never reads, but for the answer to its handshake."""

    served_by: WebSocketsSansIOProtocol

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def flooded(cls, served: Served) -> AsyncIterator["Mute"]:
        """It has asked for more than it takes."""
        with socket.socket() as connection:
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", served.port))
            mute = cls(connection)
            await mute._shake_hands(served)
            (mute.served_by,) = (each for each in connections(served) if each.client == connection.getsockname())
            await mute.say({"type": "connection_init"})
            await mute.say({"id": "1", "type": "subscribe", "payload": {"query": "subscription { flood }"}})
            await until(lambda: not mute.served_by.writable.is_set())
            yield mute

    async def say(self, message: object) -> None:
        await self.write(0x1, json.dumps(message).encode())

    async def write(self, opcode: int, payload: bytes) -> None:
        assert len(payload) < 126
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        frame = bytes((0x80 | opcode, 0x80 | len(payload))) + mask + masked
        await asyncio.get_running_loop().sock_sendall(self._connection, frame)

    async def _shake_hands(self, served: Served) -> None:
        lines = (
            "GET /graphql HTTP/1.1",
            f"Host: 127.0.0.1:{served.port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            f"Sec-WebSocket-Protocol: {TODAY.name}",
            "\r\n",
        )
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._connection, "\r\n".join(lines).encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += await loop.sock_recv(self._connection, 1)
        assert b" 101 " in answer


# Readers that do not read


async def test_who_stops_reading_is_cut_off_within_the_deadline(
    world: World, complaints: Callable[[], list[str]]
) -> None:
    async with start_serving(endpoint(world, limits=LIMITS)) as served, Mute.flooded(served) as mute:
        assert mute.served_by.transport.get_write_buffer_size() < 128 * 1_024
        assert world.noted.count("event") * 4_000 < KEPT_BY_THE_KERNEL
        taken = world.noted.count("event")
        began = asyncio.get_running_loop().time()
        await until(lambda: not connections(served))
        took = asyncio.get_running_loop().time() - began

        assert took < 2 * LIMITS.send_seconds
        assert world.noted.count("event") - taken <= 1  # it waits for its reader
        await world.until_noted("flood ended")
        await until(lambda: not served.server.server_state.tasks)
        assert complaints() == []


async def test_its_neighbours_notice_nothing(world: World) -> None:
    served_by = start_serving(endpoint(world, limits=LIMITS))
    async with served_by as served, Mute.flooded(served), Socket.connected(served.ws_url) as ws:
        for _ in range(20):
            assert await ws.execute("{ hello }") == {"data": {"hello": "hello you"}}
        await until(lambda: len(connections(served)) == 1)
        assert await ws.execute("{ hello }") == {"data": {"hello": "hello you"}}


async def test_a_slow_reader_gets_all_there_is(world: World) -> None:
    served_by = start_serving(endpoint(world, limits=LIMITS))
    async with served_by as served, Socket.connected(served.ws_url) as ws:
        view = await ws.subscribe("subscription { count(to: 3000) }")
        ws.connection.transport.pause_reading()
        await asyncio.sleep(0.2)
        ws.connection.transport.resume_reading()
        for number in range(3_000):
            assert await view.next() == {"data": {"count": number}}
        await view.completed()


@pytest.mark.parametrize("how", ["closes", "answers no ping", "sees the server go"])
async def test_a_goodbye_that_is_not_read_is_not_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    async with start_serving(endpoint(world)) as served, Mute.flooded(served) as mute:
        monkeypatch.setattr(mute.served_by, "close_timeout", 0.1)
        if how == "closes":
            await mute.write(0x8, (1000).to_bytes(2, "big"))
        elif how == "answers no ping":
            mute.served_by.keepalive_timeout()
        else:
            mute.served_by.shutdown()

        await until(lambda: not connections(served))
        await world.until_noted("flood ended")


async def test_a_goodbye_that_is_read_leaves_no_timer_behind(world: World) -> None:
    async with start_serving(endpoint(world)) as served:
        async with Socket.connected(served.ws_url) as ws:
            (connection,) = connections(served)
            assert isinstance(connection, GoingAwayWebSocket)
            await ws.connection.send("garbage")
            assert await ws.closed() == 4400
        await until(lambda: not connections(served))
        assert connection._deadline is not None
        assert connection._deadline.cancelled()


# Those who write as much as they can

FRAMES = 60_000


async def flood(served: Served, frame: bytes) -> None:
    """So many frames at once; whatever comes back is read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write(
            b"GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
            b"sec-websocket-protocol: " + TODAY.name.encode() + b"\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_masked(0x1, b'{"type":"connection_init"}') + FRAMES * frame + _masked(0x1, b'{"type":"ping"}'))
        heard = b""
        while b'"pong"' not in heard:
            heard = heard[-20:] + await reader.read(1 << 16)
    finally:
        writer.close()


def _masked(opcode: int, payload: bytes) -> bytes:
    return bytes((0x80 | opcode, 0x80 | len(payload))) + bytes(4) + payload


async def test_a_flood_of_tiny_frames_is_handled_in_turns_with_the_others(world: World) -> None:
    async with start_serving(endpoint(world)) as served, Socket.connected(served.ws_url) as ws:
        flooding = asyncio.create_task(flood(served, _masked(0x9, b"")))
        answers = 0
        while not flooding.done():
            await ws.execute("{ hello }")
            answers += 1
        await flooding

        assert answers > 10, "what is read at once are two lots"


async def test_messages_are_read_no_faster_than_they_are_answered(world: World) -> None:
    async with start_serving(endpoint(world)) as served, Socket.connected(served.ws_url) as ws:
        flooding = asyncio.create_task(flood(served, _masked(0x1, b'{"type":"pong"}')))
        most = 0
        while not flooding.done():
            await ws.execute("{ hello }")
            most = max(most, *(each.queue.qsize() for each in connections(served)))
        await flooding

        assert most <= SLICE


# The end


async def test_a_client_that_vanishes_leaves_no_complaint(world: World, complaints: Callable[[], list[str]]) -> None:
    async with start_serving(endpoint(world)) as served:
        for query in ("subscription { watch }", "subscription { flood(size: 100000) }", "{ gated }"):
            async with Socket.connected(served.ws_url) as ws:
                await ws.subscribe(query)
                await asyncio.sleep(0.02)
                ws.connection.transport.abort()
                await until(lambda: not served.server.server_state.tasks)
    assert complaints() == []


async def test_a_connection_that_is_given_up_leaves_no_complaint(
    world: World, complaints: Callable[[], list[str]]
) -> None:
    async with start_serving(endpoint(world)) as served, Socket.connected(served.ws_url) as ws:
        await (await ws.subscribe("subscription { flood }")).next()
        with structlog.testing.capture_logs() as lines:
            connections(served)[0].keepalive_timeout()
            await world.until_noted("flood ended")
        assert await ws.closed() == 1011
    assert lines == []
    assert complaints() == []


async def test_a_server_that_stops_says_so_and_complains_of_nothing(
    world: World, complaints: Callable[[], list[str]]
) -> None:
    async with (
        start_serving(endpoint(world)) as served,
        Socket.connected(served.ws_url) as viewing,
        Socket.connected(served.ws_url) as flooded,
        Socket.opened(served.ws_url) as silent,
        Mute.flooded(served) as mute,
    ):
        mute.served_by.close_timeout = 0.1
        await (await viewing.subscribe("subscription { watch }")).next()
        await (await flooded.subscribe("subscription { flood }")).next()
        async with asyncio.timeout(SECONDS):
            stopping = asyncio.create_task(served.stop())
            assert [await ws.closed() for ws in (viewing, flooded, silent)] == [1001, 1001, 1001]
            await stopping
        assert not served.server.server_state.tasks
        assert sorted(note for note in set(world.noted) if str(note).endswith("ended")) == [
            "flood ended",
            "watch ended",
        ]
    assert complaints() == []
