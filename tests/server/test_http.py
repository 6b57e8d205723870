"""Over HTTP: whatever is sent, the answer is JSON with a code, and what is refused costs nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from httpx2 import Response
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.platform.tokens import AccessTokens
from app.wire.asgi import BoundedBody
from tests.practice import Practice
from tests.server.serving import SECONDS, WHO, Served, start_serving

JSON = {"content-type": "application/json"}
TYPE = "application/json; charset=utf-8"
NAME = '{"query": "{ __typename }"%s}'
MOST_BYTES = 256 * 1_024


def refused(answer: Response, status: int, code: str) -> str:
    """The message of the only error; fails on anything but a refusal in the shape that GraphQL clients read."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, TYPE), answer.text
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == code
    assert "Traceback" not in answer.text
    assert 'File "' not in answer.text
    return str(error["message"])


async def exchange(served: Served, *sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """What comes back for these very bytes, read until the server hangs up or all of the body is there."""
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        try:
            for part in sent:
                writer.write(part)
                await writer.drain()
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers["content-length"]))
        finally:
            writer.close()
            await writer.wait_closed()
    return int(first.split()[1]), headers, body


# Asking


async def test_a_query_is_answered_by_post_and_by_get(practice: Practice, served: Served) -> None:
    coach = await practice.coach()
    async with served.client(coach.token) as client:
        posted = await client.post("/graphql", json={"query": WHO, "variables": None, "operationName": None})
        got = await client.get("/graphql", params={"query": WHO, "variables": "{}"})

    for answer in (posted, got):
        assert (answer.status_code, answer.headers["content-type"]) == (200, TYPE)
        assert answer.json() == {"data": {"viewer": {"user": {"email": coach.user.email}}}}


async def test_get_changes_nothing(practice: Practice, served: Served) -> None:
    coach = await practice.coach()
    async with served.client(coach.token) as client:
        alone = await client.get("/graphql", params={"query": "mutation { logOut }"})
        named = {"query": "query A { __typename } mutation B { logOut }", "operationName": "B"}
        among_others = await client.get("/graphql", params=named)

    for answer in (alone, among_others):
        assert "not allowed when using GET" in refused(answer, 405, "METHOD_NOT_ALLOWED")
        assert answer.headers["allow"] == "POST"


async def test_of_several_operations_one_must_be_named(served: Served) -> None:
    async with served.client() as client:
        several = "query A { a: __typename } query B { b: __typename }"
        named = await client.post("/graphql", json={"query": several, "operationName": "B"})
        unnamed = await client.post("/graphql", json={"query": several})

    assert named.json() == {"data": {"b": "Query"}}
    assert unnamed.json().get("data") is None
    assert "errors" in unnamed.json()


BAD_BODIES = {
    "nothing": b"",
    "half of it": b'{"query": "{ __typename }"',
    "two of it": b'{"query": "{ __typename }"}' * 2,
    "not a number": (NAME % ', "variables": {"a": NaN}').encode(),
    "a number of 5,000 digits": (NAME % (', "variables": {"a": %s}' % ("9" * 5_000))).encode(),
    "invalid UTF-8": b'{"query": "{ __typename }", "operationName": "\xff"}',
    "UTF-16": (NAME % "").encode("utf-16"),
    "half a surrogate pair": (NAME % ', "variables": {"a": "\\ud800"}').encode(),
    "an array": b'[{"query": "{ __typename }"}]',
    "a number": b"5",
    "a string": b'"{ __typename }"',
    "null": b"null",
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "deep and complete": b'{"query":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "no query": b"{}",
    "query is null": b'{"query": null}',
    "query is empty": b'{"query": ""}',
    "query is a number": b'{"query": 5}',
    "query is an array": b'{"query": ["{ __typename }"]}',
    "operationName is a number": (NAME % ', "operationName": 5').encode(),
    "operationName is nought": (NAME % ', "operationName": 0').encode(),
    "operationName is false": (NAME % ', "operationName": false').encode(),
    "operationName is an array": (NAME % ', "operationName": ["A"]').encode(),
    "operationName is an empty object": (NAME % ', "operationName": {}').encode(),
    "operationName is of no operation": (NAME % ', "operationName": "A"').encode(),
    "variables are a number": (NAME % ', "variables": 5').encode(),
    "variables are nought": (NAME % ', "variables": 0').encode(),
    "variables are an array": (NAME % ', "variables": []').encode(),
    "variables are a string": (NAME % ', "variables": "{}"').encode(),
    "extensions are a number": (NAME % ', "extensions": 5').encode(),
    "only a fragment": b'{"query": "fragment A on Query { __typename }"}',
}


async def test_a_bad_body_is_refused_with_a_code(served: Served) -> None:
    async with served.client() as client:
        for what, body in BAD_BODIES.items():
            answer = await client.post("/graphql", content=body, headers=JSON)

            assert refused(answer, 400, "BAD_REQUEST"), what
        assert (await client.post("/graphql", content=(NAME % "").encode(), headers=JSON)).status_code == 200


async def test_deep_variables_are_refused_where_they_are_read(served: Served) -> None:
    text = "query ($a: String) { coaches(filter: {search: $a}) { edges { cursor } } }"
    form = "mutation ($a: LogInInput!) { logIn(input: $a) { __typename } }"
    async with served.client() as client:
        for query, value in ((text, "[" * 900 + "]" * 900), (form, '{"email":' * 900 + "1" + "}" * 900)):
            body = f'{{"query": "{query}", "variables": {{"a": {value}}}}}'
            answer = await client.post("/graphql", content=body.encode(), headers=JSON)

            assert answer.status_code == 200
            assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"BAD_USER_INPUT"}


async def test_bad_parameters_are_refused_with_a_code(served: Served) -> None:
    bad: list[dict[str, str]] = [
        {"query": ""},
        {"query": "{ __typename }", "variables": "{"},
        {"query": "{ __typename }", "variables": "[]"},
        {"query": "{ __typename }", "variables": "5"},
        {"query": "{ __typename }", "extensions": "5"},
        {"query": "{ __typename }", "operationName": "A"},
        {"variables": "{}"},
    ]
    async with served.client(accept="application/json") as client:
        for parameters in bad:
            refused(await client.get("/graphql", params=parameters), 400, "BAD_REQUEST")
        refused(await client.get("/graphql?query={__typename}&variables=%ff%fe"), 400, "BAD_REQUEST")


async def test_only_json_is_read(served: Served) -> None:
    body = (NAME % "").encode()
    form = "application/x-www-form-urlencoded"
    async with served.client() as client:
        for kind in ("text/plain", form, "multipart/form-data; boundary=x", "application/graphql", ";;;=", None):
            headers = {"content-type": kind} if kind else {}
            refused(await client.post("/graphql", content=body, headers=headers), 415, "UNSUPPORTED_MEDIA_TYPE")
        refused(
            await client.post("/graphql", content=b"query=a", headers={"content-type": form}),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        )
        upload = await client.post("/graphql", data={"operations": "{}", "map": "{}"}, files={"0": b"x"})
        refused(upload, 415, "UNSUPPORTED_MEDIA_TYPE")


async def test_other_methods_are_refused(served: Served) -> None:
    async with served.client() as client:
        for method in ("PUT", "PATCH", "DELETE", "TRACE"):
            refused(await client.request(method, "/graphql", content=b"{}"), 405, "METHOD_NOT_ALLOWED")
        assert (await client.head("/graphql")).status_code == 405


# The body's size and time


async def test_a_body_that_says_it_is_too_large_is_not_waited_for(served: Served) -> None:
    head = f"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {MOST_BYTES + 1}"

    status, headers, body = await exchange(served, f"{head}\r\n\r\n".encode())

    assert (status, headers["content-type"], headers["connection"]) == (413, TYPE, "close")
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_a_chunked_body_is_read_no_further_than_the_bound(served: Served) -> None:
    head = b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"

    status, headers, body = await exchange(served, head, *[chunk] * 4, b"1\r\n \r\n")

    assert (status, headers["content-type"], headers["connection"]) == (413, TYPE, "close")
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_a_body_of_just_the_largest_size_is_read(served: Served) -> None:
    body = (NAME % "").encode().ljust(MOST_BYTES)
    async with served.client() as client:
        assert (await client.post("/graphql", content=body, headers=JSON)).json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("is_chunked", [False, True], ids=["declared", "chunked"])
async def test_a_client_that_sends_all_before_it_reads_learns_why_it_was_refused(
    served: Served, is_chunked: bool
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(512):
            yield b" " * 1_024

    async with served.client() as client:
        answer = await client.post("/graphql", content=chunks() if is_chunked else b" " * 512 * 1_024, headers=JSON)

    refused(answer, 413, "PAYLOAD_TOO_LARGE")


@asynccontextmanager
async def impatient(seconds: float) -> AsyncIterator[Served]:
    async def size(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    app = Starlette(routes=[Route("/", size, methods=["POST"])])
    async with start_serving(BoundedBody(app, seconds=seconds)) as served:
        yield served


async def test_a_body_that_stops_on_its_way_is_not_waited_for() -> None:
    async with impatient(0.1) as served:
        half = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n12345"
        status, headers, body = await exchange(served, half)

    assert (status, headers["content-type"], headers["connection"]) == (408, TYPE, "close")
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "REQUEST_TIMEOUT"


async def test_a_body_that_trickles_is_given_no_more_time_than_one_that_stops() -> None:
    async with impatient(0.2) as served, asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n")
        answer = asyncio.create_task(reader.readline())
        while not answer.done():
            writer.write(b" ")
            await asyncio.wait([answer], timeout=0.02)
        writer.close()

        assert (await answer).split()[1] == b"408"


async def test_a_body_that_comes_in_time_is_passed_on() -> None:
    async with impatient(SECONDS) as served, served.client() as client:
        assert (await client.post("/", content=b"12345")).text == "5"


# Who asks


async def test_a_token_that_is_no_good_is_refused(practice: Practice, served: Served) -> None:
    coach = await practice.coach()
    head, claims, signature = coach.token.split(".")
    foreign = AccessTokens("another key, of other people than us", timedelta(minutes=15))
    forged, _ = foreign.issue({"sub": str(coach.user.id), "role": "ADMIN", "perms": []}, practice.clock())
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    tokens = ["x", "a.b.c", f"{head}.{claims}.", f"{head}.{claims}.{signature[::-1]}", f"{none}.{claims}.", forged]
    headers: list[str | bytes] = [f"Bearer {token}" for token in tokens]
    headers += ["Bearer", "Basic Y29hY2g6cGFzc3dvcmQ=", coach.token, b"Bearer \xff\xfe", "Bearer " + "x" * 8_000]
    async with served.client() as client:
        for header in headers:
            answer = await client.post("/graphql", json={"query": WHO}, headers={"authorization": header})
            refused(answer, 401, "UNAUTHENTICATED")
        assert (await client.post("/graphql", json={"query": WHO})).json() == {"data": {"viewer": None}}


async def test_a_token_is_good_until_it_expires(practice: Practice, served: Served) -> None:
    coach = await practice.coach()
    async with served.client(coach.token) as client:
        practice.clock.move(minutes=15, seconds=-1)
        in_time = await client.post("/graphql", json={"query": WHO})
        practice.clock.move(seconds=1)
        too_late = await client.post("/graphql", json={"query": WHO})

    assert in_time.json()["data"]["viewer"]["user"]["email"] == coach.user.email
    refused(too_late, 401, "UNAUTHENTICATED")
