"""Which Redis nodes there are, and which of them has a channel: one server has all, a cluster shares them out."""

import asyncio
import random
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from redis.asyncio import Connection, ConnectionPool, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import ResponseError

_MOST_ASKED = 3  # of the nodes that are known, before those of the configuration
_FIRST_VERSION_WITH_SHARDED_CHANNELS = 7


class Node(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


ALONE = Node("", 0)
"""The one server that the configuration names."""


class Share(NamedTuple):
    """The slots that a node has, both ends included."""

    first: int
    last: int
    node: Node


@dataclass(frozen=True, slots=True)
class Layout:
    """Equal if the same nodes have the same slots; without shares it is one server."""

    shares: tuple[Share, ...] = ()
    _firsts: list[int] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_firsts", [share.first for share in self.shares])

    @property
    def is_cluster(self) -> bool:
        return bool(self.shares)

    @property
    def nodes(self) -> list[Node]:
        return list(dict.fromkeys(share.node for share in self.shares)) or [ALONE]

    def owner(self, channel: str) -> Node | None:
        """None if nobody has the channel's slot at present."""
        if not self.shares:
            return ALONE
        slot = slot_of(channel)
        place = bisect_right(self._firsts, slot) - 1
        return self.shares[place].node if place >= 0 and slot <= self.shares[place].last else None


def slot_of(channel: str) -> int:
    return key_slot(channel.encode())


class Entrance:
    """What `REDIS_URL` names: one server, or some nodes of one cluster with commas between.

    Its connections are without redis-py's retries, and without its time-outs: a cancellation can be lost in those.
    """

    def __init__(self, urls: str) -> None:
        # redis-py's own types have gaps
        self._pools: list[Any] = [
            ConnectionPool.from_url(
                url,
                protocol=2,
                driver_info=None,
                retry=Retry(NoBackoff(), 0),
                socket_timeout=None,
                socket_connect_timeout=None,
            )
            for url in urls.split(",")
        ]

    def connection(self, node: Node) -> Any:
        """To a node of the cluster, with the first URL's credentials; or to the one server."""
        pool = self._pools[0]
        if node == ALONE:
            return pool.make_connection()
        kind, settings = pool.connection_class, dict(pool.connection_kwargs)
        if issubclass(kind, UnixDomainSocketConnection):
            kind = Connection
            settings.pop("path")
        return kind(**(settings | node._asdict()))

    async def survey(self, known: Iterable[Node], seconds: float) -> Layout:
        """Asks one after the other until one knows, at most so long each. Raises the last one's failure."""
        nodes = [node for node in known if node != ALONE]
        asked = [partial(self.connection, node) for node in random.sample(nodes, min(len(nodes), _MOST_ASKED))]
        failure: Exception = ConnectionError("There is no Redis to ask.")
        for make in (*asked, *(pool.make_connection for pool in random.sample(self._pools, len(self._pools)))):
            connection = make()
            try:
                async with asyncio.timeout(seconds):
                    return await self._ask(connection)
            except Exception as its_failure:  # whatever it is, the next one may know
                failure = its_failure
            finally:
                with suppress(Exception):
                    await connection.disconnect(nowait=True)
        raise failure

    async def _ask(self, connection: Any) -> Layout:
        await connection.connect()
        if not await _has_sharded_channels(connection):
            if len(self._pools) > 1:
                raise ConnectionError("REDIS_URL names several servers, and they are no cluster of Redis 7 or newer.")
            return Layout()
        await connection.send_command("CLUSTER", "SLOTS")
        here = getattr(connection, "host", "127.0.0.1")
        rows = await connection.read_response()
        if not rows:
            raise ConnectionError("A node that belongs to no cluster yet was asked.")
        return Layout(tuple(sorted(Share(first, last, _node(owner, here)) for first, last, owner, *_ in rows)))


async def _has_sharded_channels(connection: Any) -> bool:
    """A server that does not even greet is taken for one server: plain channels work on all of them."""
    await connection.send_command("HELLO")
    try:
        reply = await connection.read_response()
    except ResponseError:
        return False
    said = dict(zip(reply[::2], reply[1::2], strict=True))
    version = int(said[b"version"].split(b".")[0])
    return bool(said[b"mode"] == b"cluster" and version >= _FIRST_VERSION_WITH_SHARDED_CHANNELS)


def _node(told: list[Any], here: str) -> Node:
    """A node that does not know its name is where the one that was asked is."""
    host, port = told[0], told[1]
    return Node(here if host in (None, b"", b"?") else host.decode(), port)
