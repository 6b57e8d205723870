"""Over websockets: graphql-transport-ws to the letter, from both sides."""

import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from app.platform.settings import Settings
from app.wire.sockets.conversation import SocketLimits
from tests.practice import Practice
from tests.server.serving import (
    PROTOCOL,
    WHO,
    Operation,
    Served,
    Socket,
    authorization,
    serving_with,
)

INIT = {"type": "connection_init"}


async def still_works(ws: Socket) -> bool:
    return await ws.execute("{ __typename }") == {"data": {"__typename": "Query"}}


# Opening


@pytest.mark.parametrize("extra", [{}, {"payload": None}, {"payload": {}}, {"payload": {"Authorization": ""}}])
async def test_a_socket_without_a_token_is_a_strangers(served: Served, extra: dict[str, Any]) -> None:
    async with Socket.opened(served.ws_url) as ws:
        await ws.send({**INIT, **extra})
        await ws.message("connection_ack")

        assert ws.connection.subprotocol == PROTOCOL
        assert await ws.execute(WHO) == {"data": {"viewer": None}}


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
async def test_the_payload_says_who_asks(practice: Practice, served: Served, name: str) -> None:
    coach = await practice.coach()
    async with Socket.opened(served.ws_url) as ws:
        await ws.send({**INIT, "payload": {name: f"Bearer {coach.token}"}})
        await ws.message("connection_ack")

        assert await ws.execute(WHO) == {"data": {"viewer": {"user": {"email": coach.user.email}}}}


async def test_the_handshake_says_who_asks(practice: Practice, served: Served) -> None:
    coach = await practice.coach()
    async with Socket.connected(served.ws_url, additional_headers=authorization(coach.token)) as ws:
        assert await ws.execute(WHO) == {"data": {"viewer": {"user": {"email": coach.user.email}}}}


@pytest.mark.parametrize("given", ["Bearer x", "Bearer", "Basic YTpi", 5, ["Bearer x"], {"Bearer": "x"}])
async def test_a_bad_token_in_the_payload_closes_with_4403(served: Served, given: object) -> None:
    async with Socket.opened(served.ws_url) as ws:
        await ws.send({**INIT, "payload": {"Authorization": given}})

        assert await ws.closed() == 4403


async def test_an_expired_token_in_the_payload_closes_with_4403(practice: Practice, served: Served) -> None:
    coach = await practice.coach()
    practice.clock.move(minutes=15)
    async with Socket.opened(served.ws_url) as ws:
        await ws.send({**INIT, "payload": authorization(coach.token)})

        assert await ws.closed() == 4403


async def test_a_bad_token_in_the_handshake_closes_with_4403(served: Served) -> None:
    async with Socket.opened(served.ws_url, additional_headers=authorization("x")) as ws:
        assert await ws.closed() == 4403


async def test_who_never_initialises_is_closed_with_4408(
    practice: Practice, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(practice.application.view.sockets.served, "limits", SocketLimits(init_seconds=0.05))
    async with Socket.opened(served.ws_url) as ws:
        await ws.send({"type": "ping"})
        await ws.message("pong")

        assert await ws.closed() == 4408


@pytest.mark.parametrize("protocols", [("soap",), ("graphql-ws",), None], ids=["another", "the old one", "none"])
async def test_another_protocol_is_closed_with_4406(served: Served, protocols: tuple[str, ...] | None) -> None:
    async with Socket.opened(served.ws_url, protocols=protocols) as ws:
        assert ws.connection.subprotocol is None
        assert await ws.closed() == 4406


async def test_frames_are_never_deflated(served: Served) -> None:
    async with Socket.connected(served.ws_url, compression="deflate") as ws:
        assert ws.connection.protocol.extensions == []
        assert await still_works(ws)


# Origins


async def test_a_foreign_origin_is_refused(served: Served) -> None:
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{served.port}.evil.example"):
        with pytest.raises(InvalidStatus) as refused:
            async with Socket.opened(served.ws_url, origin=origin):
                pass

        assert refused.value.response.status_code == 403


async def test_the_servers_own_origin_is_accepted(served: Served) -> None:
    async with Socket.connected(served.ws_url, origin=served.url) as ws:
        assert await still_works(ws)


async def test_a_listed_origin_is_accepted(settings: Settings) -> None:
    async with serving_with(settings, allowed_origins=["https://app.example.com"]) as served:
        async with Socket.connected(served.ws_url, origin="https://app.example.com") as ws:
            assert await still_works(ws)
        with pytest.raises(InvalidStatus):
            async with Socket.opened(served.ws_url, origin="http://app.example.com"):
                pass


# What is not of the protocol

SUBSCRIBE = {"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}
BAD_FRAMES = {
    "no JSON": "garbage",
    "nothing": "",
    "half of it": '{"type": "ping"',
    "half a surrogate pair": '{"type": "\\ud800"}',
    "deep": '{"type": ' + "[" * 20_000,
    "a string": '"ping"',
    "a number": "5",
    "null": "null",
    "no type": "{}",
    "unknown type": '{"type": "start"}',
    "unknown type of great length": json.dumps({"type": "x" * 5_000}),
    "unknown type beyond ASCII": json.dumps({"type": "é" * 60}),
    "type is a number": '{"type": 5}',
    "type is an array": '{"type": ["ping"]}',
    "subscribe without an id": json.dumps(SUBSCRIBE | {"id": None}),
    "subscribe with a number as id": json.dumps(SUBSCRIBE | {"id": 1}),
    "subscribe without a payload": '{"id": "1", "type": "subscribe"}',
    "subscribe with an array": json.dumps(SUBSCRIBE | {"payload": []}),
    "subscribe without a query": json.dumps(SUBSCRIBE | {"payload": {}}),
    "subscribe with a number as query": json.dumps(SUBSCRIBE | {"payload": {"query": 5}}),
    "subscribe with an array as variables": json.dumps(SUBSCRIBE | {"payload": {"query": "{ a }", "variables": [1]}}),
    "subscribe with a number as name": json.dumps(SUBSCRIBE | {"payload": {"query": "{ a }", "operationName": 5}}),
    "complete without an id": '{"type": "complete"}',
    "complete with an object as id": '{"id": {}, "type": "complete"}',
    "complete with an array as id": '{"id": ["1"], "type": "complete"}',
    "init with an array": '{"type": "connection_init", "payload": []}',
    "a binary frame": b'{"type": "ping"}',
    "an empty binary frame": b"",
}


@pytest.mark.parametrize("what", BAD_FRAMES)
async def test_a_frame_that_is_not_of_the_protocol_closes_with_4400(served: Served, what: str) -> None:
    opened = Socket.opened if what.startswith("init") else Socket.connected
    async with opened(served.ws_url) as ws:
        await ws.connection.send(BAD_FRAMES[what])

        assert await ws.closed() == 4400


@pytest.mark.parametrize("array", [[], [1, "x", None], [{"type": "ping"}], [SUBSCRIBE, SUBSCRIBE | {"id": "2"}]])
async def test_an_array_is_not_of_the_protocol_but_leaves_the_socket_to_others(served: Served, array: Any) -> None:
    async with Socket.connected(served.ws_url) as ws:
        refused = [Operation(ws, each["id"]) for each in array if isinstance(each, dict) and "id" in each]
        ws.operations |= {operation.id: operation for operation in refused}
        await ws.send(array)

        for operation in refused:
            (error,) = await operation.error()
            assert error["extensions"]["code"] == "BAD_REQUEST"
        assert await still_works(ws)


async def test_it_does_so_before_anything_is_initialised_too(served: Served) -> None:
    for frame in ("garbage", "[]", b"{}", '{"type": "start"}'):
        async with Socket.opened(served.ws_url) as ws:
            await ws.connection.send(frame)

            assert await ws.closed() == 4400


async def test_an_operation_before_the_acknowledgement_closes_with_4401(served: Served) -> None:
    async with Socket.opened(served.ws_url) as ws:
        await ws.subscribe("{ __typename }")

        assert await ws.closed() == 4401


async def test_a_second_initialisation_closes_with_4429(served: Served) -> None:
    async with Socket.connected(served.ws_url) as ws:
        await ws.send(INIT)

        assert await ws.closed() == 4429


async def test_the_id_of_an_operation_that_is_over_is_free_again(served: Served) -> None:
    async with Socket.connected(served.ws_url) as ws:
        for _ in range(3):
            operation = await ws.subscribe("{ __typename }", id="same")
            assert await operation.next() == {"data": {"__typename": "Query"}}
            await operation.completed()


async def test_a_frame_of_more_than_64_kib_closes_with_1009(served: Served) -> None:
    largest = json.dumps({"type": "ping"}).ljust(64 * 1_024)
    async with Socket.connected(served.ws_url) as ws:
        await ws.connection.send(largest)
        await ws.message("pong")
        await ws.connection.send(largest + " ")
        assert await ws.closed() == 1009
    async with Socket.connected(served.ws_url) as ws:
        await ws.connection.send([largest[: 40 * 1_024], " " * 40 * 1_024])
        assert await ws.closed() == 1009


async def test_a_ping_is_answered(served: Served) -> None:
    async with Socket.opened(served.ws_url) as ws:
        for message in ({"type": "ping"}, {"type": "ping", "payload": {"a": 1}}, {"type": "ping", "payload": None}):
            await ws.send(message)
            await ws.message("pong")
        await ws.send({"type": "pong"})
        await ws.send(INIT)
        await ws.message("connection_ack")
        assert await still_works(ws)
