"""Remembered documents in a real Redis: shared between processes, kept while they are used, and never in the way."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from sys import getsizeof
from typing import Any

import pytest
import redis
import structlog

from app.platform import document_store
from app.platform.document_store import PREFIX, SECONDS, RedisDocuments
from tests.platform.fault_proxy import FaultProxy
from tests.platform.redis_cluster import running_cluster, why_not
from tests.platform.redis_cluster import until as wait_for
from tests.platform.redis_server import RedisServer, running_redis


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@asynccontextmanager
async def documents(url: str, **limits: int) -> AsyncIterator[RedisDocuments]:
    store = RedisDocuments(url, **limits)
    try:
        yield store
    finally:
        await store.close()


def in_redis(server: RedisServer, digest: str) -> tuple[bytes | None, int]:
    """The text and the seconds that it is still kept for."""
    with redis.Redis(unix_socket_path=str(server.socket)) as client:
        answers: tuple[Any, Any] = (client.get(PREFIX + digest), client.ttl(PREFIX + digest))
    return answers


async def test_what_one_process_remembers_another_one_knows(server: RedisServer) -> None:
    async with documents(server.url) as one, documents(server.url) as other:
        await one.put("shared", "{ hellö }")

        assert await other.get("shared") == "{ hellö }"
        assert await other.get("nothing") is None
    text, seconds = in_redis(server, "shared")
    assert text == "{ hellö }".encode()
    assert SECONDS - 60 < seconds <= SECONDS


async def test_what_is_used_is_kept(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async with documents(server.url) as one, documents(server.url) as other:
        await one.put("used", "{ hello }")
        _set_seconds_left(server, "used", 100)
        await other.get("used")
        assert in_redis(server, "used")[1] > 100
        _set_seconds_left(server, "used", 100)
        await one.get("used")
        assert in_redis(server, "used")[1] <= 100  # it was said not long ago
        monkeypatch.setattr(one, "_now", lambda: asyncio.get_running_loop().time() + 2 * 60 * 60)
        await one.get("used")
        assert in_redis(server, "used")[1] > 100


def _set_seconds_left(server: RedisServer, digest: str, seconds: int) -> None:
    with redis.Redis(unix_socket_path=str(server.socket)) as client:
        client.expire(PREFIX + digest, seconds)


async def test_without_redis_memory_answers_alone(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as lines:
        async with documents(f"unix://{tmp_path}/nobody-listens.sock") as store, asyncio.timeout(1):
            await store.put("a", "{ hello }")
            assert await store.get("a") == "{ hello }"
            assert await store.get("b") is None

    assert [line["log_level"] for line in lines] == ["warning"]  # and not one for each request


async def test_a_redis_that_does_not_answer_is_waited_for_once(
    server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_store, "_ANSWER_SECONDS", 0.1)
    listen = tmp_path / "proxy.sock"
    async with FaultProxy(listen, server.socket) as proxy, documents(f"unix://{listen}") as store:
        await store.put("before", "{ hello }")
        proxy.swallow()
        began = asyncio.get_running_loop().time()
        with structlog.testing.capture_logs():
            for _ in range(20):
                assert await store.get("unknown") is None
        assert await store.get("before") == "{ hello }"
        assert asyncio.get_running_loop().time() - began < 0.5


async def test_it_finds_back_to_a_redis_that_comes_back(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_store, "_AWAY_SECONDS", 0.0)
    async with documents(server.url) as store:
        await store.put("early", "{ hello }")
        server.kill()
        with structlog.testing.capture_logs():
            assert await store.get("unknown") is None
        server.start()
        await store.put("late", "{ hello }")

    assert in_redis(server, "late")[0] == b"{ hello }"


async def test_memory_is_bounded_and_redis_knows_the_rest(server: RedisServer) -> None:
    async with documents(server.url, most=2) as store:
        for name in ("one", "two", "three"):
            await store.put(name, name)

        assert list(store._texts) == ["two", "three"]
        assert await store.get("one") == "one"
        assert list(store._texts) == ["three", "one"]
    async with documents(server.url, most_bytes=2 * getsizeof("bbbb") + 10) as store:
        for name in ("four", "five", "six"):
            await store.put(name, "x" * 4)

        assert list(store._texts) == ["five", "six"]


async def test_texts_without_number_do_not_fill_redis(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_store, "_MOST_BYTES_AN_HOUR", 100)
    async with documents(server.url) as store:
        for number in range(5):
            await store.put(f"flood{number}", "x" * 40)

        assert await store.get("flood4") == "x" * 40
    assert [in_redis(server, f"flood{number}")[0] is not None for number in range(5)] == [
        True,
        True,
        False,
        False,
        False,
    ]


REASON = why_not()


async def finds_what_is_put(one: RedisDocuments, other: RedisDocuments) -> bool:
    """Soon: what one of them puts, the other finds."""
    for number in range(200):
        await one.put(f"late{number}", "{ hello }")
        if await other.get(f"late{number}") == "{ hello }":
            return True
        await asyncio.sleep(0.05)
    return False


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(REASON is not None, reason=f"documents were not tried on a Redis cluster: {REASON}")
async def test_in_a_cluster_every_node_keeps_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_store, "_AWAY_SECONDS", 0.0)
    names = [f"document{number}" for number in range(10)]
    with running_cluster() as cluster:
        async with documents(cluster.nodes[0].url) as one, documents(cluster.url) as other:
            for name in names:
                await one.put(name, "{ hello }")

            assert [await other.get(name) for name in names] == ["{ hello }"] * len(names)
            assert len({cluster.owner(PREFIX + name).port for name in names}) == 3

        home = cluster.owner(PREFIX + names[0])
        cluster.move(
            PREFIX + "fresh", next(node for node in cluster.nodes if node is not cluster.owner(PREFIX + "fresh"))
        )
        async with documents(cluster.url) as one, documents(cluster.nodes[1].url) as other:
            await one.put("fresh", "{ hello }")
            assert await other.get("fresh") == "{ hello }"
            home.kill()
            with structlog.testing.capture_logs():
                assert await one.get(names[0]) is None
            home.start()
            await asyncio.to_thread(wait_for, cluster.is_whole)
            with structlog.testing.capture_logs():
                assert await finds_what_is_put(one, other)  # each notices by failing
    gc.collect()  # a cluster's client leaves the connections of a node that has gone to be found
