"""What HTTP says of an answer: its media type by `Accept`, its status by what became of the request."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from httpx2 import AsyncClient, Response

from app.wire.http.status import STATUS
from tests.wire.http_world import House, serving

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    house = House()
    house.may_go_on.set()
    async with serving(house) as served, served.client() as client:
        yield client


async def ask(client: AsyncClient, query: str, accept: str = GRAPHQL, **more: Any) -> Response:
    return await client.post("/", json={"query": query, **more}, headers={"accept": accept})


def code_of(answer: Response) -> str:
    (error,) = answer.json()["errors"]
    return str(error["extensions"]["code"])


# Which media type


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        ("Application/GraphQL-Response+JSON", GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"*/*, {GRAPHQL}", GRAPHQL),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"{GRAPHQL}, application/graphql+json, {JSON}, text/event-stream, multipart/mixed", GRAPHQL),
        (f"multipart/mixed;incrementalSpec=v0.2, {GRAPHQL},{JSON};q=0.9", GRAPHQL),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
    ],
)
async def test_the_media_type_is_the_one_that_the_client_likes_best(
    client: AsyncClient, accept: str, expected: str
) -> None:
    for answer in (
        await ask(client, "{ hello }", accept),
        await client.get("/", params={"query": "{ hello }"}, headers={"accept": accept}),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"{expected}; charset=utf-8")
        assert answer.json() == {"data": {"hello": "Hello, you"}}


async def test_without_accept_it_is_json(client: AsyncClient) -> None:
    del client.headers["accept"]

    assert (await client.post("/", json={"query": "{ hello }"})).headers["content-type"] == f"{JSON}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/plain", "text/html", "image/*", f"{JSON};q=0", f"{JSON};charset=utf-16"])
async def test_what_we_have_no_form_for_is_not_acceptable(client: AsyncClient, accept: str) -> None:
    answer = await ask(client, "{ hello }", accept)

    assert (answer.status_code, answer.headers["content-type"]) == (406, f"{JSON}; charset=utf-8")
    assert code_of(answer) == "NOT_ACCEPTABLE"


async def test_several_accept_headers_are_one_list(client: AsyncClient) -> None:
    headers = [("accept", "text/html"), ("accept", GRAPHQL)]
    answer = await client.post("/", json={"query": "{ hello }"}, headers=headers)

    assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json;charset=UTF-8", 'APPLICATION/JSON; charset="utf-8"']
)
async def test_json_in_utf8_is_read(client: AsyncClient, kind: str) -> None:
    body = '{"query": "{ hello(name: \\"Åse 🏊\\") }"}'.encode()
    answer = await client.post("/", content=body, headers={"content-type": kind})

    assert answer.json() == {"data": {"hello": "Hello, Åse 🏊"}}


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/graphql", "application/json; charset=latin-1", "x" * 600]
)
async def test_another_content_type_is_unsupported(client: AsyncClient, kind: str) -> None:
    answer = await client.post("/", content=b'{"query": "{ hello }"}', headers={"content-type": kind})

    assert (answer.status_code, code_of(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")


# Which status

WRONG_DOCUMENTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "syntax": ("{", {}, "GRAPHQL_PARSE_FAILED"),
    "validation": ("{ nothing }", {}, "BAD_USER_INPUT"),
    "coercion": ("query ($a: String!) { hello(name: $a) }", {"variables": {"a": None}}, "BAD_USER_INPUT"),
    "a missing variable": ("query ($a: String!) { hello(name: $a) }", {}, "BAD_USER_INPUT"),
    "size": ("{ " + "hello " * 3_000 + "}", {}, "QUERY_TOO_COMPLEX"),
}


@pytest.mark.parametrize("what", WRONG_DOCUMENTS)
async def test_a_wrong_document_has_no_data(client: AsyncClient, what: str) -> None:
    query, more, code = WRONG_DOCUMENTS[what]
    for accept, status in ((GRAPHQL, 400), (JSON, 200)):
        answer = await ask(client, query, accept, **more)

        assert (answer.status_code, answer.headers["content-type"]) == (status, f"{accept}; charset=utf-8")
        assert answer.json().keys() == {"errors"}
        assert code_of(answer) == code


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_a_failure_of_a_resolver_is_an_answer(client: AsyncClient, accept: str) -> None:
    with structlog.testing.capture_logs():
        partial = await ask(client, "{ hello broken }", accept)
        whole = await ask(client, "{ hello brokenWhole }", accept)

    assert (partial.status_code, partial.json()["data"]) == (200, {"hello": "Hello, you", "broken": None})
    assert (whole.status_code, whole.json()["data"]) == (200, None)
    assert b"secret word" not in partial.content + whole.content


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_an_operation_that_is_not_there_is_a_bad_request(client: AsyncClient, accept: str) -> None:
    two = "query A { hello } query B { hello }"
    for query, name in ((two, "C"), (two, None), ("fragment A on Query { hello }", None)):
        answer = await ask(client, query, accept, operationName=name)

        assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")
        assert "data" not in answer.json()
    assert (await ask(client, "{ hello }", accept, operationName="")).status_code == 200


MEMBERS = [
    ("query", [5, 0, False, {}, ["{ hello }"], None, ""]),
    ("operationName", [5, 0, False, {}, ["A"]]),
    ("variables", [5, 0, False, "{}", []]),
    ("extensions", [5, 0, False, "{}", []]),
    ("documentId", [5, 0, False, {}, []]),
]


@pytest.mark.parametrize(("member", "values"), MEMBERS, ids=[member for member, _ in MEMBERS])
async def test_a_member_of_the_wrong_type_is_a_bad_request(client: AsyncClient, member: str, values: list[Any]) -> None:
    for value in values:
        answer = await client.post("/", json={"query": "{ hello }", member: value}, headers={"accept": GRAPHQL})

        assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST"), value
        assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"


async def test_null_is_the_same_as_nothing(client: AsyncClient) -> None:
    nothing = dict.fromkeys(("variables", "operationName", "extensions", "documentId"))

    assert (await ask(client, "{ hello }", **nothing)).json() == {"data": {"hello": "Hello, you"}}


async def test_a_token_that_is_no_good_is_refused_in_the_clients_media_type(client: AsyncClient) -> None:
    for accept in (GRAPHQL, JSON):
        headers = {"authorization": "Bearer x", "accept": accept}
        answer = await client.post("/", json={"query": "{ hello }"}, headers=headers)

        assert (answer.status_code, code_of(answer)) == (401, "UNAUTHENTICATED")
        assert answer.headers["content-type"] == f"{accept}; charset=utf-8"


async def test_a_failure_before_the_operation_is_masked_and_numbered(client: AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await client.post("/", json={"query": "{ hello }"}, headers={"x-broken": "1"})

    assert (answer.status_code, code_of(answer)) == (500, "INTERNAL")
    assert b"secret word" not in answer.content
    (line,) = (line for line in lines if line["log_level"] == "error")
    assert line["error_id"] == answer.json()["errors"][0]["extensions"]["id"]


def test_what_is_refused_before_the_document_is_read_has_one_status_in_both_media_types() -> None:
    of_documents = {"GRAPHQL_PARSE_FAILED", "BAD_USER_INPUT", "QUERY_TOO_COMPLEX"}

    assert {code for code, (in_graphql, in_json) in STATUS.items() if in_graphql != in_json} == of_documents


# GET


async def test_a_query_can_be_got_with_its_variables(client: AsyncClient) -> None:
    parameters = {
        "query": "query A($a: String) { hello(name: $a) } query B { numbers }",
        "variables": '{"a": "Åse"}',
        "operationName": "A",
        "extensions": '{"a": 1}',
    }
    answer = await client.get("/", params=parameters)

    assert answer.json() == {"data": {"hello": "Hello, Åse"}}
    assert answer.headers["vary"] == "Accept"


BAD_PARAMETERS = [
    "",
    "query=",
    "variables={}",
    "query={hello}&variables={",
    "query={hello}&variables=[]",
    "query={hello}&variables=5",
    "query={hello}&extensions=5",
    "query={hello}&variables=%ff%fe",
    "query={hello}&" + "a=1&" * 40,
]


@pytest.mark.parametrize("parameters", BAD_PARAMETERS)
async def test_bad_parameters_are_a_bad_request_that_no_cache_keeps(client: AsyncClient, parameters: str) -> None:
    answer = await client.get(f"/?{parameters}")

    assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")
    assert answer.headers["cache-control"] == "no-store"


async def test_nothing_is_changed_by_get(client: AsyncClient) -> None:
    for accept in (GRAPHQL, JSON, "text/event-stream", "multipart/mixed"):
        parameters = {"query": 'mutation { write(word: "a") }'}
        answer = await client.get("/", params=parameters, headers={"accept": accept})

        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert code_of(answer) == "METHOD_NOT_ALLOWED"


async def test_only_get_and_post_ask(client: AsyncClient) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = await client.request(method, "/", json={"query": "{ hello }"})

        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
        assert code_of(answer) == "METHOD_NOT_ALLOWED"
    head = await client.head("/", params={"query": "{ hello }"})
    assert (head.status_code, head.content) == (405, b"")


async def test_a_browser_gets_the_page_unless_it_asks_something(client: AsyncClient) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    page = await client.get("/", headers=browser)
    asked = await client.get("/", params={"query": "{ hello }"}, headers=browser)
    anything = await client.get("/", headers={"accept": "*/*"})

    assert page.text == "<p>the page</p>"
    assert asked.json() == {"data": {"hello": "Hello, you"}}
    assert code_of(anything) == "BAD_REQUEST"


async def test_a_subscription_is_told_where_it_is_answered(client: AsyncClient) -> None:
    for answer in (
        await ask(client, "subscription { count(to: 1) }", GRAPHQL),
        await ask(client, "subscription { count(to: 1) }", f"{JSON}, multipart/mixed"),
        await client.get("/", params={"query": "subscription { count(to: 1) }"}),
    ):
        assert (answer.status_code, code_of(answer)) == (406, "NOT_ACCEPTABLE")
        assert "graphql-transport-ws" in answer.text
        assert "text/event-stream" in answer.text
