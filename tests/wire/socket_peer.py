"""The other end of an ASGI websocket, in both protocols."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.types import Message

from app.wire.sockets.endpoint import SocketEndpoint
from app.wire.sockets.socket import ABORT, OUTLET
from tests.wire.socket_world import SECONDS

AT_REST = 0.05  # how long nothing is listened for


@dataclass(frozen=True)
class Dialect:
    """What a protocol calls things."""

    name: str
    start: str
    stop: str
    next: str

    def __str__(self) -> str:
        return self.name


TODAY = Dialect("graphql-transport-ws", "subscribe", "complete", "next")
BEFORE = Dialect("graphql-ws", "start", "stop", "data")


class Ended(Exception):
    """The server has ended the socket, with this code."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


class Peer:
    """A client, and the server's side of ASGI as uvicorn has it: `reads` is cleared while it does not read."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.subprotocol: str | None = None
        self.reads = asyncio.Event()
        self.reads.set()
        self.sent_at_once = 0  # sends that wait
        self.most_sent_at_once = 0
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._heard: asyncio.Queue[dict[str, Any] | Ended] = asyncio.Queue()
        self._is_gone = self._is_closed = False
        self._call: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def opened(
        cls,
        served: SocketEndpoint,
        dialect: Dialect = TODAY,
        *,
        offers: tuple[str, ...] | None = None,
        headers: Mapping[str, str] | None = None,
        can_abort: bool = True,
        writes_at_once: bool = False,
    ) -> AsyncIterator[Peer]:
        """Nothing has been said yet. At the end it vanishes, and the server's call must return by itself."""
        peer = cls(dialect)
        given = {"host": "example.com", **(headers or {})}
        scope = {
            "type": "websocket",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "subprotocols": [dialect.name] if offers is None else list(offers),
            "extensions": {
                **({ABORT: peer.vanish} if can_abort else {}),
                **({OUTLET: peer} if writes_at_once else {}),
            },
        }
        peer._said.put_nowait({"type": "websocket.connect"})
        peer._call = asyncio.create_task(served(scope, peer._receive, peer._send))
        try:
            yield peer
        finally:
            peer.vanish()
            await peer.returned()

    @classmethod
    @asynccontextmanager
    async def connected(cls, served: SocketEndpoint, dialect: Dialect = TODAY, **options: Any) -> AsyncIterator[Peer]:
        async with cls.opened(served, dialect, **options) as peer:
            await peer.say({"type": "connection_init"})
            await peer.hears({"type": "connection_ack"})
            if dialect is BEFORE and served.served.limits.ping_seconds > SECONDS:
                await peer.hears({"type": "ka"})
            yield peer

    async def say(self, message: object) -> None:
        await self.say_text(json.dumps(message))

    async def say_text(self, text: str) -> None:
        await self._said.put({"type": "websocket.receive", "text": text})

    async def say_bytes(self, data: bytes) -> None:
        await self._said.put({"type": "websocket.receive", "bytes": data})

    async def ask(self, query: str, id: str = "1", **payload: Any) -> None:
        await self.say({"id": id, "type": self.dialect.start, "payload": {"query": query, **payload}})

    async def stop(self, id: str = "1") -> None:
        await self.say({"id": id, "type": self.dialect.stop})

    async def message(self) -> dict[str, Any]:
        """The next message of any kind. Raises `Ended`."""
        async with asyncio.timeout(SECONDS):
            heard = await self._heard.get()
        if isinstance(heard, Ended):
            self._heard.put_nowait(heard)
            raise heard
        return heard

    async def hears(self, expected: dict[str, Any]) -> None:
        assert await self.message() == expected

    async def next(self, id: str = "1") -> Any:
        message = await self.message()
        assert (message["type"], message["id"]) == (self.dialect.next, id), message
        return message["payload"]

    async def data(self, id: str = "1") -> Any:
        payload = await self.next(id)
        assert payload.keys() == {"data"}, payload
        return payload["data"]

    async def completed(self, id: str = "1") -> None:
        await self.hears({"id": id, "type": "complete"})

    async def error(self, id: str = "1") -> dict[str, Any]:
        """The error that an operation ended with."""
        message = await self.message()
        assert (message["type"], message["id"]) == ("error", id), message
        payload = message["payload"]
        if self.dialect is TODAY:
            assert isinstance(payload, list)
            payload = payload[0]
        assert isinstance(payload, dict)
        return payload

    async def hears_nothing(self) -> None:
        await asyncio.sleep(AT_REST)
        assert self._heard.empty(), self._heard.get_nowait()

    async def ended(self) -> int:
        """The code that the server ends the socket with; what it says before that is skipped."""
        async with asyncio.timeout(SECONDS):
            while not isinstance(heard := await self._heard.get(), Ended):
                pass
        return heard.code

    async def still_works(self, id: str = "still") -> bool:
        await self.ask("{ hello }", id)
        if await self.data(id) != {"hello": "hello you"}:
            return False
        await self.completed(id)
        return True

    # What a server offers that writes at once

    drained: Callable[[], None] | None = None
    is_closed = False

    def write_text(self, before: bytes, payload: bytes, after: bytes) -> bool:
        if not self.reads.is_set() or self._is_gone or self._is_closed:
            return False
        self._heard.put_nowait(json.loads(before + payload + after))
        return True

    def untaken(self) -> int:
        return 0

    def reads_again(self) -> None:
        self.reads.set()
        if self.drained is not None:
            self.drained()

    def vanish(self) -> None:
        """As a connection that breaks."""
        if not self._is_gone:
            self._is_gone = True
            self.reads.set()
            self._heard.put_nowait(Ended(1006))
            self._said.put_nowait({"type": "websocket.disconnect", "code": 1006})

    async def returned(self) -> None:
        """The server's call has ended; raises what it raised."""
        assert self._call is not None
        async with asyncio.timeout(SECONDS):
            await asyncio.wait([self._call])
        self._call.result()

    async def _receive(self) -> Message:
        return await self._said.get()

    async def _send(self, message: Message) -> None:
        self.sent_at_once += 1
        self.most_sent_at_once = max(self.most_sent_at_once, self.sent_at_once)
        try:
            await self.reads.wait()
        finally:
            self.sent_at_once -= 1
        if self._is_gone:
            raise OSError("gone")
        if self._is_closed:
            raise RuntimeError("closed")
        if message["type"] == "websocket.accept":
            self.subprotocol = message["subprotocol"]
        elif message["type"] == "websocket.close":
            self._is_closed = True
            reason = message["reason"]
            assert len(reason.encode()) <= 123
            self._heard.put_nowait(Ended(message["code"], reason))
            self._said.put_nowait({"type": "websocket.disconnect", "code": message["code"]})
        else:
            assert message.get("bytes") is None
            self._heard.put_nowait(json.loads(message["text"]))
