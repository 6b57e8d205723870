"""A small schema to talk about over a websocket, and the endpoint that serves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema.config import StrawberryConfig

from app.wire.http.status import RefusedRequest
from app.wire.sockets.endpoint import SocketEndpoint

SECONDS = 5.0  # the longest wait for anything that is to come


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
