"""`waitingListOffer`: where one stands in line, and what one is offered, live."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.api import schema
from app.platform.settings import Settings
from tests.operations import add_window, booked, cancelled
from tests.practice import Person, Practice

NINE = "2026-03-02T09:00:00Z"
WATCH = (
    "subscription { waitingListOffer { isSnapshot entries { id status position startsAt hold { id isOffer }"
    " member { id } coach { id } } } }"
)
JOIN = (
    "mutation ($input: JoinWaitingListInput!) { joinWaitingList(input: $input) { __typename"
    " ... on WaitingListEntry { id status } } }"
)
LEAVE = (
    "mutation ($input: LeaveWaitingListInput!) { leaveWaitingList(input: $input) { __typename"
    " ... on WaitingListEntry { id status } } }"
)
EXPIRE = (
    "UPDATE slot_holds SET created_at = created_at - interval '1 day', expires_at = now() - interval '1 second'"
    " RETURNING id",
    "UPDATE calendar_seats t SET held_until = h.expires_at FROM slot_holds h WHERE h.coach_id = t.coach_id"
    " AND h.starts_at = t.starts_at AND h.seat_no = t.seat_no RETURNING t.seat_no",
)


@asynccontextmanager
async def watching(practice: Practice, who: Person) -> AsyncIterator["asyncio.Queue[dict[str, Any]]"]:
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    stream = await schema.subscribe(WATCH, context_value=practice.context(who))

    async def follow() -> None:
        async for result in stream:  # type: ignore[union-attr]
            assert not result.errors, result.errors
            messages.put_nowait(result.data["waitingListOffer"])

    following = asyncio.create_task(follow())
    try:
        yield messages
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def next_of(messages: "asyncio.Queue[dict[str, Any]]") -> dict[str, Any]:
    async with asyncio.timeout(5):
        return await messages.get()


async def only_entry(messages: "asyncio.Queue[dict[str, Any]]") -> dict[str, Any]:
    (entry,) = (await next_of(messages))["entries"]
    return dict(entry)


async def joined(practice: Practice, who: Person, coach: Person) -> str:
    answer = await practice.ask(JOIN, who, input={"coachId": coach.id, "startsAt": NINE})
    assert answer["__typename"] == "WaitingListEntry", answer
    return str(answer["id"])


async def full_slot(practice: Practice, waiting: int) -> tuple[Person, Person, str, list[Person]]:
    """A coach, who sits in the only place at nine, the session, and others."""
    coach = await practice.coach()
    await add_window(practice, coach)
    sitting, *others = await practice.members(waiting + 1, coach)
    return coach, sitting, await booked(practice, sitting, coach, NINE), others


async def test_who_waits_sees_the_line_move_and_the_offer_come(practice: Practice) -> None:
    coach, sitting, session_id, (first, second) = await full_slot(practice, 2)
    entry_of_first = await joined(practice, first, coach)

    async with watching(practice, first) as of_first, watching(practice, second) as of_second:
        snapshot = await next_of(of_first)
        assert snapshot["isSnapshot"]
        assert [(each["status"], each["position"]) for each in snapshot["entries"]] == [("WAITING", 1)]
        assert await next_of(of_second) == {"isSnapshot": True, "entries": []}

        await joined(practice, second, coach)
        waiting = await only_entry(of_second)
        assert (waiting["status"], waiting["position"], waiting["hold"]) == ("WAITING", 2, None)

        await cancelled(practice, sitting, session_id)
        offered = await only_entry(of_first)
        assert (offered["status"], offered["position"], offered["hold"]["isOffer"]) == ("OFFERED", None, True)
        assert (await only_entry(of_second))["position"] == 1

        await practice.ask(LEAVE, first, input={"entryId": entry_of_first})
        assert (await only_entry(of_first))["status"] == "LEFT"
        assert (await only_entry(of_second))["status"] == "OFFERED"
        assert of_first.empty(), "what is over is told of once, and others' lines never"


async def test_an_offer_that_is_let_pass_goes_to_the_next_who_hears_of_it_in_another_process(
    practice: Practice, settings: Settings
) -> None:
    coach, sitting, session_id, (first, second) = await full_slot(practice, 2)
    await joined(practice, first, coach)
    await joined(practice, second, coach)
    await cancelled(practice, sitting, session_id)

    async with (
        Practice.opened(settings, practice.clock, emptied=False) as elsewhere,
        watching(elsewhere, first) as of_first,
        watching(elsewhere, second) as of_second,
    ):
        assert (await only_entry(of_first))["status"] == "OFFERED"
        assert (await only_entry(of_second))["status"] == "WAITING"

        for statement in EXPIRE:
            await practice.rows(statement)
        await practice.application.settling.once()

        assert (await only_entry(of_first))["status"] == "LAPSED"
        assert (await only_entry(of_second))["status"] == "OFFERED"


async def test_only_members_wait(practice: Practice) -> None:
    coach = await practice.coach()

    (of_a_coach,) = await practice.subscribe(WATCH, coach)
    (of_a_stranger,) = await practice.subscribe(WATCH)

    assert of_a_coach["extensions"]["code"] == "FORBIDDEN"
    assert of_a_stranger["extensions"]["code"] == "UNAUTHENTICATED"
