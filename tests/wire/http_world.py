"""A small schema behind the HTTP endpoint, in memory or behind a real socket."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import strawberry
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response
from strawberry.schema.config import StrawberryConfig

from app.wire.errors import shown
from app.wire.http.status import RefusedRequest
from app.wire.http.view import GraphQLView
from app.wire.limits import Limits
from app.wire.persisted import PersistedDocuments
from app.wire.schema import WireSchema
from tests.server.serving import Served, start_serving


class House:
    """What the resolvers of one view see, and what they have done."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.may_go_on = asyncio.Event()
        self.has_started = asyncio.Event()
        self.has_ended = asyncio.Event()


@strawberry.type
class Deep:
    @strawberry.field
    async def slow(self, info: strawberry.Info) -> str:
        house: House = info.context
        house.has_started.set()
        try:
            await house.may_go_on.wait()
        finally:
            house.has_ended.set()
        return "arrived"

    @strawberry.field
    def fast(self) -> str:
        return "there"

    @strawberry.field
    def broken(self) -> str:
        raise RuntimeError("secret word")


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "you") -> str:
        return f"Hello, {name}"

    @strawberry.field
    def deep(self) -> Deep:
        return Deep()

    @strawberry.field
    async def numbers(self) -> list[int]:
        return [1, 2, 3]

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("secret word")

    @strawberry.field
    def broken_whole(self) -> str:
        raise RuntimeError("secret word")


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def write(self, info: strawberry.Info, word: str) -> str:
        house: House = info.context
        house.has_started.set()
        await house.may_go_on.wait()
        house.written.append(word)
        house.has_ended.set()
        return word


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncGenerator[int, None]:
        for number in range(to):
            yield number

    @strawberry.subscription
    async def forever(self, info: strawberry.Info) -> AsyncGenerator[str, None]:
        house: House = info.context
        house.has_started.set()
        try:
            yield "first"
            await house.may_go_on.wait()
            yield "second"
            await asyncio.Event().wait()
        finally:
            house.has_ended.set()

    @strawberry.subscription
    async def failing(self) -> AsyncGenerator[str, None]:
        yield "first"
        raise RuntimeError("secret word")


schema = WireSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(enable_experimental_incremental_execution=True),
    limits=Limits(),
    shown=shown,
)


def make_view(house: House, documents: PersistedDocuments | None = None) -> GraphQLView:
    async def make_context(connection: HTTPConnection) -> House:
        if "authorization" in connection.headers:
            raise RefusedRequest(401, "UNAUTHENTICATED", "The access token is not valid or has expired")
        if "x-broken" in connection.headers:
            raise RuntimeError("secret word")
        return house

    async def connected(context: Any) -> None:
        return

    def page(request: Request) -> Response:
        return HTMLResponse("<p>the page</p>")

    return GraphQLView(schema, make_context=make_context, connected=connected, page=page, documents=documents)


@asynccontextmanager
async def serving(house: House, documents: PersistedDocuments | None = None) -> AsyncIterator[Served]:
    async with start_serving(make_view(house, documents)) as served:
        yield served
