"""Subscriptions that have joined: told all at once, without a task each, and each as far as its reader keeps up."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError

from app.wire.groups import ANSWERED_AT_ONCE, WRITTEN_AT_ONCE, Group, Member, Seat
from app.wire.schema import WireSchema
from app.wire.sharing import shared
from app.wire.sockets.endpoint import SocketEndpoint
from tests.wire.socket_peer import BEFORE, TODAY, Dialect, Peer

WATCH = "subscription { news { number text } }"
EXECUTED: list[tuple[str, int]] = []


class News:
    """One object for all who watch."""

    def __init__(self, number: int) -> None:
        self.number = number


class Reader(Member):
    __slots__ = ("board",)
    board: "Board"

    def may_be_told(self, shown: Any) -> bool:
        return self in self.board.readers

    def drained(self) -> None:
        if self.is_behind:
            self.is_behind = False
            self.board.drained.append(self)

    def leave(self) -> None:
        self.board.readers.pop(self, None)


class Board:
    """Shows its newest number; whoever opens a view gets it at once."""

    def __init__(self) -> None:
        self.newest = News(0)
        self.readers: dict[Reader, None] = {}
        self.drained: list[Reader] = []

    async def show(self, number: int) -> None:
        self.newest = News(number)
        await self.tell(list(self.readers))

    async def tell(self, readers: list[Reader]) -> None:
        groups: dict[Group, list[Reader]] = {}
        for reader in readers:
            if not reader.is_behind:
                groups.setdefault(reader.group, []).append(reader)
        for group, members in groups.items():
            await group.tell(self.newest, self.newest.number, members)

    def view(self) -> "View":
        return View(self)


class View:
    def __init__(self, board: Board) -> None:
        self._board = board
        self._has_begun = False

    def __aiter__(self) -> AsyncIterator[News]:
        return self

    async def __anext__(self) -> News:
        if self._has_begun:
            await asyncio.Event().wait()
        self._has_begun = True
        return self._board.newest

    async def aclose(self) -> None:
        return None

    def join(self, group: Group, context: Any, seat: Seat) -> Reader:
        reader = Reader(group, context, seat, self._board.newest.number)
        reader.board = self._board
        self._board.readers[reader] = None
        return reader


class Viewer:
    """A socket's context: the token says of which coach, member and user it is."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.connection_params: dict[str, Any] | None = None

    @property
    def who(self) -> dict[str, str]:
        return self.connection_params or {}


@strawberry.type(name="News")
class NewsType:
    number: int

    @strawberry.field
    def text(self, info: strawberry.Info[Viewer, None]) -> str | None:
        name = info.context.who.get("name", "somebody")
        EXECUTED.append((name, self.number))
        if name == "fails" and self.number:
            raise ValueError("this one fails")
        return f"for {name}"


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "hello you"


def schema_of(visibility: Callable[[Any], Any] | None) -> WireSchema:
    async def news(info: strawberry.Info[Viewer, None]) -> AsyncGenerator[Any, None]:
        return info.context.board.view()  # type: ignore[return-value]

    metadata = shared() if visibility is None else shared(visibility)
    field = strawberry.subscription(news, graphql_type=NewsType, metadata=metadata)
    kind = type("Subscription", (), {"news": field, "__annotations__": {}})
    return WireSchema(query=Query, subscription=strawberry.type(kind))


def endpoint(board: Board, visibility: Callable[[Any], Any] | None = None) -> SocketEndpoint:
    async def make_context(connection: Any) -> Viewer:
        return Viewer(board)

    async def connected(context: Viewer) -> None:
        return None

    return SocketEndpoint(schema_of(visibility), make_context=make_context, connected=connected, legacy=True)


class Peers:
    """Peers of one endpoint, of a server that writes at once."""

    def __init__(self, served: SocketEndpoint, stack: AsyncExitStack) -> None:
        self._served, self._stack = served, stack

    async def watching(
        self, dialect: Dialect = TODAY, *, id: str = "1", writes_at_once: bool = True, text: str = WATCH, **who: str
    ) -> Peer:
        """It has been shown the newest."""
        opened = Peer.opened(self._served, dialect, writes_at_once=writes_at_once)
        peer = await self._stack.enter_async_context(opened)
        await peer.say({"type": "connection_init", "payload": who})
        ready = "connection_ack" if dialect is TODAY else "ka"
        while (await peer.message())["type"] != ready:
            pass
        await peer.ask(text, id)
        await peer.data(id)
        await asyncio.sleep(0.01)  # it joins after it has been shown
        return peer


@pytest.fixture(autouse=True)
def _nothing_executed() -> None:
    EXECUTED.clear()


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
async def peers(board: Board) -> AsyncIterator[Peers]:
    async with AsyncExitStack() as stack:
        yield Peers(endpoint(board), stack)


@pytest.mark.parametrize("dialect", [TODAY, BEFORE], ids=str)
async def test_what_has_joined_is_executed_once_and_told_to_each_under_its_own_id(
    board: Board, peers: Peers, dialect: Dialect
) -> None:
    watching = {f"view {number}": await peers.watching(dialect, id=f"view {number}") for number in range(4)}
    EXECUTED.clear()

    await board.show(1)

    for id, peer in watching.items():
        assert await peer.data(id) == {"news": {"number": 1, "text": "for somebody"}}
    assert EXECUTED == [("somebody", 1)]


async def test_what_has_joined_has_no_task(board: Board, peers: Peers) -> None:
    first = await peers.watching()
    before = len(asyncio.all_tasks())
    for number in range(5):
        await first.ask(WATCH, f"more {number}")
        await first.data(f"more {number}")
    await asyncio.sleep(0.01)

    assert len(board.readers) == 6
    assert len(asyncio.all_tasks()) == before


async def test_more_than_are_written_to_in_one_turn_are_all_told(board: Board) -> None:
    taken: list[bytes] = []

    class Place:
        def take(self, payload: bytes) -> bool:
            taken.append(payload)
            return True

        def end(self, payload: bytes) -> None:
            raise AssertionError

    async def answer(event: Any, context: Any) -> Any:
        return strawberry.types.ExecutionResult(data={"number": event.number}, errors=None)

    group = Group(answer, lambda error: None)
    readers = [View(board).join(group, None, Place()) for _ in range(2 * WRITTEN_AT_ONCE + 1)]

    await board.show(3)

    assert taken == [b'{"data":{"number":3}}'] * len(readers)
    assert {reader.shown for reader in readers} == {3}


async def test_on_a_server_that_cannot_write_at_once_nobody_joins(board: Board, peers: Peers) -> None:
    await peers.watching(writes_at_once=False)

    assert not board.readers


@pytest.mark.parametrize("by", ["coach", "member", "user"])
async def test_who_may_not_see_the_same_is_never_told_the_same(board: Board, by: str) -> None:
    async with AsyncExitStack() as stack:
        peers = Peers(endpoint(board, lambda context: (by, context.who.get(by))), stack)
        named = {name: await peers.watching(name=name, **{by: name}) for name in ("Ada", "Bo")}
        again = await peers.watching(name="Ada", **{by: "Ada"})
        EXECUTED.clear()

        await board.show(1)

        for name, peer in [*named.items(), ("Ada", again)]:
            assert (await peer.data())["news"] == {"number": 1, "text": f"for {name}"}
        assert sorted(EXECUTED) == [("Ada", 1), ("Bo", 1)]


async def test_who_asks_something_else_is_told_something_else(board: Board, peers: Peers) -> None:
    everything, less = await peers.watching(), await peers.watching(text="subscription { news { number } }")

    await board.show(1)

    assert await everything.data() == {"news": {"number": 1, "text": "for somebody"}}
    assert await less.data() == {"news": {"number": 1}}


async def test_what_was_stopped_is_told_nothing_and_its_id_may_be_used_again(board: Board, peers: Peers) -> None:
    peer = await peers.watching()
    await peer.stop()
    assert await peer.still_works()

    await board.show(1)
    await peer.hears_nothing()
    await peer.ask(WATCH)

    assert (await peer.data())["news"]["number"] == 1


async def test_a_socket_that_is_gone_has_left(board: Board, peers: Peers) -> None:
    gone, other = await peers.watching(), await peers.watching()
    gone.vanish()
    await gone.returned()

    await board.show(1)

    assert (await other.data())["news"]["number"] == 1
    assert len(board.readers) == 1


async def test_who_does_not_keep_up_is_told_the_newest_only(board: Board, peers: Peers) -> None:
    slow, quick = await peers.watching(), await peers.watching()
    slow.reads.clear()

    for number in range(1, 6):
        await board.show(number)
        assert (await quick.data())["news"]["number"] == number
    slow.reads_again()
    assert len(board.drained) == 1
    await board.tell(board.drained)

    assert (await slow.data())["news"]["number"] == 5
    await slow.hears_nothing()


async def test_a_source_that_fails_a_member_ends_that_one(board: Board, peers: Peers) -> None:
    failed, other = await peers.watching(), await peers.watching()
    next(iter(board.readers)).fail(PermissionError("no longer"))

    payload = await failed.next()
    assert payload["data"] is None
    assert [error["message"] for error in payload["errors"]] == ["no longer"]
    await failed.completed()
    await board.show(1)
    await failed.hears_nothing()

    assert (await other.data())["news"]["number"] == 1


async def test_what_goes_wrong_for_one_does_not_for_the_others(board: Board, peers: Peers) -> None:
    failing, other = await peers.watching(name="fails"), await peers.watching(name="Ada")

    await board.show(1)

    payload = await failing.next()
    assert payload["data"] == {"news": {"number": 1, "text": None}}
    assert [error["message"] for error in payload["errors"]] == ["this one fails"]
    assert (await other.data())["news"] == {"number": 1, "text": "for Ada"}


async def test_the_loop_has_turns_while_each_is_answered_apart(board: Board) -> None:
    noted: list[str] = []

    class Place:
        def take(self, payload: bytes) -> bool:
            noted.append("t")
            return True

        def end(self, payload: bytes) -> None:
            raise AssertionError

    async def answer(event: Any, context: Any) -> Any:
        return strawberry.types.ExecutionResult(data=None, errors=[GraphQLError("wrong for everybody")])

    async def beat() -> None:
        while True:
            noted.append(" ")
            await asyncio.sleep(0)

    group = Group(answer, lambda error: None)
    for _ in range(3 * ANSWERED_AT_ONCE):
        View(board).join(group, None, Place())
    beating = asyncio.create_task(beat())
    await board.show(1)
    beating.cancel()

    assert "".join(noted).split() == ["t" * ANSWERED_AT_ONCE] * 3


async def test_the_joined_count_among_the_operations_of_a_socket(board: Board) -> None:
    async with AsyncExitStack() as stack:
        served = endpoint(board)
        peer = await Peers(served, stack).watching()
        served.served.limits = type(served.served.limits)(operations=2)
        await peer.ask(WATCH, "2")
        await peer.data("2")
        await peer.ask(WATCH, "3")

        assert (await peer.error("3"))["extensions"]["code"] == "RATE_LIMITED"


async def test_a_message_is_whole_json_whatever_the_id(board: Board, peers: Peers) -> None:
    id = 'quoted "id" with ü and \\'
    peer = await peers.watching(id=id)

    await board.show(1)

    assert await peer.message() == {
        "id": id,
        "type": "next",
        "payload": {"data": {"news": json.loads('{"number": 1, "text": "for somebody"}')}},
    }
