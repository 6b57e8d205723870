"""A real HTTP server on the loopback that keeps what it is sent and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from standardwebhooks import Webhook


@dataclass(frozen=True)
class Received:
    headers: Mapping[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]

    def verified_by(self, secret: str) -> dict[str, Any]:
        """Raises unless one of the signatures is this secret's, and is fresh."""
        found: dict[str, Any] = Webhook(secret).verify(self.body, dict(self.headers))
        return found


@dataclass
class Receiver:
    """`status` and `headers` are what it answers; `before` is awaited first, and `body` follows."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"
    endless: bool = False
    before: Callable[[], Awaitable[None]] | None = None
    received: list[Received] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def told(self) -> list[dict[str, Any]]:
        return [each.told for each in self.received]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._converse(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def connected(self, count: int) -> None:
        """Once so many wait for their answers."""
        async with asyncio.timeout(10), self._came:
            await self._came.wait_for(lambda: self.at_once >= count)

    async def leave(self) -> None:
        """Lets go of everybody who is still connected."""
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.received.append(Received(headers, body))
        async with self._came:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self._came.notify_all()
        try:
            if self.before is not None:
                await self.before()
        finally:
            self.at_once -= 1
        await self._answer(writer)
        writer.close()
        await writer.wait_closed()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        size = 1 << 30 if self.endless else len(self.body)
        lines = [f"HTTP/1.1 {self.status} Said", f"content-length: {size}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        if not self.endless:
            writer.write(self.body)
        for _ in range(size >> 20 if self.endless else 0):
            writer.write(b"x" * (1 << 20))
            await writer.drain()
        await writer.drain()


@asynccontextmanager
async def receiving(**said: Any) -> AsyncIterator[Receiver]:
    receiver = Receiver(**said)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
        await receiver.leave()
        await server.wait_closed()
