"""Documents that clients name by their hash, kept in Redis for all server processes and in memory for this one."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable
from contextlib import suppress
from sys import getsizeof
from typing import Any, TypeVar

import structlog
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

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
        self._redis = _client(url)
        self._most, self._most_bytes = most, most_bytes
        self._texts: OrderedDict[str, str] = OrderedDict()  # the one that was not used for longest comes first
        self._kept_until: dict[str, float] = {}  # until when Redis need not hear of a document in `_texts`
        self._bytes = 0
        self._away_until = 0.0
        self._written, self._hour_ends = 0, 0.0

    async def get(self, digest: str) -> str | None:
        text = self._texts.get(digest)
        if text is None:
            found = await self._ask(self._redis.getex(PREFIX + digest, ex=SECONDS))
            text = found.decode(errors="replace") if isinstance(found, bytes) else None
            if text is not None:
                self._remember(digest, text)
            return text
        self._texts.move_to_end(digest)
        if self._kept_until[digest] <= self._now():
            self._kept_until[digest] = self._now() + _REFRESHED_SECONDS
            await self._ask(self._redis.set(PREFIX + digest, text, ex=SECONDS))
        return text

    async def put(self, digest: str, text: str) -> None:
        is_new = digest not in self._texts
        self._remember(digest, text)
        if is_new and self._may_write(len(text)):
            await self._ask(self._redis.set(PREFIX + digest, text, ex=SECONDS))

    async def close(self) -> None:
        with suppress(Exception):
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._redis.connection_pool.disconnect()
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

    async def _ask(self, command: Awaitable[Answer]) -> Answer | None:
        if self._now() < self._away_until:
            command.close()  # type: ignore[attr-defined]
            return None
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await command
        except Exception as failure:  # whatever redis-py runs into, the text can be sent again
            self._away_until = self._now() + _AWAY_SECONDS
            log.warning("documents are kept in memory alone", reason=f"{type(failure).__name__}: {failure}")
            return None

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _client(url: str) -> Any:  # redis-py's own types have gaps
    pool: Any = ConnectionPool.from_url(
        url,
        protocol=2,
        driver_info=None,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        socket_connect_timeout=None,
        max_connections=100,
    )
    return Redis(connection_pool=pool)
