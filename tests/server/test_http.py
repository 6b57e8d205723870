"""Over HTTP: whatever is sent, the answer is JSON with a code, and what is refused costs nothing."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import structlog
from httpx2 import Response
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from websockets.exceptions import InvalidStatus

from app.platform.settings import Settings
from app.platform.tokens import AccessTokens
from app.server import PAGE, Application
from app.wire.asgi import BoundedBody
from tests.operations import LOG_IN
from tests.practice import Practice
from tests.server.serving import SECONDS, START_SECONDS, Served, Socket, start_serving

JSON = {"content-type": "application/json"}
WHO = "{ viewer { user { email } } }"
NAME = '{"query": "{ __typename }"%s}'
MOST_BYTES = 256 * 1_024


def refused(answer: Response, status: int, code: str) -> str:
    """The message of the only error; fails on anything but a refusal in the shape that GraphQL clients read."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), answer.text
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == code
    assert "Traceback" not in answer.text
    assert 'File "' not in answer.text
    return str(error["message"])


@asynccontextmanager
async def serving(settings: Settings, **changes: Any) -> AsyncIterator[Served]:
    """An application with other settings, that lives as long as its server."""
    application = Application(settings.model_copy(update=changes))
    async with start_serving(application, lifespan=True) as served:
        yield served


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


@contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """Every statement that the application sends while the block runs."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        sent.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


# Asking


async def test_a_query_is_answered_by_post_and_by_get(practice: Practice, served: Served) -> None:
    coach = await practice.coach()
    async with served.client(coach.token) as client:
        posted = await client.post("/graphql", json={"query": WHO, "variables": None, "operationName": None})
        got = await client.get("/graphql", params={"query": WHO, "variables": "{}"})

    for answer in (posted, got):
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json() == {"data": {"viewer": {"user": {"email": coach.user.email}}}}


async def test_get_changes_nothing(practice: Practice, served: Served) -> None:
    coach = await practice.coach()
    async with served.client(coach.token) as client:
        alone = await client.get("/graphql", params={"query": "mutation { logOut }"})
        named = {"query": "query A { __typename } mutation B { logOut }", "operationName": "B"}
        among_others = await client.get("/graphql", params=named)

    for answer in (alone, among_others):
        assert "not allowed when using GET" in refused(answer, 400, "BAD_REQUEST")


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
            refused(await client.post("/graphql", content=body, headers=headers), 400, "BAD_REQUEST")
        refused(await client.post("/graphql", content=b"query=a", headers={"content-type": form}), 400, "BAD_REQUEST")
        upload = await client.post("/graphql", data={"operations": "{}", "map": "{}"}, files={"0": b"x"})
        refused(upload, 400, "BAD_REQUEST")


async def test_other_methods_are_refused(served: Served) -> None:
    async with served.client() as client:
        for method in ("PUT", "PATCH", "DELETE", "TRACE"):
            refused(await client.request(method, "/graphql", content=b"{}"), 405, "BAD_REQUEST")
        assert (await client.head("/graphql")).status_code == 405


# The body's size and time


async def test_a_body_that_says_it_is_too_large_is_not_waited_for(served: Served) -> None:
    head = f"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {MOST_BYTES + 1}"

    status, headers, body = await exchange(served, f"{head}\r\n\r\n".encode())

    assert (status, headers["content-type"], headers["connection"]) == (413, "application/json", "close")
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_a_chunked_body_is_read_no_further_than_the_bound(served: Served) -> None:
    head = b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"

    status, headers, body = await exchange(served, head, *[chunk] * 4, b"1\r\n \r\n")

    assert (status, headers["content-type"], headers["connection"]) == (413, "application/json", "close")
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

    assert (status, headers["content-type"], headers["connection"]) == (408, "application/json", "close")
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


# Around it


async def test_a_harmless_request_id_is_taken_over(served: Served) -> None:
    harmless = ("12345678", "a.b_c-D8" * 8)
    harmful = ("short", "x" * 65, "with a space", 'quo"te-quote', "ünverständlich".encode("latin-1"), "semi;colon", "")
    async with served.client() as client:
        for given in harmless:
            answer = await client.post("/graphql", json={"query": WHO}, headers={"x-request-id": given})
            assert answer.headers["x-request-id"] == given
        made = set()
        for given in harmful:
            answer = await client.post("/graphql", json={"query": WHO}, headers={"x-request-id": given})
            made.add(answer.headers["x-request-id"])
        refusal = await client.post("/graphql", content=b"{", headers={"x-request-id": "12345678"})

    assert refusal.headers["x-request-id"] == "12345678"
    assert len(made) == len(harmful)
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in made)


async def test_only_listed_origins_read_the_answers(settings: Settings) -> None:
    ours, theirs = {"origin": "https://app.example.com"}, {"origin": "https://app.example.com.evil.example"}
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    async with serving(settings, allowed_origins=["https://app.example.com"]) as served, served.client() as client:
        read = await client.post("/graphql", json={"query": WHO}, headers=ours)
        refusal = await client.post("/graphql", json={"query": WHO}, headers={**ours, "authorization": "Bearer x"})
        unread = await client.post("/graphql", json={"query": WHO}, headers=theirs)
        allowed = await client.options("/graphql", headers={**ours, **ask})
        not_allowed = await client.options("/graphql", headers={**theirs, **ask})

    for answer in (read, refusal, allowed):
        assert answer.headers["access-control-allow-origin"] == ours["origin"]
        assert "access-control-allow-credentials" not in answer.headers
    assert allowed.status_code == 200
    assert "POST" in allowed.headers["access-control-allow-methods"]
    assert not_allowed.status_code == 400
    for answer in (unread, not_allowed):
        assert "access-control-allow-origin" not in answer.headers


async def test_without_a_list_no_other_origin_reads_the_answers(served: Served) -> None:
    async with served.client(origin="https://app.example.com") as client:
        answer = await client.post("/graphql", json={"query": WHO})

    assert "access-control-allow-origin" not in answer.headers


async def test_only_listed_hosts_are_answered(settings: Settings) -> None:
    async with serving(settings, allowed_hosts=["api.example.com", "*.example.org"]) as served:
        async with served.client() as client:
            for host in ("api.example.com", "api.example.com:8000", "API.example.com", "a.example.org"):
                assert (await client.get("/healthz", headers={"host": host})).status_code == 200, host
            for host in ("evil.example", "api.example.com.evil.example", "127.0.0.1", "example.org", ""):
                answer = await client.post("/graphql", json={"query": WHO}, headers={"host": host})
                assert answer.status_code == 400, host
                assert "data" not in answer.text
        with pytest.raises(InvalidStatus) as refusal:
            async with Socket.opened(f"ws://evil.example:{served.port}/graphql", host="127.0.0.1"):
                pass
    assert refusal.value.response.status_code == 400


async def test_alive_and_ready(served: Served) -> None:
    async with served.client() as client:
        alive, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()["status"], ready.json()["redis"]) == (200, "ready", "ok")


async def test_ready_without_redis_and_says_so(settings: Settings, tmp_path: Path) -> None:
    away = f"unix://{tmp_path}/nobody-listens.sock"
    async with serving(settings, redis_url=away) as served, served.client() as client:
        answer = await client.get("/readyz")
        asked = await client.post("/graphql", json={"query": WHO})

    assert (answer.status_code, answer.json()["status"], answer.json()["redis"]) == (200, "degraded", "away")
    assert answer.json()["database"] == "ok"
    assert asked.json() == {"data": {"viewer": None}}


async def test_not_ready_without_the_database(settings: Settings) -> None:
    away = {"database_url": "postgresql+asyncpg://secret-user:secret-word@127.0.0.1:1/none", "database_owner_url": ""}
    async with serving(settings, **away) as served, served.client() as client:
        alive, ready = await client.get("/healthz"), await client.get("/readyz")
        with structlog.testing.capture_logs():
            asked = await client.post("/graphql", json={"query": "{ coaches { edges { cursor } } }"})

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["status"], ready.json()["database"]) == (503, "unready", "away")
    assert asked.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert not any("secret" in answer.text for answer in (ready, asked))


# The page


@pytest.mark.parametrize("demo", [False, True], ids=["without demo", "with demo"])
async def test_a_browser_gets_the_page(settings: Settings, demo: bool) -> None:
    async with serving(settings, demo=demo) as served, served.client(accept="text/html") as client:
        page = await client.get("/graphql")
        root = await client.get("/")
        referred = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        loaded = [await client.get(urljoin("/graphql", path)) for path in referred]

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert re.findall(r"<script[^>]*>[^<]", page.text) == []  # the policy allows none that is written in the page
    assert "%DEMO%" not in page.text
    assert f'content="{"on" if demo else "off"}"' in page.text
    assert (root.status_code, root.headers["location"]) == (307, "/graphql")
    assert len(referred) >= 3
    assert [answer.status_code for answer in loaded] == [200] * len(referred)


async def test_every_asset_of_the_page_has_its_type(served: Served) -> None:
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".ttf": "font/ttf"}
    assets = sorted((PAGE / "assets").iterdir())
    async with served.client() as client:
        for asset in assets:
            answer = await client.get(f"/graphql/assets/{asset.name}")

            assert answer.status_code == 200
            assert answer.headers["content-type"].partition(";")[0] == types[asset.suffix], asset.name
            assert answer.content == asset.read_bytes()
        for path in ("/graphql/assets/nothing.js", "/graphql/assets/..%2findex.html", "/graphql/assets/%00"):
            assert (await client.get(path)).status_code == 404

    assert len(assets) > 10


# Too much


def nested(levels: int) -> str:
    """A document of valid fields, so many levels deep."""
    opening = ["coaches(first: 1)", "edges", "node", *("availabilityWindows", "coach") * levels][: levels - 1]
    return " { ".join(["", *opening, "__typename id"]) + " }" * levels


FIRST = "query ($first: Int) { coaches(first: $first) { edges { cursor } } }"
TOO_MUCH = {
    "depth": (nested(13), {}),
    "cost": ("{ coaches(first: 100) { edges { node { " + "id bio " * 25 + "} } } }", {}),
    "cost by fragments": (
        "{ coaches(first: 100) { edges { node { ...A ...A } } } } fragment A on Coach { ...B ...B }"
        " fragment B on Coach { ...C ...C } fragment C on Coach { ...D ...D } fragment D on Coach { bio id status }",
        {},
    ),
    "tokens": ("{ " + "__typename " * 2_000 + "}", {}),
    "length": ("{ __typename } #" + "x" * 70_000, {}),
    "aliases": ("{ " + " ".join(f"a{number}: __typename" for number in range(101)) + " }", {}),
    "first is none": (FIRST, {"first": 0}),
    "first is negative": (FIRST, {"first": -1}),
    "first is large": (FIRST, {"first": 101}),
    "first is no int": (FIRST, {"first": 2**31}),
    "first is written out": ("{ coaches(first: 1000000) { edges { cursor } } }", {}),
    "first by default": ("query ($first: Int = 101) { coaches(first: $first) { edges { cursor } } }", {}),
    "first in another operation": ("query A { coaches(first: 101) { edges { cursor } } } query B { __typename }", {}),
    "nodes": ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["x"] * 5_001}),
}


async def test_what_asks_for_too_much_is_refused_before_any_statement(practice: Practice, served: Served) -> None:
    admin = await practice.admin()
    async with served.client(admin.token) as client:
        for what, (query, variables) in TOO_MUCH.items():
            with statements(practice.application.database.engine) as sent:
                answer = await client.post("/graphql", json={"query": query, "variables": variables})

            expected = "BAD_USER_INPUT" if what.startswith("first") else "QUERY_TOO_COMPLEX"
            errors = answer.json()["errors"]
            assert [error["extensions"]["code"] for error in errors] == [expected], what
            assert answer.json().get("data") is None
            assert sent == [], what


async def test_what_is_just_within_the_limits_is_answered(practice: Practice, served: Served) -> None:
    admin = await practice.admin()
    await practice.coach()
    within = [(nested(12), {}), (FIRST, {"first": 1}), (FIRST, {"first": 100}), (FIRST, {"first": None})]
    async with served.client(admin.token) as client:
        for query, variables in within:
            with statements(practice.application.database.engine) as sent:
                answer = await client.post("/graphql", json={"query": query, "variables": variables})

            assert "errors" not in answer.json(), answer.text
            assert len(answer.json()["data"]["coaches"]["edges"]) >= 1
            assert len(sent) > 1


async def test_a_bad_document_is_answered_with_few_and_short_errors(served: Served) -> None:
    unknown = "{ " + " ".join(f"unknown{number}" for number in range(100)) + " }"
    long = {"query": "query ($a: Int) { coaches(first: $a) { edges { cursor } } }", "variables": {"a": "x" * 200_000}}
    async with served.client() as client:
        many = await client.post("/graphql", json={"query": unknown})
        quoted = await client.post("/graphql", json=long)

    assert 1 <= len(many.json()["errors"]) <= 5
    assert {error["extensions"]["code"] for error in many.json()["errors"]} <= {"BAD_USER_INPUT", "QUERY_TOO_COMPLEX"}
    assert quoted.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert len(many.content) + len(quoted.content) < 4_000


# What went wrong on our side

FAIL = """
import structlog
from app.platform.logs import configure_logs
configure_logs("{log_format}")
def fail(password):
    raise RuntimeError("broken")
try:
    fail("".join(reversed("drow terces")))
except RuntimeError as failure:
    structlog.get_logger("app").error("operation failed", exc_info=failure)
"""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_the_log_of_a_failure_shows_no_values(root: Path, log_format: str) -> None:
    program = [sys.executable, "-c", FAIL.format(log_format=log_format)]

    log = subprocess.run(program, cwd=root, capture_output=True, text=True, timeout=START_SECONDS, check=True).stderr

    assert "RuntimeError" in log
    assert "secret word" not in log


async def test_a_failure_is_masked_and_numbered(
    practice: Practice, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object, **kwargs: object) -> None:
        try:
            raise KeyError("secret word")
        except KeyError as cause:
            raise RuntimeError("secret word") from cause

    monkeypatch.setattr("app.services.coaches.list_coaches", broken)
    monkeypatch.setattr("app.services.identity.log_in", broken)
    coach = await practice.coach()
    log_in = {"query": LOG_IN, "variables": {"input": {"email": "a@example.com", "password": "not the one"}}}
    async with served.client(coach.token) as client:
        for asked in ({"query": "{ coaches { edges { cursor } } }"}, log_in):
            with structlog.testing.capture_logs() as lines:
                answer = await client.post("/graphql", json=asked)

            (error,) = answer.json()["errors"]
            assert error["extensions"]["code"] == "INTERNAL"
            assert (answer.status_code, answer.json()["data"]) == (200, None)
            assert b"secret word" not in answer.content + str(answer.headers).encode()
            assert b"RuntimeError" not in answer.content
            (line,) = (line for line in lines if line["log_level"] == "error")
            assert line["error_id"] == error["extensions"]["id"]


async def test_a_failure_beside_a_success_takes_nothing_with_it(
    practice: Practice, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret word")

    monkeypatch.setattr("app.services.coaches.access_coach", broken)
    coach = await practice.coach()
    async with served.client(coach.token) as client:
        query = "query ($id: ID!) { viewer { user { email } } coach(id: $id) { id } }"
        with structlog.testing.capture_logs():
            answer = await client.post("/graphql", json={"query": query, "variables": {"id": coach.id}})

    assert answer.json()["data"] == {"viewer": {"user": {"email": coach.user.email}}, "coach": None}
    assert [error["path"] for error in answer.json()["errors"]] == [["coach"]]
    assert b"secret word" not in answer.content


async def test_a_failure_before_graphql_is_masked_too(
    practice: Practice, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(connection: object) -> None:
        raise RuntimeError("secret word")

    monkeypatch.setattr(practice.application.view, "_make_context", broken)
    async with served.client() as client:
        answer = await client.post("/graphql", json={"query": WHO})

    assert answer.status_code == 500
    assert b"secret word" not in answer.content + str(answer.headers).encode()
    assert b"Traceback" not in answer.content
