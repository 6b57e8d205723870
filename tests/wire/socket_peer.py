"""The other end of an ASGI websocket, in both protocols, and a small schema to talk about."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import GraphQLError
from starlette.types import Message
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema.config import StrawberryConfig

from app.wire.http.status import RefusedRequest
from app.wire.sockets.endpoint import SocketEndpoint
from app.wire.sockets.socket import ABORT

SECONDS = 5.0  # the longest wait for anything that is to come
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


@dataclass
class World:
    """What resolvers note, and wait for."""

    noted: list[object] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    connection_params: object = "none yet"
    asked_with: list[object] = field(default_factory=list)

    async def until_noted(self, what: object) -> None:
        async with asyncio.timeout(SECONDS):
            while what not in self.noted:  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.002)


@dataclass
class Asker:
    """The context of one socket."""

    world: World
    name: str = "nobody"
    connection_params: dict[str, Any] | None = None


Info = strawberry.Info[Asker, None]


@strawberry.type
class Person:
    name: str

    @strawberry.field
    async def story(self) -> str:
        return "long"

    @strawberry.field
    async def secret(self) -> str:
        raise RuntimeError("secret word")


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "you") -> str:
        return f"hello {name}"

    @strawberry.field
    def who(self, info: Info) -> str:
        return info.context.name

    @strawberry.field
    def person(self) -> Person:
        return Person(name="Ada")

    @strawberry.field
    def broken(self) -> str:
        raise GraphQLError("broken", extensions={"code": "BROKEN"})

    @strawberry.field
    async def gated(self, info: Info) -> str:
        await info.context.world.gate.wait()
        return "open"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int = 3) -> AsyncGenerator[int, None]:
        for number in range(to):
            yield number

    @strawberry.subscription
    async def watch(self, info: Info, name: str = "watch") -> AsyncGenerator[str, None]:
        """One event, and then none until it is stopped."""
        world = info.context.world
        world.noted.append(f"{name} began")
        try:
            yield name
            await asyncio.Event().wait()
        finally:
            world.noted.append(f"{name} ended")

    @strawberry.subscription
    async def lingering(self, info: Info) -> AsyncGenerator[str, None]:
        """It takes its time to end."""
        world = info.context.world
        try:
            yield "here"
            await asyncio.Event().wait()
        finally:
            await world.gate.wait()
            world.noted.append("lingering ended")

    @strawberry.subscription
    async def stubborn(self, info: Info) -> AsyncGenerator[str, None]:
        """It does not let itself be cancelled."""
        yield "here"
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            info.context.world.noted.append("stubborn goes on")
        for _ in range(100):
            yield "still here"
            info.context.world.noted.append("stubborn was listened to")

    @strawberry.subscription
    async def flood(self, info: Info, size: int = 4_000) -> AsyncGenerator[str, None]:
        """Events as fast as they are taken."""
        world = info.context.world
        try:
            while True:
                world.noted.append("event")
                yield "x" * size
                await asyncio.sleep(0)
        finally:
            world.noted.append("flood ended")

    @strawberry.subscription
    async def refused(self) -> AsyncGenerator[int, None]:
        raise GraphQLError("not for you", extensions={"code": "FORBIDDEN"})
        yield 1

    @strawberry.subscription
    async def failing(self) -> AsyncGenerator[int, None]:
        yield 1
        raise GraphQLError("no longer for you", extensions={"code": "FORBIDDEN"})


class Schema(strawberry.Schema):
    """Says what it was asked with, and breaks when it is told to."""

    def process_errors(self, errors: object, execution_context: object = None) -> None:
        return None

    async def stream(self, query: str | None, *args: Any, **asked: Any) -> AsyncGenerator[Any, None]:  # type: ignore[override]
        asked["context_value"].world.asked_with.append(asked["operation_extensions"])
        results = await super().stream(query, *args, **asked)
        return _breaking(results) if query and "BreakAfterOne" in query else results


async def _breaking(results: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    async for result in results:
        yield result
        raise RuntimeError("secret word")


schema = Schema(
    Query, subscription=Subscription, config=StrawberryConfig(enable_experimental_incremental_execution=True)
)


def endpoint(world: World, **options: Any) -> SocketEndpoint:
    """Both protocols are spoken, unless `options` say otherwise."""

    async def make_context(connection: Any) -> Asker:
        if connection.headers.get("authorization") == "bad":
            raise RefusedRequest(401, "UNAUTHENTICATED", "no")
        if connection.headers.get("authorization") == "breaks":
            raise RuntimeError("secret word")
        return Asker(world, connection.headers.get("authorization", "nobody"))

    async def connected(context: Asker) -> None:
        params = context.connection_params
        world.connection_params = params
        assert params is not None
        if params.get("token") == "bad":
            raise ConnectionRejectionError({"message": "no"})
        if params.get("token") == "breaks":
            raise RuntimeError("secret word")
        context.name = params.get("token", context.name)

    return SocketEndpoint(
        schema,
        **{"make_context": make_context, "connected": connected, "legacy": True, **options},  # type: ignore[arg-type]
    )


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
            "extensions": {ABORT: peer.vanish} if can_abort else {},
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
