"""Shared subscriptions: an event is executed and encoded once for all who ask the same and may see the same."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest
import strawberry

from app.wire.encoding import encode_result
from app.wire.limits import Limits
from app.wire.schema import WireSchema
from app.wire.sharing import MOST_ANSWERS, EncodedResult, shared

WATCH = "subscription ($loud: Boolean = false) { news { number text(loud: $loud) } }"


class News:
    """One object for all who watch."""

    def __init__(self, number: int) -> None:
        self.number = number


class Viewer:
    def __init__(self, group: str = "all", *, fails: bool = False) -> None:
        self.group, self.fails = group, fails


TOLD: list[tuple[str, int]] = []


@strawberry.type(name="News")
class NewsType:
    number: int

    @strawberry.field
    def text(self, info: strawberry.Info, loud: bool = False) -> str | None:
        viewer = info.context["viewer"]
        TOLD.append((viewer.group, self.number))
        if viewer.fails:
            raise ValueError("this one fails")
        return f"for {viewer.group}{'!' if loud else ''}"

    @strawberry.field
    async def slow(self, info: strawberry.Info) -> str:
        TOLD.append(("slow", self.number))
        await info.context["gate"].wait()
        return "at last"


def subscribers(group: Any = None) -> Any:
    visibility = {} if group is None else {"visibility": group}

    async def news(info: strawberry.Info) -> AsyncIterator[Any]:
        for each in info.context["source"]:
            yield each

    return strawberry.subscription(news, graphql_type=NewsType, metadata=shared(**visibility))


@strawberry.type
class Query:
    version: int = 1


def schema_of(group: Any = None) -> WireSchema:
    kind = type("Subscription", (), {"news": subscribers(group), "__annotations__": {}})
    return WireSchema(query=Query, subscription=strawberry.type(kind))


BY_GROUP = schema_of(lambda context: context["viewer"].group)


@pytest.fixture(autouse=True)
def _nothing_told() -> None:
    TOLD.clear()


async def watch(schema: WireSchema, source: list[Any], viewer: Viewer, text: str = WATCH, **options: Any) -> list[Any]:
    gate = options.pop("gate", None)
    context = {"source": source, "viewer": viewer, "gate": gate}
    return [result async for result in await schema.stream(text, context_value=context, **options)]


async def test_an_event_is_executed_and_encoded_once_for_all_who_ask_the_same() -> None:
    source = [News(1), News(2)]

    answers = [await watch(BY_GROUP, source, Viewer()) for _ in range(5)]

    assert TOLD == [("all", 1), ("all", 2)]
    first = answers[0]
    assert [encode_result(each) for each in first] == [
        b'{"data":{"news":{"number":1,"text":"for all"}}}',
        b'{"data":{"news":{"number":2,"text":"for all"}}}',
    ]
    assert all(a.encoded is b.encoded for other in answers for a, b in zip(first, other, strict=True))
    assert first[0].data == {"news": {"number": 1, "text": "for all"}}


async def test_viewers_with_different_rights_never_share() -> None:
    source = [News(1)]

    theirs = await watch(BY_GROUP, source, Viewer("theirs"))
    ours = await watch(BY_GROUP, source, Viewer("ours"))
    again = await watch(BY_GROUP, source, Viewer("theirs"))

    assert [each[0].data["news"]["text"] for each in (theirs, ours, again)] == ["for theirs", "for ours", "for theirs"]
    assert TOLD == [("theirs", 1), ("ours", 1)]


@pytest.mark.parametrize(
    "other",
    [
        {"variable_values": {"loud": True}},
        {"text": WATCH + " "},
        {"text": "subscription { news { number } }"},
        {"operation_extensions": {"any": 1}},  # which a resolver may read
    ],
)
async def test_who_asks_something_else_does_not_share(other: dict[str, Any]) -> None:
    source = [News(1)]

    (one,) = await watch(BY_GROUP, source, Viewer())
    (another,) = await watch(BY_GROUP, source, Viewer(), **other)

    assert one.encoded is not getattr(another, "encoded", None)


async def test_equal_events_are_not_the_same_event() -> None:
    (one,) = await watch(BY_GROUP, [News(1)], Viewer())
    (another,) = await watch(BY_GROUP, [News(1)], Viewer())

    assert one.encoded == another.encoded
    assert TOLD == [("all", 1)] * 2


async def test_a_failure_is_nobody_elses() -> None:
    source = [News(1)]

    (failed,) = await watch(BY_GROUP, source, Viewer(fails=True))
    (whole,) = await watch(BY_GROUP, source, Viewer())

    assert [error.message for error in failed.errors] == ["this one fails"]
    assert not isinstance(failed, EncodedResult)
    assert whole.errors is None
    assert whole.data["news"]["text"] == "for all"


async def test_an_event_that_nobody_can_hold_weakly_is_executed_for_each() -> None:
    answers = [await watch(BY_GROUP, [{"number": 1}], Viewer(), "subscription { news { __typename } }") for _ in "ab"]

    assert [each[0].data for each in answers] == [{"news": {"__typename": "News"}}] * 2


SLOW = "subscription { news { slow } }"


async def test_those_who_ask_while_it_is_executed_wait_for_it() -> None:
    source, gate = [News(1)], asyncio.Event()

    asking = [asyncio.create_task(watch(BY_GROUP, source, Viewer(), SLOW, gate=gate)) for _ in range(20)]
    await asyncio.sleep(0.01)
    gate.set()
    answers = await asyncio.gather(*asking)

    assert TOLD == [("slow", 1)]
    assert {encode_result(each[0]) for each in answers} == {b'{"data":{"news":{"slow":"at last"}}}'}


async def test_when_the_one_who_executes_goes_away_the_others_are_answered() -> None:
    source, gate = [News(1)], asyncio.Event()

    asking = [asyncio.create_task(watch(BY_GROUP, source, Viewer(), SLOW, gate=gate)) for _ in range(5)]
    await asyncio.sleep(0.01)
    asking[0].cancel()
    await asyncio.sleep(0.01)
    gate.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)

    assert isinstance(answers[0], asyncio.CancelledError)
    assert TOLD == [("slow", 1)] * 2  # by the one who went, and by the first of the others
    assert [each[0].data for each in answers[1:]] == [{"news": {"slow": "at last"}}] * 4  # type: ignore[index]


async def test_when_it_fails_for_the_first_each_is_answered_for_themselves() -> None:
    source = [News(1)]

    failing = [await watch(BY_GROUP, source, Viewer(fails=True)) for _ in range(3)]
    whole = [await watch(BY_GROUP, source, Viewer()) for _ in range(3)]

    assert [len(each[0].errors) for each in failing] == [1, 1, 1]
    assert [each[0].data["news"]["text"] for each in whole] == ["for all"] * 3


async def test_a_few_answers_of_an_event_are_kept_and_no_more() -> None:
    source = [News(1)]

    for number in range(3 * MOST_ANSWERS):
        (result,) = await watch(BY_GROUP, source, Viewer(), f"subscription {{ news {{ a{number}: number }} }}")
        assert result.data == {"news": {f"a{number}": 1}}

    assert len(BY_GROUP._shared._of(source[0]) or ()) == MOST_ANSWERS


async def test_events_that_compare_equal_are_still_two() -> None:
    class Row(News):
        def __eq__(self, other: object) -> bool:
            return isinstance(other, Row)

        def __hash__(self) -> int:
            return 1

    one, other = Row(1), Row(2)

    answers = await watch(BY_GROUP, [one, other, one], Viewer(), "subscription { news { number } }")

    assert [each.data["news"]["number"] for each in answers] == [1, 2, 1]


async def test_the_cost_is_told_to_who_asks_for_it_only() -> None:
    schema, source = schema_of(), [News(1)]
    schema.limits = Limits()

    (untold,) = await watch(schema, source, Viewer())
    (told,) = await watch(schema, source, Viewer(), operation_extensions={"cost": True})

    assert told.data == untold.data
    assert b'"extensions":{"cost":{"cost":3' in encode_result(told)
    assert b"extensions" not in encode_result(untold)


async def test_answers_go_with_their_events() -> None:
    schema, source = schema_of(), [News(1)]
    await watch(schema, source, Viewer())
    assert len(schema._shared) == 1

    source.clear()
    gc.collect()

    assert len(schema._shared) == 0


async def test_a_subscription_that_says_nothing_of_sharing_shares_nothing() -> None:
    @strawberry.type
    class Subscription:
        @strawberry.subscription(graphql_type=NewsType)
        async def news(self, info: strawberry.Info) -> AsyncIterator[Any]:
            for each in info.context["source"]:
                yield each

    schema, source = WireSchema(query=Query, subscription=Subscription), [News(1)]

    answers = [await watch(schema, source, Viewer(group)) for group in ("a", "b")]

    assert [each[0].data["news"]["text"] for each in answers] == ["for a", "for b"]
