"""Answers in parts: what is deferred comes later, to whoever can read that, and subscriptions as Apollo has them."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from httpx2 import AsyncClient, Response

from tests.wire.http_world import House, serving

PARTS = {"accept": "multipart/mixed;incrementalSpec=v0.2, application/graphql-response+json, application/json;q=0.9"}
JSON = {"accept": "application/graphql-response+json"}
SUBSCRIPTION = {
    "accept": "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,"
    " application/graphql-response+json, application/json;q=0.9"
}
DEFERRED = '{ deep { fast ... @defer(label: "later") { slow } } }'
SECONDS = 5.0


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def client(house: House) -> AsyncIterator[AsyncClient]:
    async with serving(house) as served, served.client() as client:
        yield client


async def ask(client: AsyncClient, query: str, headers: dict[str, str] = PARTS, **more: Any) -> Response:
    return await client.post("/", json={"query": query, **more}, headers=headers)


def parts_of(answer: Response, boundary: str = "-") -> list[dict[str, Any]]:
    """The payloads of all parts; fails on anything but CRLF framing with an end."""
    assert answer.status_code == 200
    before, *parts, end = answer.text.split(f"--{boundary}")
    assert (before.strip(), end) == ("", "--\r\n")
    payloads = []
    for part in parts:
        head, body = part.split("\r\n\r\n", 1)
        assert head == "\r\ncontent-type: application/json; charset=utf-8"
        assert body.endswith("\r\n")
        payloads.append(json.loads(body))
    return payloads


async def test_what_is_deferred_comes_in_a_part_of_its_own(client: AsyncClient, house: House) -> None:
    house.may_go_on.set()
    answer = await ask(client, DEFERRED)

    first, second = parts_of(answer)
    assert answer.headers["content-type"] == 'multipart/mixed; boundary="-"'
    assert first == {
        "data": {"deep": {"fast": "there"}},
        "pending": [{"id": "0", "path": ["deep"], "label": "later"}],
        "hasNext": True,
    }
    assert second == {
        "incremental": [{"id": "0", "data": {"slow": "arrived"}, "path": ["deep"], "label": "later"}],
        "completed": [{"id": "0"}],
        "hasNext": False,
    }


async def test_the_first_part_does_not_wait_for_the_second(client: AsyncClient, house: House) -> None:
    body = {"query": DEFERRED}
    async with asyncio.timeout(SECONDS), client.stream("POST", "/", json=body, headers=PARTS) as answer:
        chunks = answer.aiter_text()
        come = ""
        while "\r\n---" not in come:
            come += await anext(chunks)
        assert '"fast":"there"' in come
        assert "arrived" not in come
        house.may_go_on.set()
        assert "arrived" in "".join([chunk async for chunk in chunks])


async def test_a_list_is_streamed_with_the_place_of_what_comes(client: AsyncClient) -> None:
    answer = await ask(client, "{ numbers @stream(initialCount: 1) }")

    first, *rest = parts_of(answer)
    pieces = [piece for part in rest for piece in part.get("incremental", ())]
    assert first["data"] == {"numbers": [1]}
    assert [number for piece in pieces for number in piece["items"]] == [2, 3]
    assert pieces[0]["path"] == ["numbers", 1]
    assert rest[-1]["hasNext"] is False


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/json, text/event-stream"])
async def test_whoever_cannot_read_parts_gets_all_at_once(client: AsyncClient, house: House, accept: str) -> None:
    house.may_go_on.set()
    answer = await ask(client, DEFERRED, {"accept": accept})

    assert answer.json() == {"data": {"deep": {"fast": "there", "slow": "arrived"}}}


async def test_whoever_lists_parts_gets_json_for_what_is_not_deferred(client: AsyncClient) -> None:
    for query in ("{ hello }", "{ hello } # @defer", "{ hello ... @defer(if: false) { numbers } }"):
        answer = await ask(client, query)

        assert answer.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
        assert answer.json()["data"]["hello"] == "Hello, you"


async def test_whoever_reads_nothing_but_parts_gets_one(client: AsyncClient) -> None:
    assert parts_of(await ask(client, "{ hello }", {"accept": "multipart/mixed"})) == [
        {"data": {"hello": "Hello, you"}, "hasNext": False}
    ]


async def test_a_wrong_document_is_refused_by_its_status(client: AsyncClient) -> None:
    answer = await ask(client, "{ nothing ... @defer { hello } }")

    assert (answer.status_code, answer.json().keys()) == (400, {"errors"})


async def test_a_failure_in_a_piece_is_masked(client: AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await ask(client, "{ deep { fast ... @defer { broken } } }")

    assert "INTERNAL" in json.dumps(parts_of(answer)[-1]["completed"])
    assert "secret word" not in answer.text
    assert len([line for line in lines if line["log_level"] == "error"]) == 1


async def test_a_client_that_leaves_stops_what_is_deferred(client: AsyncClient, house: House) -> None:
    async with asyncio.timeout(SECONDS):
        async with client.stream("POST", "/", json={"query": DEFERRED}, headers=PARTS) as answer:
            await anext(answer.aiter_text())
            await house.has_started.wait()
        await house.has_ended.wait()


# Subscriptions


async def test_a_subscription_comes_as_payloads(client: AsyncClient) -> None:
    answer = await ask(client, "subscription { count(to: 2) }", SUBSCRIPTION)

    assert answer.headers["content-type"] == 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"'
    assert parts_of(answer, "graphql") == [{"payload": {"data": {"count": 0}}}, {"payload": {"data": {"count": 1}}}]


async def test_a_query_of_the_same_client_comes_as_json(client: AsyncClient) -> None:
    assert (await ask(client, "{ hello }", SUBSCRIPTION)).json() == {"data": {"hello": "Hello, you"}}


async def test_parts_of_another_kind_are_no_way_to_subscribe(client: AsyncClient) -> None:
    assert (await ask(client, "subscription { count(to: 2) }", PARTS)).status_code == 406
    assert (await ask(client, "subscription { count(to: 2) }", JSON)).status_code == 406
