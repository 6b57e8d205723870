"""Operations over a socket: each by itself, in both protocols."""

import asyncio
import hashlib
import json

import pytest
import structlog

from app.wire.persisted import MemoryStore, PersistedDocuments
from app.wire.sockets.conversation import SocketLimits
from tests.wire.socket_peer import BEFORE, TODAY, Dialect, Peer
from tests.wire.socket_world import World, endpoint


@pytest.fixture(params=[TODAY, BEFORE], ids=str)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    found: Dialect = request.param
    return found


@pytest.fixture
def world() -> World:
    return World()


# Results


async def test_a_query_is_answered_by_its_result_and_its_end(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        query = "query Other { who } query Hello($name: String!) { hello(name: $name) }"
        await peer.ask(query, "a", variables={"name": "Ada"}, operationName="Hello")
        assert await peer.data("a") == {"hello": "hello Ada"}
        await peer.completed("a")
        await peer.hears_nothing()


async def test_null_is_as_good_as_nothing(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("{ hello }", variables=None, operationName=None, extensions=None)
        assert await peer.data() == {"hello": "hello you"}
        await peer.completed()


async def test_a_subscription_is_answered_by_its_events_and_its_end(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("subscription { count(to: 3) }")
        assert [await peer.data() for _ in range(3)] == [{"count": 0}, {"count": 1}, {"count": 2}]
        await peer.completed()


async def test_a_resolver_that_fails_leaves_a_result_with_errors(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("{ broken }")
        result = await peer.next()
        assert result["data"] is None
        assert [(error["path"], error["extensions"]["code"]) for error in result["errors"]] == [(["broken"], "BROKEN")]
        await peer.completed()


async def test_extensions_are_passed_on(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("{ hello }", extensions={"trace": {"id": 7}})
        await peer.data()
        await peer.completed()
    assert world.asked_with == [{"trace": {"id": 7}}]


async def test_a_result_that_comes_in_parts_is_a_message_each(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask('{ person { name ... @defer(label: "later") { story } } }')
        first = await peer.next()
        assert (first["data"], first["hasNext"]) == ({"person": {"name": "Ada"}}, True)
        assert first["pending"] == [{"id": "0", "path": ["person"], "label": "later"}]
        rest = await peer.next()
        assert rest["hasNext"] is False
        assert rest["incremental"][0]["data"] == {"story": "long"}
        assert rest["completed"] == [{"id": "0"}]
        await peer.completed()


# Refusals: each ends its own operation, and nothing else

WRONG = {
    "a syntax error": ("{ hello", "Syntax Error"),
    "an unknown field": ("{ nothing }", "Cannot query field 'nothing'"),
    "a variable too few": ("query ($name: String!) { hello(name: $name) }", "'$name'"),
    "only a fragment": ("fragment A on Query { hello }", ""),
    "nothing": ("", ""),
    "a syntax error in a subscription": ("subscription {", "Syntax Error"),
    "a subscription refused before its first event": ("subscription { refused }", "not for you"),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_not_executed_ends_with_an_error_and_its_neighbours_go_on(
    world: World, dialect: Dialect, what: str
) -> None:
    query, message = WRONG[what]
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("subscription { watch }", "mine")
        await peer.data("mine")
        await peer.ask(query, "a")
        assert message in (await peer.error("a"))["message"]
        await peer.hears_nothing()
        assert await peer.still_works("a")
    assert world.noted == ["watch began", "watch ended"]


async def test_a_subscription_that_fails_in_its_course_says_so_and_ends(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("subscription { failing }")
        assert await peer.data() == {"failing": 1}
        last = await peer.next()
        assert last["data"] is None
        assert last["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
        await peer.completed()


async def test_a_failure_of_ours_is_masked_and_logged_once(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        with structlog.testing.capture_logs() as lines:
            await peer.ask("subscription BreakAfterOne { count }")
            assert await peer.data() == {"count": 0}
            error = await peer.error()
        assert error["extensions"]["code"] == "INTERNAL"
        assert "secret" not in json.dumps(error)
        assert [line["log_level"] for line in lines] == ["error"]
        assert await peer.still_works()


async def test_more_operations_than_a_socket_carries_are_refused(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world, limits=SocketLimits(operations=2)), dialect) as peer:
        for id in ("a", "b"):
            await peer.ask("subscription { watch }", id)
            await peer.data(id)
        await peer.ask("{ hello }", "c")
        assert (await peer.error("c"))["extensions"] == {"code": "RATE_LIMITED", "status": 429}
        await peer.stop("a")
        if dialect is BEFORE:
            await peer.completed("a")
        assert await peer.still_works("c")


async def test_what_takes_its_time_to_end_is_bounded_too(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world, limits=SocketLimits(operations=2)), dialect) as peer:
        for number in range(4):
            await peer.ask("subscription { lingering }", str(number))
            await peer.data(str(number))
            await peer.stop(str(number))
            if dialect is BEFORE:
                await peer.completed(str(number))
        await peer.ask("{ hello }", "more")
        assert (await peer.error("more"))["extensions"]["code"] == "RATE_LIMITED"
        world.gate.set()
        await world.until_noted("lingering ended")
        await asyncio.sleep(0)
        assert await peer.still_works()


async def test_a_hundred_is_what_a_socket_carries() -> None:
    assert SocketLimits().operations == 100


# Ids


async def test_an_id_that_is_in_use_closes_with_4409(world: World) -> None:
    async with Peer.connected(endpoint(world)) as peer:
        await peer.ask("subscription { watch }", "x" * 5_000)
        await peer.data("x" * 5_000)
        await peer.ask("{ hello }", "x" * 5_000)
        assert await peer.ended() == 4409
        await peer.returned()
    assert world.noted == ["watch began", "watch ended"]


async def test_in_the_old_protocol_an_id_that_is_in_use_starts_anew(world: World) -> None:
    async with Peer.connected(endpoint(world), BEFORE) as peer:
        await peer.ask('subscription { watch(name: "first") }')
        assert await peer.data() == {"watch": "first"}
        await peer.ask('subscription { watch(name: "second") }')
        assert await peer.data() == {"watch": "second"}
        await world.until_noted("first ended")
        await peer.hears_nothing()


async def test_the_id_of_an_operation_that_is_over_is_free(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        for _ in range(3):
            assert await peer.still_works("same")
        await peer.ask("{ nothing }", "same")
        await peer.error("same")
        assert await peer.still_works("same")


@pytest.mark.parametrize("id", ["", '"}', "\\", "é\u2028☃", "null"])
async def test_an_id_is_given_back_as_it_was(world: World, dialect: Dialect, id: str) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        assert await peer.still_works(id)


# Stopping


async def test_stopping_ends_what_the_operation_held_and_nothing_more_is_sent(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("subscription { watch }")
        await peer.data()
        await peer.stop()
        if dialect is BEFORE:  # whose clients wait for it
            await peer.completed()
        await world.until_noted("watch ended")
        await peer.hears_nothing()
        assert await peer.still_works("1")


async def test_stopping_what_is_not_there_changes_nothing(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.stop("nobody")
        assert await peer.still_works()
        await peer.stop("still")
        await peer.hears_nothing()


async def test_what_takes_its_time_to_end_holds_nobody_up(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("subscription { lingering }")
        await peer.data()
        await peer.stop()
        if dialect is BEFORE:
            await peer.completed()
        assert await peer.still_works("1")
        assert world.noted == []
        world.gate.set()
        await world.until_noted("lingering ended")


async def test_what_does_not_let_itself_be_stopped_is_not_heard(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("subscription { stubborn }")
        await peer.data()
        await peer.stop()
        if dialect is BEFORE:
            await peer.completed()
        await world.until_noted("stubborn goes on")
        await peer.hears_nothing()
        assert "stubborn was listened to" not in world.noted


async def test_a_query_can_be_stopped_too(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("{ gated }")
        await peer.stop()
        if dialect is BEFORE:
            await peer.completed()
        world.gate.set()
        await peer.hears_nothing()


async def test_a_slow_operation_holds_nobody_up(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("{ gated }", "slow")
        assert await peer.still_works()
        world.gate.set()
        assert await peer.data("slow") == {"gated": "open"}
        await peer.completed("slow")


async def test_a_client_that_vanishes_leaves_nothing_behind(world: World, dialect: Dialect) -> None:
    served = endpoint(world)
    async with Peer.connected(served, dialect) as peer:
        for number in range(5):
            await peer.ask(f'subscription {{ watch(name: "{number}") }}', str(number))
            await peer.data(str(number))
        peer.vanish()
        await peer.returned()
        assert sorted(note for note in world.noted if str(note).endswith("ended")) == [f"{n} ended" for n in range(5)]


async def test_a_server_that_gives_up_waiting_leaves_nothing_behind(world: World, dialect: Dialect) -> None:
    async with Peer.connected(endpoint(world), dialect) as peer:
        await peer.ask("subscription { watch }")
        await peer.data()
        assert peer._call is not None
        peer._call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await peer.returned()
        assert "watch ended" in world.noted
        peer._call = asyncio.create_task(asyncio.sleep(0))


# Documents by their hash

HELLO = "{ hello }"
HASH = hashlib.sha256(HELLO.encode()).hexdigest()
BY_HASH = {"persistedQuery": {"version": 1, "sha256Hash": HASH}}


async def test_a_document_is_remembered_by_its_hash(world: World, dialect: Dialect) -> None:
    served = endpoint(world, documents=PersistedDocuments(MemoryStore()))
    async with Peer.connected(served, dialect) as peer:
        payload = {"extensions": BY_HASH}
        await peer.say({"id": "a", "type": dialect.start, "payload": payload})
        assert (await peer.error("a"))["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        await peer.ask(HELLO, "a", **payload)
        assert await peer.data("a") == {"hello": "hello you"}
        await peer.completed("a")
        for again in (payload, payload | {"query": ""}, payload | {"query": None}, {"documentId": f"sha256:{HASH}"}):
            await peer.say({"id": "b", "type": dialect.start, "payload": again})
            assert await peer.data("b") == {"hello": "hello you"}
            await peer.completed("b")


async def test_a_document_that_is_wrong_is_not_remembered(world: World, dialect: Dialect) -> None:
    wrong = "{ nothing }"
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(wrong.encode()).hexdigest()}}
    async with Peer.connected(endpoint(world, documents=PersistedDocuments(MemoryStore())), dialect) as peer:
        await peer.ask(wrong, extensions=extensions)
        await peer.error()
        await peer.say({"id": "1", "type": dialect.start, "payload": {"extensions": extensions}})
        assert (await peer.error())["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_only_trusted_documents_are_executed(world: World, dialect: Dialect) -> None:
    served = endpoint(world, documents=PersistedDocuments(trusted={HASH: HELLO}))
    async with Peer.connected(served, dialect) as peer:
        await peer.say({"id": "a", "type": dialect.start, "payload": {"documentId": HASH}})
        assert await peer.data("a") == {"hello": "hello you"}
        await peer.completed("a")
        await peer.ask("{ who }", "b")
        assert (await peer.error("b"))["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
