"""Operations over a websocket: each by itself, and none left behind."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import structlog

from app.platform.settings import Settings
from app.wire.sockets.conversation import SocketLimits
from tests.operations import BOOK, add_window
from tests.practice import Person, Practice
from tests.server.serving import (
    SECONDS,
    WHO,
    Closed,
    Operation,
    Served,
    Socket,
    server_processes,
    start_serving,
)

DAY = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-03T00:00:00Z"}
VIEW = (
    "subscription ($coachId: ID!, $from: DateTime!, $to: DateTime!) {"
    " slotAvailability(coachId: $coachId, from: $from, to: $to) { version isSnapshot slots { startsAt remaining } } }"
)
NINE, TEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"


@dataclass
class Calendar:
    """A coach with two slots, a member who sees them and one who does not."""

    practice: Practice
    coach: Person
    member: Person
    foreigner: Person

    @property
    def asked(self) -> dict[str, str]:
        return {"coachId": self.coach.id, **DAY}

    @property
    def open_views(self) -> int:
        return self.practice.house.live.open_views

    async def watch(self, ws: Socket) -> Operation:
        """A view that has shown its first state."""
        view = await ws.subscribe(VIEW, self.asked)
        first = (await view.next())["data"]["slotAvailability"]
        assert first["isSnapshot"]
        return view


@pytest.fixture
async def calendar(practice: Practice) -> Calendar:
    coach = await practice.coach()
    await add_window(practice, coach, start="09:00", end="11:00")
    return Calendar(practice, coach, await practice.member(coach), await practice.member())


async def until(is_so: Callable[[], bool]) -> None:
    """Waits for what nobody tells of."""
    async with asyncio.timeout(SECONDS):
        while not is_so():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)


async def still_works(ws: Socket) -> bool:
    return await ws.execute("{ __typename }") == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("id", ["1", "x" * 500], ids=["short id", "long id"])
async def test_the_id_of_an_open_operation_closes_with_4409(calendar: Calendar, served: Served, id: str) -> None:
    async with Socket.connected(served.ws_url, calendar.member.token) as ws:
        view = await ws.subscribe(VIEW, calendar.asked, id=id)
        await view.next()
        await ws.send({"id": id, "type": "subscribe", "payload": {"query": "{ __typename }"}})

        assert await ws.closed() == 4409


async def test_queries_mutations_and_views_share_a_socket(calendar: Calendar, served: Served) -> None:
    async with Socket.connected(served.ws_url, calendar.member.token) as ws, await calendar.watch(ws) as view:
        given = {"coachId": calendar.coach.id, "startsAt": NINE}
        booked = await ws.execute(BOOK, {"input": given})
        change = (await view.next())["data"]["slotAvailability"]
        who = await ws.execute(WHO)

    assert booked["data"]["bookSession"]["__typename"] == "Booking"
    assert (change["isSnapshot"], change["slots"]) == (False, [{"startsAt": NINE, "remaining": 0}])
    assert who["data"]["viewer"]["user"]["email"] == calendar.member.user.email


WRONG = {
    "a syntax error": ("subscription {", {"GRAPHQL_PARSE_FAILED"}),
    "an unknown field": ("{ nothing }", {"BAD_USER_INPUT"}),
    "only a fragment": ("fragment A on Query { __typename }", {"BAD_REQUEST", "BAD_USER_INPUT"}),
    "nothing": ("", {"BAD_REQUEST", "BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"}),
    "too many tokens": ("{ " + "__typename " * 2_000 + "}", {"QUERY_TOO_COMPLEX"}),
    "too much at once": ("{ coaches(first: 101) { edges { cursor } } }", {"BAD_USER_INPUT"}),
    "too deep": ("{ coaches" + " { edges { node { user { id" * 4 + " }" * 17, {"QUERY_TOO_COMPLEX"}),
    "a variable too few": (VIEW, {"BAD_USER_INPUT"}),
}


@pytest.mark.parametrize("what", WRONG)
async def test_an_error_ends_its_own_operation_only(calendar: Calendar, served: Served, what: str) -> None:
    query, codes = WRONG[what]
    async with Socket.connected(served.ws_url, calendar.member.token) as ws, await calendar.watch(ws) as view:
        with structlog.testing.capture_logs() as lines:
            refused = await (await ws.subscribe(query)).error()
        await ws.execute(BOOK, {"input": {"coachId": calendar.coach.id, "startsAt": TEN}})

        assert {error["extensions"]["code"] for error in refused} <= codes
        assert [line for line in lines if line["log_level"] == "error"] == []
        assert (await view.next())["data"]["slotAvailability"]["slots"] == [{"startsAt": TEN, "remaining": 0}]


async def test_a_name_of_no_operation_ends_its_own_operation_only(served: Served) -> None:
    async with Socket.connected(served.ws_url) as ws:
        operation = Operation(ws, "named")
        ws.operations["named"] = operation
        payload = {"query": "query A { __typename }", "operationName": "B"}
        with structlog.testing.capture_logs():
            await ws.send({"id": "named", "type": "subscribe", "payload": payload})
            (error,) = await operation.error()

        assert error["extensions"]["code"] in {"BAD_REQUEST", "BAD_USER_INPUT"}
        assert await still_works(ws)


async def test_who_may_not_see_is_told_so_and_may_go_on(calendar: Calendar, served: Served) -> None:
    for who in (calendar.foreigner, None):
        async with Socket.connected(served.ws_url, who.token if who else None) as ws:
            refused = await (await ws.subscribe(VIEW, calendar.asked)).error()

            assert [error["extensions"]["code"] for error in refused] in (["FORBIDDEN"], ["UNAUTHENTICATED"])
            assert await still_works(ws)
    assert calendar.open_views == 0


async def test_what_cannot_be_asked_for_is_refused(calendar: Calendar, served: Served) -> None:
    wrong = [
        ({"coachId": "garbage"}, "coachId"),
        ({"coachId": calendar.member.id}, "coachId"),
        ({"to": DAY["from"]}, "to"),
        ({"to": "2026-12-31T00:00:00Z"}, "to"),
        ({"from": "0001-01-01T00:00:00Z"}, "from"),
    ]
    async with Socket.connected(served.ws_url, calendar.member.token) as ws:
        for change, field in wrong:
            (error,) = await (await ws.subscribe(VIEW, calendar.asked | change)).error()

            assert (error["extensions"]["code"], error["extensions"]["field"]) == ("BAD_USER_INPUT", field)
        (error, *_) = await (await ws.subscribe(VIEW, calendar.asked | {"from": "2026-03-02T00:00:00"})).error()
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert await still_works(ws)


async def test_a_failure_is_masked(calendar: Calendar, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret word")

    monkeypatch.setattr("app.services.scheduling.reading.CalendarReadings.look", broken)
    async with Socket.connected(served.ws_url, calendar.member.token) as ws:
        with structlog.testing.capture_logs():
            (error,) = await (await ws.subscribe(VIEW, calendar.asked)).refusal()

        assert error["extensions"]["code"] == "INTERNAL"
        assert "secret word" not in json.dumps(error)
        assert await still_works(ws)


async def test_more_operations_than_allowed_are_refused_with_a_code(
    calendar: Calendar, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar.practice.application.view.sockets.served, "limits", SocketLimits(operations=2))
    async with Socket.connected(served.ws_url, calendar.member.token) as ws:
        async with await calendar.watch(ws), await calendar.watch(ws):
            (error,) = await (await ws.subscribe("{ __typename }")).error()
            assert error["extensions"] == {"code": "RATE_LIMITED", "status": 429}
        await until(lambda: calendar.open_views == 0)
        assert await still_works(ws)


async def test_a_token_that_has_expired_asks_nothing_new(calendar: Calendar, served: Served) -> None:
    async with Socket.connected(served.ws_url, calendar.member.token) as ws:
        assert (await ws.execute(WHO))["data"]["viewer"] is not None
        calendar.practice.clock.move(minutes=15)

        asked = await ws.execute(WHO)
        booked = await ws.execute(BOOK, {"input": {"coachId": calendar.coach.id, "startsAt": NINE}})
        viewed = await (await ws.subscribe(VIEW, calendar.asked)).refusal()

    for errors in (asked["errors"], booked["errors"], viewed):
        assert [error["extensions"]["code"] for error in errors] == ["UNAUTHENTICATED"]
    assert calendar.open_views == 0


# Ending


async def test_completing_an_operation_ends_its_view(calendar: Calendar, served: Served) -> None:
    async with Socket.connected(served.ws_url, calendar.member.token) as ws:
        one, other = await calendar.watch(ws), await calendar.watch(ws)
        assert calendar.open_views == 2
        await one.complete()
        await until(lambda: calendar.open_views == 1)
        await ws.execute(BOOK, {"input": {"coachId": calendar.coach.id, "startsAt": NINE}})
        await other.next()
        await other.complete()
        await until(lambda: calendar.open_views == 0)
        assert await still_works(ws)


async def test_completing_what_is_not_there_changes_nothing(served: Served) -> None:
    async with Socket.connected(served.ws_url) as ws:
        await ws.send({"id": "nobody", "type": "complete"})
        assert await still_works(ws)


async def test_closing_the_socket_ends_its_views(calendar: Calendar, served: Served) -> None:
    async with Socket.connected(served.ws_url, calendar.member.token) as ws:
        await calendar.watch(ws)
    await until(lambda: calendar.open_views == 0)


async def test_a_client_that_vanishes_leaves_no_view_behind(calendar: Calendar, served: Served) -> None:
    async with Socket.connected(served.ws_url, calendar.member.token) as ws:
        view = await calendar.watch(ws)
        assert calendar.open_views == 1
        ws.connection.transport.abort()
        await until(lambda: calendar.open_views == 0)
        with pytest.raises(Closed):
            await view.next()


async def test_a_client_that_vanishes_while_it_subscribes_leaves_no_view_behind(
    calendar: Calendar, served: Served
) -> None:
    for _ in range(20):
        async with Socket.connected(served.ws_url, calendar.member.token) as ws:
            await ws.subscribe(VIEW, calendar.asked)
            ws.connection.transport.abort()
    await until(lambda: not served.server.server_state.tasks)
    assert calendar.open_views == 0


async def test_a_server_that_stops_says_so(calendar: Calendar) -> None:
    async with (
        start_serving(calendar.practice.application) as served,
        Socket.connected(served.ws_url, calendar.member.token) as viewing,
        Socket.connected(served.ws_url) as idle,
        Socket.opened(served.ws_url) as silent,
    ):
        view = await calendar.watch(viewing)
        async with asyncio.timeout(SECONDS):
            await served.stop()

        assert [await ws.closed() for ws in (viewing, idle, silent)] == [1001, 1001, 1001]
        with pytest.raises(Closed):
            await view.next()
    await until(lambda: calendar.open_views == 0)


async def test_a_server_process_that_is_terminated_says_so(settings: Settings) -> None:
    async with server_processes(settings) as (server,), Socket.connected(server.ws_url) as ws:
        assert await still_works(ws)
        ended = asyncio.create_task(server.terminate())

        assert await ws.closed() == 1001
        await ended
        assert "Traceback" not in server.log
