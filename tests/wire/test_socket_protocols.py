"""How a socket begins and ends, and what may be said on it, in both protocols."""

import asyncio
import json
from typing import Any

import pytest
import structlog

from app.wire.sockets.conversation import SocketLimits
from tests.wire.socket_peer import BEFORE, TODAY, Dialect, Peer
from tests.wire.socket_world import World, endpoint


@pytest.fixture(params=[TODAY, BEFORE], ids=str)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    found: Dialect = request.param
    return found


@pytest.fixture
def world() -> World:
    return World()


# Opening


@pytest.mark.parametrize("offers", [(TODAY.name, BEFORE.name), (BEFORE.name, "other", TODAY.name)])
async def test_todays_protocol_is_preferred_whatever_the_order(world: World, offers: tuple[str, ...]) -> None:
    async with Peer.connected(endpoint(world), TODAY, offers=offers) as peer:
        assert peer.subprotocol == TODAY.name
        assert await peer.still_works()


async def test_the_old_protocol_is_spoken_only_where_it_is_asked_for(world: World) -> None:
    async with Peer.opened(endpoint(world, legacy=False), BEFORE) as peer:
        assert await peer.ended() == 4406
        assert peer.subprotocol is None
    async with Peer.connected(endpoint(world, legacy=True), BEFORE) as peer:
        assert peer.subprotocol == BEFORE.name


@pytest.mark.parametrize("offers", [(), ("soap",)])
async def test_another_protocol_is_closed_with_4406(world: World, offers: tuple[str, ...]) -> None:
    async with Peer.opened(endpoint(world), offers=offers) as peer:
        assert await peer.ended() == 4406


@pytest.mark.parametrize("extra", [{}, {"payload": None}, {"payload": {}}], ids=["no payload", "null", "empty"])
async def test_an_introduction_may_say_nothing(world: World, dialect: Dialect, extra: dict[str, Any]) -> None:
    async with Peer.opened(endpoint(world), dialect) as peer:
        await peer.say({"type": "connection_init", **extra})
        await peer.hears({"type": "connection_ack"})
        assert world.connection_params == {}


async def test_an_introduction_says_who_asks(world: World, dialect: Dialect) -> None:
    async with Peer.opened(endpoint(world), dialect) as peer:
        await peer.say({"type": "connection_init", "payload": {"token": "Ada"}})
        await peer.hears({"type": "connection_ack"})
        if dialect is BEFORE:
            await peer.hears({"type": "ka"})
        await peer.ask("{ who }")
        assert await peer.data() == {"who": "Ada"}


async def test_who_is_rejected_is_closed_with_4403(world: World, dialect: Dialect) -> None:
    async with Peer.opened(endpoint(world), dialect) as peer:
        await peer.say({"type": "connection_init", "payload": {"token": "bad"}})
        if dialect is BEFORE:
            await peer.hears({"type": "connection_error", "payload": {"message": "no"}})
        assert await peer.ended() == 4403


async def test_a_handshake_that_is_rejected_is_closed_with_4403(world: World, dialect: Dialect) -> None:
    async with Peer.opened(endpoint(world), dialect, headers={"authorization": "bad"}) as peer:
        assert await peer.ended() == 4403


@pytest.mark.parametrize("where", ["handshake", "introduction"])
async def test_a_failure_of_ours_asks_to_come_back_later(world: World, dialect: Dialect, where: str) -> None:
    headers = {"authorization": "breaks"} if where == "handshake" else {}
    with structlog.testing.capture_logs() as lines:
        async with Peer.opened(endpoint(world), dialect, headers=headers) as peer:
            await peer.say({"type": "connection_init", "payload": {"token": "breaks"}})
            assert await peer.ended() == 1013
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["socket failed"]


async def test_an_operation_before_the_introduction_closes_with_4401(world: World, dialect: Dialect) -> None:
    async with Peer.opened(endpoint(world), dialect) as peer:
        await peer.ask("{ hello }")
        assert await peer.ended() == 4401
    assert world.asked_with == []


async def test_an_operation_right_behind_the_introduction_waits_for_its_answer(world: World, dialect: Dialect) -> None:
    async with Peer.opened(endpoint(world), dialect) as peer:
        await peer.say({"type": "connection_init", "payload": {"token": "Ada"}})
        await peer.ask("{ who }")
        await peer.hears({"type": "connection_ack"})
        if dialect is BEFORE:
            await peer.hears({"type": "ka"})
        assert await peer.data() == {"who": "Ada"}


async def test_a_second_introduction_closes_with_4429(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.say({"type": "connection_init", "payload": {"token": "another"}})
        assert await peer.ended() == 4429
    assert world.connection_params == {}


async def test_who_does_not_introduce_himself_is_closed_with_4408(world: World, dialect: Dialect) -> None:
    async with Peer.opened(endpoint(world, limits=SocketLimits(init_seconds=0.05)), dialect) as peer:
        if dialect is TODAY:
            await peer.say({"type": "pong"})  # which is no introduction
        assert await peer.ended() == 4408
        await peer.returned()


async def test_who_introduces_himself_in_time_stays(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world, limits=SocketLimits(init_seconds=0.05)), dialect) as peer:
        await asyncio.sleep(0.1)
        assert await peer.still_works()


async def test_a_client_that_leaves_during_the_handshake_is_let_go(world: World) -> None:
    async with Peer.opened(endpoint(world)) as peer:
        peer.vanish()
        await peer.returned()


async def test_the_old_protocol_has_a_word_for_goodbye(world: World) -> None:
    async with Peer.connected(endpoint(world), BEFORE) as peer:
        await peer.say({"type": "connection_terminate"})
        assert await peer.ended() == 1000
        await peer.returned()


# Origins


@pytest.mark.parametrize(
    ("origin", "may_open"),
    [
        (None, True),
        ("https://example.com", True),
        ("http://example.com:80", True),
        ("https://app.example.org", True),
        ("https://App.example.org:443", True),
        ("http://app.example.org", False),
        ("https://evil.example", False),
        ("https://example.com.evil.example", False),
        ("null", False),
        ("https://[", False),
    ],
)
async def test_only_its_own_and_listed_origins_may_open_a_socket(
    world: World, origin: str | None, may_open: bool
) -> None:
    served = endpoint(world, allowed_origins=["https://app.example.org"])
    async with Peer.opened(served, headers={"origin": origin} if origin else {}) as peer:
        if may_open:
            await peer.say({"type": "connection_init"})
            await peer.hears({"type": "connection_ack"})
        else:
            assert await peer.ended() == 1008  # which is 403, as nothing was accepted
            assert peer.subprotocol is None


async def test_an_origin_that_is_none_is_not_listed() -> None:
    with pytest.raises(ValueError, match="Invalid origin"):
        endpoint(World(), allowed_origins=["app.example.org"])


# What is not of the protocol

NOT_OF_IT = {
    "no JSON": "garbage",
    "nothing": "",
    "half of it": '{"type": "ping"',
    "half a surrogate pair": '{"type": "\\ud800"}',
    "deep": '{"type": ' + "[" * 20_000,
    "a string": '"ping"',
    "a number": "5",
    "null": "null",
    "no type": "{}",
    "unknown type": '{"type": "nonsense"}',
    "unknown type of great length": json.dumps({"type": "x" * 5_000}),
    "type is a number": '{"type": 5}',
    "type is an array": '{"type": ["ping"]}',
    "start without an id": '{"type": "START", "payload": ASKED}}',
    "start with a number as id": '{"id": 1, "type": "START", "payload": ASKED}}',
    "start without a payload": '{"id": "1", "type": "START"}',
    "start with an array": '{"id": "1", "type": "START", "payload": []}',
    "start without a query": '{"id": "1", "type": "START", "payload": {}}',
    "start with a number as query": '{"id": "1", "type": "START", "payload": {"query": 5}}',
    "start with an array as variables": '{"id": "1", "type": "START", "payload": ASKED, "variables": []}}',
    "start with a number as name": '{"id": "1", "type": "START", "payload": ASKED, "operationName": 5}}',
    "start with an array as extensions": '{"id": "1", "type": "START", "payload": ASKED, "extensions": []}}',
    "start with a number as document": '{"id": "1", "type": "START", "payload": ASKED, "documentId": 5}}',
    "stop without an id": '{"type": "STOP"}',
    "stop with an object as id": '{"id": {}, "type": "STOP"}',
}


@pytest.mark.parametrize("what", NOT_OF_IT)
async def test_what_is_not_of_the_protocol_closes_with_4400(world: World, dialect: Dialect, what: str) -> None:
    words = {"START": dialect.start, "STOP": dialect.stop, "ASKED": '{"query": "{ hello }"'}
    frame = NOT_OF_IT[what]
    for word, meaning in words.items():
        frame = frame.replace(word, meaning)
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.say_text(frame)
        assert await peer.ended() == 4400
        await peer.returned()


@pytest.mark.parametrize("data", [b"", b'{"type": "ping"}'])
async def test_a_binary_frame_closes_with_4400(world: World, dialect: Dialect, data: bytes) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.say_bytes(data)
        assert await peer.ended() == 4400


@pytest.mark.parametrize("payload", [[], "Ada", 5, True])
async def test_an_introduction_with_another_payload_than_an_object_closes_with_4400(
    world: World, dialect: Dialect, payload: object
) -> None:
    async with Peer.opened(endpoint(world), dialect) as peer:
        await peer.say({"type": "connection_init", "payload": payload})
        assert await peer.ended() == 4400


@pytest.mark.parametrize("frame", ["garbage", "[]", "{}"])
async def test_it_does_so_before_the_introduction_too(world: World, dialect: Dialect, frame: str) -> None:
    async with Peer.opened(endpoint(world), dialect) as peer:
        await peer.say_text(frame)
        assert await peer.ended() == 4400


async def test_one_protocols_words_are_not_the_others(world: World, dialect: Dialect) -> None:
    other = TODAY if dialect is BEFORE else BEFORE
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.say({"id": "1", "type": other.start, "payload": {"query": "{ hello }"}})
        assert await peer.ended() == 4400


# An array of messages: refused by operation, because the socket is not that client's alone


async def test_each_operation_of_an_array_ends_and_its_neighbours_go_on(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask('subscription { watch(name: "mine") }', "mine")
        assert await peer.data("mine") == {"watch": "mine"}
        await peer.say([{"id": id, "type": dialect.start, "payload": {"query": "{ hello }"}} for id in ("a", "b", "a")])
        ids = {(await peer.message())["id"] for _ in range(2)}
        assert ids == {"a", "b"}
        assert await peer.still_works()
        assert "mine ended" not in world.noted


async def test_an_array_says_what_is_wrong(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.say([{"id": "a", "type": dialect.start, "payload": {"query": "{ hello }"}}])
        error = await peer.error("a")
        assert error["extensions"] == {"code": "BAD_REQUEST", "status": 400}
        assert "array" in error["message"]


async def test_an_array_does_not_end_what_runs_under_the_same_id(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("subscription { watch }", "mine")
        await peer.data("mine")
        await peer.say([{"id": "mine", "type": dialect.start, "payload": {"query": "{ hello }"}}])
        await peer.hears_nothing()
        assert "watch ended" not in world.noted


@pytest.mark.parametrize(
    "array", [[], [1, None, "x", []], [{}], [{"type": "ping"}], [{"id": ["a"], "type": "subscribe"}], [[{"id": "a"}]]]
)
async def test_an_array_that_starts_nothing_changes_nothing(world: World, dialect: Dialect, array: object) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.say(array)
        assert await peer.still_works()


async def test_an_array_is_answered_with_no_more_errors_than_a_socket_has_operations(world: World) -> None:
    async with Peer.connected(endpoint(world, limits=SocketLimits(operations=3))) as peer:
        await peer.say([{"id": str(number), "type": TODAY.start} for number in range(1_000)])
        for _ in range(3):
            assert (await peer.message())["type"] == "error"
        assert await peer.still_works()


# Keeping alive


async def test_a_ping_is_answered(world: World) -> None:
    async with Peer.opened(endpoint(world)) as peer:
        for extra in ({}, {"payload": {"a": 1}}, {"payload": None}):
            await peer.say({"type": "ping", **extra})
            await peer.hears({"type": "pong"})


async def test_a_silent_client_is_pinged_and_stays_if_it_answers(world: World) -> None:
    async with Peer.connected(endpoint(world, limits=SocketLimits(ping_seconds=0.1))) as peer:
        for _ in range(3):
            await peer.hears({"type": "ping"})
            await peer.say({"type": "pong"})
        assert await peer.still_works()


async def test_a_client_that_says_anything_needs_no_ping(world: World) -> None:
    async with Peer.connected(endpoint(world, limits=SocketLimits(ping_seconds=0.2))) as peer:
        for _ in range(10):
            await asyncio.sleep(0.05)
            await peer.say({"type": "pong"})
        await peer.hears_nothing()


async def test_a_client_that_never_answers_a_ping_is_closed_with_4499(world: World) -> None:
    async with Peer.connected(endpoint(world, limits=SocketLimits(ping_seconds=0.1))) as peer:
        await peer.ask("subscription { watch }")
        await peer.data()
        await peer.hears({"type": "ping"})
        assert await peer.ended() == 4499
        await peer.returned()
    assert world.noted == ["watch began", "watch ended"]


async def test_nobody_is_pinged_before_the_introduction(world: World) -> None:
    async with Peer.opened(endpoint(world, limits=SocketLimits(ping_seconds=0.02))) as peer:
        await peer.hears_nothing()


async def test_the_old_protocol_says_that_it_is_there_and_needs_no_answer(world: World) -> None:
    async with Peer.connected(endpoint(world, limits=SocketLimits(ping_seconds=0.05)), BEFORE) as peer:
        for _ in range(4):
            await peer.hears({"type": "ka"})


async def test_nothing_is_looked_after_when_no_socket_is_open(world: World) -> None:
    served = endpoint(world)
    async with Peer.connected(served), Peer.connected(served, BEFORE):
        assert served._next_step is not None
    assert served._next_step is None
    assert not served._open
    assert not served._errands


async def test_idle_sockets_cost_no_task_but_the_servers_call(world: World) -> None:
    served = endpoint(world, limits=SocketLimits(ping_seconds=0.5))
    async with Peer.connected(served) as first:
        before = len(asyncio.all_tasks())
        peers = [Peer.connected(served) for _ in range(100)]
        entered = [await peer.__aenter__() for peer in peers]
        assert len(asyncio.all_tasks()) - before == len(peers)  # the server's call of each
        for peer in (first, *entered):
            await peer.hears({"type": "ping"})  # from one round that looks after all of them
        for context in peers:
            await context.__aexit__(None, None, None)
