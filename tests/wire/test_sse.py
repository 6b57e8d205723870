"""GraphQL over Server-Sent Events: who gets events, what they look like, and when they end."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from httpx2 import AsyncClient, Response
from starlette.types import Message

from app.wire.http.accept import accepted
from app.wire.http.request import Exchange
from app.wire.http.sse import Events
from app.wire.http.stream import Results, StreamedAnswer
from tests.wire.http_world import House, make_view, serving

EVENTS = {"accept": "text/event-stream"}
EVERYTHING = {  # what urql lists with each query
    "accept": "application/graphql-response+json, application/graphql+json, application/json,"
    " text/event-stream, multipart/mixed"
}
SECONDS = 5.0
COMPLETE = "event: complete\ndata:\n\n"


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def client(house: House) -> AsyncIterator[AsyncClient]:
    async with serving(house) as served, served.client() as client:
        yield client


def next_of(payload: object) -> str:
    return f"event: next\ndata: {json.dumps(payload, separators=(',', ':'))}\n\n"


async def ask(client: AsyncClient, query: str, headers: dict[str, str] = EVENTS, **more: Any) -> Response:
    return await client.post("/", json={"query": query, **more}, headers=headers)


# Who gets events


async def test_a_subscription_is_a_row_of_events_with_an_end(client: AsyncClient) -> None:
    query = "subscription ($to: Int!) { count(to: $to) }"
    posted = await ask(client, query, variables={"to": 2})
    got = await client.get("/", params={"query": query, "variables": '{"to": 2}'}, headers=EVENTS)

    for answer in (posted, got):
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-cache", "no")
        assert answer.text == next_of({"data": {"count": 0}}) + next_of({"data": {"count": 1}}) + COMPLETE


async def test_whoever_prefers_events_gets_queries_and_mutations_as_events(client: AsyncClient, house: House) -> None:
    house.may_go_on.set()
    for accept in ("text/event-stream", "text/event-stream, */*;q=0.1", "application/json;q=0.5, text/event-stream"):
        answer = await ask(client, "{ hello }", {"accept": accept})
        assert answer.text == next_of({"data": {"hello": "Hello, you"}}) + COMPLETE
    changed = await ask(client, 'mutation { write(word: "a") }')

    assert changed.text == next_of({"data": {"write": "a"}}) + COMPLETE
    assert house.written == ["a"]


@pytest.mark.parametrize(
    "accept", [EVERYTHING["accept"], "text/event-stream, application/json", "text/event-stream;q=0.9, */*"]
)
async def test_whoever_merely_lists_events_gets_json_for_a_query(client: AsyncClient, accept: str) -> None:
    for query in ("{ hello }", "{ hello(name: $none) }", "query { hello } # subscription, @defer, @stream"):
        assert "json" in (await ask(client, query, {"accept": accept})).headers["content-type"]


async def test_whoever_lists_events_gets_them_for_a_subscription(client: AsyncClient) -> None:
    two = "query A { hello } subscription B { count(to: 1) }"
    query = await ask(client, two, EVERYTHING, operationName="A")
    subscription = await ask(client, two, EVERYTHING, operationName="B")
    unknown = await ask(client, two, EVERYTHING, operationName="C")
    wrong = await ask(client, "subscription { nothing }", EVERYTHING)

    assert query.json() == {"data": {"hello": "Hello, you"}}
    assert subscription.text == next_of({"data": {"count": 0}}) + COMPLETE
    assert (unknown.status_code, wrong.status_code) == (400, 400)


# What has gone wrong


@pytest.mark.parametrize(
    ("query", "more", "code"),
    [
        ("{", {}, "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", {}, "BAD_USER_INPUT"),
        ("subscription ($a: Int!) { count(to: $a) }", {"variables": {"a": "x"}}, "BAD_USER_INPUT"),
        ("{ hello }", {"operationName": "A"}, "BAD_REQUEST"),
    ],
)
async def test_a_wrong_document_is_an_event_too(
    client: AsyncClient, query: str, more: dict[str, Any], code: str
) -> None:
    answer = await ask(client, query, **more)

    event, end = answer.text.split("\n\n", 1)
    assert (answer.status_code, end) == (200, COMPLETE)
    payload = json.loads(event.removeprefix("event: next\ndata: "))
    assert payload.keys() == {"errors"}
    assert [error["extensions"]["code"] for error in payload["errors"]] == [code]


async def test_what_is_no_request_is_refused_by_its_status(client: AsyncClient) -> None:
    answers = [
        (await client.post("/", content=b"{", headers=EVENTS | {"content-type": "application/json"}), 400),
        (await client.post("/", content=b"{}", headers=EVENTS | {"content-type": "text/plain"}), 415),
        (await ask(client, "{ hello }", EVENTS | {"authorization": "Bearer x"}), 401),
    ]
    for answer, status in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json; charset=utf-8")


async def test_a_failure_in_the_course_of_it_is_masked_and_ends_it(client: AsyncClient) -> None:
    with structlog.testing.capture_logs():
        answer = await ask(client, "subscription { failing }")

    first, second, end = answer.text.split("\n\n", 2)
    assert (first + "\n\n", end) == (next_of({"data": {"failing": "first"}}), COMPLETE)
    assert "INTERNAL" in second
    assert "secret word" not in answer.text


# While it lasts


async def test_each_event_comes_when_it_happens(client: AsyncClient, house: House) -> None:
    async with (
        asyncio.timeout(SECONDS),
        client.stream("GET", "/?query=subscription{forever}", headers=EVENTS) as answer,
    ):
        chunks = answer.aiter_text()
        assert await anext(chunks) == next_of({"data": {"forever": "first"}})
        house.may_go_on.set()
        assert await anext(chunks) == next_of({"data": {"forever": "second"}})


async def test_a_client_that_leaves_ends_the_subscription(client: AsyncClient, house: House) -> None:
    async with asyncio.timeout(SECONDS):
        async with client.stream("GET", "/?query=subscription{forever}", headers=EVENTS) as answer:
            await anext(answer.aiter_text())
        await house.has_ended.wait()


async def test_a_client_that_leaves_before_the_answer_ends_a_query_and_no_mutation(house: House) -> None:
    for query, is_done in (("{ deep { slow } }", False), ('mutation { write(word: "a") }', True)):
        house.__init__()  # type: ignore[misc]
        async with asyncio.timeout(SECONDS), serving(house) as served:
            async with served.client() as client:
                asking = asyncio.create_task(ask(client, query))
                await house.has_started.wait()
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
            if is_done:
                await asyncio.sleep(0.05)
                assert not house.has_ended.is_set()
                house.may_go_on.set()
            await house.has_ended.wait()

        assert house.written == (["a"] if is_done else [])


class Connection:
    """An ASGI connection in memory, whose client may stop reading."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Message] = asyncio.Queue()
        self.reads = asyncio.Event()
        self.reads.set()
        self.leaves = asyncio.Event()

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        self.sent.put_nowait(message)

    async def receive(self) -> Message:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    def exchange(self) -> Exchange:
        scope = {"type": "http", "method": "POST", "headers": []}
        return Exchange(scope, self.receive, self.send, accepted(b"text/event-stream"), frozenset(), ())

    async def body(self) -> bytes:
        while (message := await self.sent.get())["type"] != "http.response.body":
            pass
        return bytes(message["body"])


class Source:
    """Results that are endless, and know whether somebody wants more of them."""

    def __init__(self) -> None:
        self.is_closed = False

    async def results(self) -> Results:
        try:
            await asyncio.Event().wait()
            yield None
        finally:
            self.is_closed = True


async def test_a_comment_says_that_the_connection_lives() -> None:
    connection, source = Connection(), Source()
    answer = StreamedAnswer(connection.exchange(), heartbeat_seconds=0.01)
    giving = asyncio.create_task(answer.give(source.results(), Events()))
    async with asyncio.timeout(SECONDS):
        assert [await connection.body() for _ in range(3)] == [b":\n\n"] * 3
        connection.leaves.set()
        await giving

    assert source.is_closed


async def test_a_client_that_stops_reading_ends_it_even_if_there_is_nothing_to_say() -> None:
    connection, source = Connection(), Source()
    answer = StreamedAnswer(connection.exchange(), heartbeat_seconds=0.01, send_seconds=0.05)
    with structlog.testing.capture_logs() as lines:
        async with asyncio.timeout(SECONDS):
            giving = asyncio.create_task(answer.give(source.results(), Events()))
            await connection.body()
            connection.reads.clear()
            await giving

    assert source.is_closed
    assert [line["event"] for line in lines] == ["a client stopped reading its answer"]


async def test_a_server_that_stops_closes_what_it_streams(house: House) -> None:
    connection = Connection()
    view = make_view(house)
    scope = {"type": "http", "method": "GET", "query_string": b"query=subscription{forever}",
             "headers": [(b"accept", b"text/event-stream")]}  # fmt: skip
    call = asyncio.create_task(view(scope, connection.receive, connection.send))
    async with asyncio.timeout(SECONDS):
        await house.has_started.wait()
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)

    assert house.has_ended.is_set()
    assert call.cancelled()
