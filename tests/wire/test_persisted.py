"""Documents named by their hash: remembered once they have proved to be valid, or none but those known beforehand."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from sys import getsizeof
from typing import Any

import pytest
from graphql import GraphQLError
from httpx2 import AsyncClient, Response

from app.wire.persisted import LONGEST, MemoryStore, PersistedDocuments, read_manifest
from tests.wire.http_world import House, serving

HELLO = "{ hello }"
GRAPHQL = {"accept": "application/graphql-response+json"}


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(text: str, **changes: Any) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest_of(text), **changes}}


def code_of(answer: Response) -> str:
    (error,) = answer.json()["errors"]
    return str(error["extensions"]["code"])


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def client(store: MemoryStore) -> AsyncIterator[AsyncClient]:
    async with serving(House(), PersistedDocuments(store)) as served, served.client() as client:
        yield client


# As Apollo's clients do it


@pytest.mark.parametrize("accept", ["application/json", GRAPHQL["accept"]])
async def test_an_unknown_hash_is_asked_for_in_an_answer_that_every_client_reads(
    client: AsyncClient, accept: str
) -> None:
    answer = await client.post("/", json={"extensions": persisted(HELLO)}, headers={"accept": accept})

    assert (answer.status_code, code_of(answer)) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert answer.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert answer.headers["cache-control"] == "no-store"
    assert "data" not in answer.json()


async def test_a_text_that_was_sent_with_its_hash_is_known_by_it(client: AsyncClient) -> None:
    query = "query A($a: String) { hello(name: $a) } query B { numbers }"
    both = await client.post("/", json={"query": query, "extensions": persisted(query), "operationName": "B"})
    posted = await client.post(
        "/", json={"extensions": persisted(query), "operationName": "A", "variables": {"a": "x"}}
    )
    parameters = {"extensions": json.dumps(persisted(query)), "operationName": "A", "variables": '{"a": "y"}'}
    got = await client.get("/", params=parameters)
    by_id = await client.post("/", json={"documentId": f"sha256:{digest_of(query)}", "operationName": "B"})

    assert both.json() == by_id.json() == {"data": {"numbers": [1, 2, 3]}}
    assert posted.json() == {"data": {"hello": "Hello, x"}}
    assert got.json() == {"data": {"hello": "Hello, y"}}


async def test_a_subscription_is_known_by_its_hash_too(client: AsyncClient) -> None:
    query = "subscription { count(to: 1) }"
    events = {"accept": "text/event-stream"}
    unknown = await client.post("/", json={"extensions": persisted(query)}, headers=events)
    sent = await client.post("/", json={"query": query, "extensions": persisted(query)}, headers=events)
    known = await client.post("/", json={"extensions": persisted(query)}, headers=events)

    assert "PERSISTED_QUERY_NOT_FOUND" in unknown.text
    assert unknown.text.endswith("event: complete\ndata:\n\n")
    assert known.text == sent.text
    assert '{"data":{"count":0}}' in known.text


async def test_a_hash_of_another_text_is_refused(client: AsyncClient, store: MemoryStore) -> None:
    answer = await client.post("/", json={"query": HELLO, "extensions": persisted("{ numbers }")})

    assert (answer.status_code, code_of(answer)) == (400, "PERSISTED_QUERY_HASH_MISMATCH")
    assert await store.get(digest_of("{ numbers }")) is None


@pytest.mark.parametrize("query", ["{", "{ nothing }", "garbage", "query ($a: Int!) { hello }"])
async def test_what_is_not_valid_is_not_remembered(client: AsyncClient, store: MemoryStore, query: str) -> None:
    for headers in (GRAPHQL, {"accept": "text/event-stream"}):
        await client.post("/", json={"query": query, "extensions": persisted(query)}, headers=headers)

        assert await store.get(digest_of(query)) is None


async def test_what_is_long_is_executed_and_not_remembered(client: AsyncClient, store: MemoryStore) -> None:
    long = HELLO + " #" + "ä" * ((LONGEST - len(HELLO)) // 2)
    fits = long[:-1]
    for query, is_kept in ((fits, True), (long, False)):
        answer = await client.post("/", json={"query": query, "extensions": persisted(query)})

        assert (await store.get(digest_of(query)) is not None) is is_kept, answer.text[:200]


async def test_a_text_without_hash_is_not_remembered(client: AsyncClient, store: MemoryStore) -> None:
    await client.post("/", json={"query": HELLO})

    assert await store.get(digest_of(HELLO)) is None


BAD = [5, "x", [], {}, {"version": 1}, {"version": 1, "sha256Hash": 5}, {"version": 1, "sha256Hash": "x"},
       {"version": 2, "sha256Hash": digest_of(HELLO)}, {"sha256Hash": digest_of(HELLO)},
       {"version": 1, "sha256Hash": digest_of(HELLO).upper()}]  # fmt: skip


@pytest.mark.parametrize("value", BAD, ids=str)
async def test_what_is_no_hash_is_a_bad_request(client: AsyncClient, value: object) -> None:
    for query in ({}, {"query": HELLO}):
        answer = await client.post("/", json={**query, "extensions": {"persistedQuery": value}})

        assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")


async def test_null_is_no_hash(client: AsyncClient) -> None:
    answer = await client.post("/", json={"query": HELLO, "extensions": {"persistedQuery": None}})

    assert answer.json() == {"data": {"hello": "Hello, you"}}
    assert (await client.post("/", json={"extensions": {"persistedQuery": None}})).status_code == 400


async def test_an_id_that_is_no_hash_is_not_found(client: AsyncClient) -> None:
    for document_id in ("", "x", "sha256:", "md5:0"):
        assert code_of(await client.post("/", json={"documentId": document_id})) in {
            "PERSISTED_QUERY_NOT_FOUND",
            "BAD_REQUEST",
        }


async def test_without_a_store_clients_are_told_to_send_the_text() -> None:
    async with serving(House()) as served, served.client() as client:
        answer = await client.post("/", json={"extensions": persisted(HELLO)})
        sent = await client.post("/", json={"query": HELLO, "extensions": persisted(HELLO)})

    assert (answer.status_code, code_of(answer)) == (200, "PERSISTED_QUERY_NOT_SUPPORTED")
    assert answer.json()["errors"][0]["message"] == "PersistedQueryNotSupported"
    assert sent.json() == {"data": {"hello": "Hello, you"}}


# In memory


async def test_memory_forgets_what_was_not_used_for_longest() -> None:
    store = MemoryStore(most=2)
    for name in ("a", "b"):
        await store.put(name, name)
    await store.get("a")
    await store.put("c", "c")

    assert [await store.get(name) for name in ("a", "b", "c")] == ["a", None, "c"]


async def test_memory_holds_no_more_than_so_many_bytes() -> None:
    store = MemoryStore(most=100, most_bytes=2 * getsizeof("bbbb") + 10)
    for name in ("a", "b", "c", "c"):
        await store.put(name, name * 4)

    assert [await store.get(name) for name in ("a", "b", "c")] == [None, "bbbb", "cccc"]


# None but those known beforehand

TRUSTED = {digest_of(HELLO): HELLO, "list": "query Numbers { numbers }", "change": 'mutation { write(word: "a") }'}


@pytest.fixture
async def strict() -> AsyncIterator[AsyncClient]:
    async with serving(House(), PersistedDocuments(MemoryStore(), TRUSTED)) as served, served.client() as client:
        yield client


@pytest.mark.parametrize(
    "asked",
    [
        {"documentId": digest_of(HELLO)},
        {"documentId": f"sha256:{digest_of(HELLO)}"},
        {"extensions": persisted(HELLO)},
        {"query": HELLO, "extensions": persisted(HELLO)},
        {"query": HELLO},
        {"query": HELLO, "documentId": digest_of(HELLO)},
    ],
    ids=str,
)
async def test_a_trusted_document_runs_however_it_is_named(strict: AsyncClient, asked: dict[str, Any]) -> None:
    assert (await strict.post("/", json=asked)).json() == {"data": {"hello": "Hello, you"}}


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "{ hello numbers }"},
        {"query": HELLO + " "},
        {"query": "{ __schema { types { name } } }"},
        {"query": "{ numbers }", "documentId": digest_of(HELLO)},
        {"query": "{ numbers }", "extensions": persisted("{ numbers }")},
        {"extensions": persisted("{ numbers }")},
        {"documentId": "nothing"},
        {"documentId": ""},
        {"query": "{"},
    ],
    ids=str,
)
async def test_nothing_else_runs_or_is_remembered(strict: AsyncClient, asked: dict[str, Any]) -> None:
    for accept in ("application/json", GRAPHQL["accept"]):
        answer = await strict.post("/", json=asked, headers={"accept": accept})

        assert (answer.status_code, code_of(answer)) == (403, "DOCUMENT_NOT_TRUSTED")


async def test_a_request_without_any_document_is_a_bad_one(strict: AsyncClient) -> None:
    assert code_of(await strict.post("/", json={})) == "BAD_REQUEST"


async def test_a_trusted_document_is_got_by_its_id(strict: AsyncClient) -> None:
    got = await strict.get("/", params={"documentId": "list"}, headers={"accept": "text/html, application/json;q=0.9"})
    changed = await strict.get("/", params={"documentId": "change"})

    assert got.json() == {"data": {"numbers": [1, 2, 3]}}
    assert changed.status_code == 405


# Manifests

MANIFESTS: dict[str, object] = {
    "of GraphQL Code Generator or Relay": {digest_of(HELLO): HELLO},
    "with prefixes": {f"sha256:{digest_of(HELLO)}": HELLO},
    "of Apollo": {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{"id": digest_of(HELLO), "name": "Hello", "type": "query", "body": HELLO}],
    },
}


@pytest.mark.parametrize("what", MANIFESTS)
async def test_a_manifest_is_read_in_the_shape_that_tools_write(tmp_path: Path, what: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(MANIFESTS[what]), encoding="utf-8")
    documents = PersistedDocuments(None, read_manifest(path))

    assert await documents.text_of(None, digest_of(HELLO)) == HELLO
    with pytest.raises(GraphQLError, match="known beforehand"):
        await documents.text_of("{ numbers }")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "must hold an object"),
        ("{}", "holds no documents"),
        ('{"a": 5}', "a has no text"),
        ('{"a": " "}', "a has no text"),
        ('{"format": "x", "version": 1, "operations": []}', "must be of the format"),
        ('{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}', "must be of the format"),
        ('{"format": "apollo-persisted-query-manifest", "version": 1}', "must hold a list of operations"),
        ('{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{}]}', "operation 0 has no id"),
        ('{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a"}]}', "a has no text"),
    ],
)
def test_a_manifest_that_is_none_says_why(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ValueError, match=complaint):
        read_manifest(path)


def test_a_manifest_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        read_manifest(tmp_path / "nothing.json")
