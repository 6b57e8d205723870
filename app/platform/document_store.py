"""Documents that clients name by their hash, kept in Redis for all server processes and in memory for this one."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from sys import getsizeof
from typing import Any, TypeVar

import structlog
from redis.asyncio import ConnectionPool, Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.connection import SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import MovedError

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

PREFIX = "rapport:document:"
SECONDS = 24 * 60 * 60
_REFRESHED_SECONDS = 60 * 60  # what is used is kept, and that is said once an hour
_ANSWER_SECONDS = 1.0
_AWAY_SECONDS = 5.0  # how long Redis is left alone after it failed
_MOST_BYTES_AN_HOUR = 8 * 1_024 * 1_024  # sent by anybody: valid texts without number must not fill Redis


class RedisDocuments:
    """Never raises and takes a second at most: while Redis is away, memory answers alone."""

    def __init__(self, url: str, *, most: int = 1_000, most_bytes: int = 16 * 1_024 * 1_024) -> None:
        self._urls = url.split(",")
        self._redis = _client(url) if len(self._urls) == 1 else _cluster_client(self._urls)
        self._most, self._most_bytes = most, most_bytes
        self._texts: OrderedDict[str, str] = OrderedDict()  # the one that was not used for longest comes first
        self._kept_until: dict[str, float] = {}  # until when Redis need not hear of a document in `_texts`
        self._bytes = 0
        self._away_until = 0.0
        self._written, self._hour_ends = 0, 0.0

    async def get(self, digest: str) -> str | None:
        text = self._texts.get(digest)
        if text is None:
            found = await self._ask(lambda redis: redis.getex(PREFIX + digest, ex=SECONDS))
            text = found.decode(errors="replace") if isinstance(found, bytes) else None
            if text is not None:
                self._remember(digest, text)
            return text
        self._texts.move_to_end(digest)
        if self._kept_until[digest] <= self._now():
            self._kept_until[digest] = self._now() + _REFRESHED_SECONDS
            await self._ask(lambda redis: redis.set(PREFIX + digest, text, ex=SECONDS))
        return text

    async def put(self, digest: str, text: str) -> None:
        is_new = digest not in self._texts
        self._remember(digest, text)
        if is_new and self._may_write(len(text)):
            await self._ask(lambda redis: redis.set(PREFIX + digest, text, ex=SECONDS))

    async def close(self) -> None:
        with suppress(Exception):
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._redis.aclose()
        await asyncio.sleep(0)  # a transport closes in the next round of the loop

    def _remember(self, digest: str, text: str) -> None:
        self._bytes += getsizeof(text) - (getsizeof(self._texts.pop(digest)) if digest in self._texts else 0)
        self._texts[digest] = text
        self._kept_until[digest] = self._now() + _REFRESHED_SECONDS
        while len(self._texts) > self._most or self._bytes > self._most_bytes:
            forgotten, its_text = self._texts.popitem(last=False)
            self._bytes -= getsizeof(its_text)
            del self._kept_until[forgotten]

    def _may_write(self, size: int) -> bool:
        now = self._now()
        if now >= self._hour_ends:
            self._written, self._hour_ends = 0, now + 60 * 60
        self._written += size
        return self._written <= _MOST_BYTES_AN_HOUR

    async def _ask(self, command: Callable[[Any], Awaitable[Answer]]) -> Answer | None:
        if self._now() < self._away_until:
            return None
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                try:
                    return await command(self._redis)
                except MovedError:  # so it is a cluster
                    await self._use_cluster()
                    return await command(self._redis)
        except Exception as failure:  # whatever redis-py runs into, the text can be sent again
            self._away_until = self._now() + _AWAY_SECONDS
            log.warning("documents are kept in memory alone", reason=f"{type(failure).__name__}: {failure}")
            return None

    async def _use_cluster(self) -> None:
        if isinstance(self._redis, Redis):
            server, self._redis = self._redis, _cluster_client(self._urls)
            await server.aclose()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


_PATIENCE: dict[str, Any] = {
    "protocol": 2,
    "driver_info": None,
    "retry": Retry(NoBackoff(), 0),
    "socket_timeout": None,
    "socket_connect_timeout": None,
    "max_connections": 100,
}


def _client(url: str) -> Any:  # redis-py's own types have gaps
    pool: Any = ConnectionPool.from_url(url, **_PATIENCE)
    return Redis.from_pool(pool)


def _cluster_client(urls: list[str]) -> Any:
    """Enters by any of these nodes, with what else the first URL says."""
    options: dict[str, Any]
    options, *others = [dict(parse_url(url)) for url in urls]
    is_encrypted = options.pop("connection_class", None) is SSLConnection
    nodes = [ClusterNode(str(other.get("host", "localhost")), str(other.get("port", 6379))) for other in others]
    make: Any = RedisCluster
    return make(startup_nodes=nodes, require_full_coverage=False, ssl=is_encrypted, **options | _PATIENCE)
