"""A stranger to the line neither slips in before those who wait, nor sees them."""

import asyncio

import pytest

from tests.holding import (
    NINE,
    TEN,
    entries,
    entry_of,
    full_slot,
    held,
    hold,
    holds,
    joined,
    leave,
    offered_to,
    open_coach,
    positions,
    seats_are_numbered,
)
from tests.operations import book, booked, cancelled, moved
from tests.practice import Practice
from tests.services.scheduling.together import at_the_first_try


@pytest.mark.parametrize("round_", range(3))
async def test_a_stranger_in_the_same_group_as_what_frees_the_place_does_not_get_it(
    practice: Practice, round_: int
) -> None:
    coach, first, session, (one, _two) = await full_slot(practice, slot_interval_minutes=30)
    stranger, another = await practice.members(2, coach)
    frees = cancelled(practice, first, session)
    slips = [book(practice, stranger, coach, NINE), hold(practice, another, coach, "2026-03-02T09:30:00Z")]
    slips.insert(round_, frees)  # type: ignore[arg-type]

    with at_the_first_try():
        answers = await asyncio.gather(*slips)

    assert {answer["code"] for answer in answers if answer} == {"SLOT_FULL", "SLOT_UNAVAILABLE"}
    assert await offered_to(practice, coach) == [one.id]
    await seats_are_numbered(practice)


async def test_a_stranger_in_the_same_group_as_who_gives_up_a_held_place_does_not_get_it(practice: Practice) -> None:
    coach = await open_coach(practice)
    first, one, stranger, another = await practice.members(4, coach)
    await held(practice, first, coach)
    await joined(practice, one, coach)

    with at_the_first_try():
        answers = await asyncio.gather(
            hold(practice, first, coach, TEN), book(practice, stranger, coach, NINE), hold(practice, another, coach)
        )

    assert [answer["__typename"] for answer in answers] == ["SlotHold", "SlotFull", "SlotFull"]
    assert await offered_to(practice, coach) == [one.id]
    await seats_are_numbered(practice)


async def test_a_stranger_in_the_same_group_as_who_books_a_held_place_does_not_get_the_next(practice: Practice) -> None:
    coach = await open_coach(practice, seats=2)
    one, two, three, stranger = await practice.members(4, coach)
    session = await booked(practice, one, coach, NINE)
    hold_id = await held(practice, two, coach)
    await joined(practice, three, coach)

    with at_the_first_try():
        await asyncio.gather(
            cancelled(practice, one, session),
            booked(practice, two, coach, NINE, holdId=hold_id),
            return_exceptions=False,
        )
        answer = await book(practice, stranger, coach, NINE)

    assert answer["code"] == "SLOT_FULL"
    assert await offered_to(practice, coach) == [three.id]
    await seats_are_numbered(practice)


async def test_who_gives_up_a_place_that_is_waited_for_gets_no_overlapping_one(practice: Practice) -> None:
    """It goes to who waits, and that is in the way of the other start."""
    coach = await open_coach(practice, slot_interval_minutes=30)
    one, two = await practice.members(2, coach)
    await held(practice, one, coach)
    await joined(practice, two, coach)

    with at_the_first_try():
        answer = await hold(practice, one, coach, "2026-03-02T09:30:00Z")

    assert answer["reason"] == "CONFLICTS_WITH_SESSION"
    assert [each["startsAt"] for each in await holds(practice, one)] == [NINE]


async def test_a_session_that_is_waited_for_is_moved_onto_itself(practice: Practice) -> None:
    """As after a change of how long sessions last."""
    _, first, session, (one, _) = await full_slot(practice)

    with at_the_first_try():
        answer = await moved(practice, first, session, NINE)

    assert answer["__typename"] == "Session"
    assert await positions(practice, [one]) == [("WAITING", 1)]


async def test_members_in_line_never_see_each_other(practice: Practice) -> None:
    coach, first, _, (one, two) = await full_slot(practice)
    foreign = await open_coach(practice)

    assert [entry["member"]["id"] for entry in await entries(practice, one)] == [one.id]
    assert [entry["member"]["id"] for entry in await entries(practice, one, coachId=coach.id, startsAt=NINE)] == [
        one.id
    ]
    assert await entries(practice, first) == []
    seen = await entries(practice, coach, coachId=coach.id)
    assert [(entry["member"]["id"], entry["position"]) for entry in seen] == [(one.id, 1), (two.id, 2)]
    assert await entries(practice, foreign) == []
    assert len(await entries(practice, await practice.admin())) == 2
    foreign_entry = (await entry_of(practice, two))["id"]
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await practice.refusal(node, one, id=foreign_entry))["code"] == "FORBIDDEN"
    assert await practice.ask(node, coach, id=foreign_entry) == {"id": foreign_entry}
    assert (await leave(practice, one, foreign_entry))["code"] == "NOT_IN_LINE"
    query = "query ($id: ID) { waitingListEntries(coachId: $id) { edges { cursor } } }"
    assert (await practice.refusal(query, foreign, id=coach.id))["code"] == "FORBIDDEN"
    assert (await practice.refusal(query, None, id=coach.id))["code"] == "UNAUTHENTICATED"


async def test_a_line_is_read_in_pages_and_by_where_they_stand(practice: Practice) -> None:
    coach, first, session, line = await full_slot(practice, waiting=3)
    await booked(practice, first, coach, TEN)
    await joined(practice, line[2], coach, TEN)
    await cancelled(practice, first, session)

    query = (
        "query ($after: String) { waitingListEntries(first: 2, after: $after) {"
        " edges { node { startsAt member { id } } } pageInfo { hasNextPage endCursor } } }"
    )
    page = await practice.ask(query, coach)
    rest = await practice.ask(query, coach, after=page["pageInfo"]["endCursor"])
    read = [edge["node"] for edge in [*page["edges"], *rest["edges"]]]

    assert [node["startsAt"] for node in read] == [NINE, NINE, NINE, TEN]
    assert [node["member"]["id"] for node in read] == [*(member.id for member in line), line[2].id]
    assert (page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert len(await entries(practice, coach, status=["OFFERED"])) == 1
    assert len(await entries(practice, coach, status=["WAITING", "OFFERED"])) == 4
    assert await entries(practice, coach, status=[]) == []
    assert len(await entries(practice, coach, startsAt=TEN)) == 1
