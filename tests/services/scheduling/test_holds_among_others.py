"""Holds beside seats and other holds: in one slot, in one moment, and one after the other."""

import asyncio

import pytest

from tests.holding import (
    ELEVEN,
    NINE,
    TEN,
    extend,
    held,
    hold,
    holds,
    let_holds_expire,
    open_coach,
    release,
    seats_are_numbered,
    shown,
)
from tests.operations import book, booked, cancelled, moved
from tests.practice import Practice
from tests.services.scheduling.together import at_once, at_the_first_try


async def test_ten_extensions_at_once_are_one(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    hold_id = await held(practice, member, coach)

    answers = await at_once(*(extend(practice, member, hold_id) for _ in range(10)))

    assert sorted(answer["__typename"] for answer in answers) == ["HoldNotExtendable"] * 9 + ["SlotHold"]
    assert await practice.rows("SELECT extract(epoch FROM expires_at - created_at)::int FROM slot_holds") == [(600,)]


async def test_one_moves_ones_hold_to_an_overlapping_start(practice: Practice) -> None:
    coach = await open_coach(practice, slot_interval_minutes=30)
    member = await practice.member(coach)
    await held(practice, member, coach, NINE)

    with at_the_first_try():
        await held(practice, member, coach, "2026-03-02T09:30:00Z")

    assert [each["startsAt"] for each in await holds(practice, member)] == ["2026-03-02T09:30:00Z"]
    await seats_are_numbered(practice)


async def test_a_hold_that_expired_weeks_away_is_no_hindrance(practice: Practice) -> None:
    """It is out of the range that is read around the new start."""
    coach = await open_coach(practice)
    member = await practice.member(coach)
    await held(practice, member, coach, "2026-03-23T09:00:00Z")
    await let_holds_expire(practice)

    with at_the_first_try():
        await held(practice, member, coach, NINE)

    assert await practice.count("slot_holds") == await practice.count("calendar_seats") == 1
    await seats_are_numbered(practice)


async def test_holders_race_for_the_last_place(practice: Practice) -> None:
    coach = await open_coach(practice, seats=3)
    members = await practice.members(12, coach)

    with at_the_first_try():
        answers = await at_once(*(hold(practice, member, coach) for member in members))

    assert sorted(answer["__typename"] for answer in answers) == ["SlotFull"] * 9 + ["SlotHold"] * 3
    assert await shown(practice, coach, coach) == (0, 3, 0, "FULL")
    await seats_are_numbered(practice)


async def test_holders_and_bookers_of_one_group_share_the_places(practice: Practice) -> None:
    coach = await open_coach(practice, seats=5)
    members = await practice.members(12, coach)

    with at_the_first_try():
        answers = await at_once(
            *(
                hold(practice, member, coach) if number % 2 else book(practice, member, coach, NINE)
                for number, member in enumerate(members)
            )
        )

    assert sorted(answer["__typename"] for answer in answers) == ["Booking"] * 3 + ["SlotFull"] * 7 + ["SlotHold"] * 2
    assert await shown(practice, coach, coach) == (3, 2, 0, "FULL")
    await seats_are_numbered(practice)


async def test_a_double_click_holds_once(practice: Practice) -> None:
    coach = await open_coach(practice, seats=5)
    member = await practice.member(coach)

    answers = await at_once(*(hold(practice, member, coach) for _ in range(5)))

    assert len({answer["id"] for answer in answers}) == 1
    assert await practice.count("calendar_seats") == 1


async def test_one_member_at_two_starts_at_once_holds_one(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)

    answers = await at_once(*(hold(practice, member, coach, start) for start in (NINE, TEN, ELEVEN)))

    assert {answer["__typename"] for answer in answers} == {"SlotHold"}
    assert len(await holds(practice, member)) == 1
    await seats_are_numbered(practice)


@pytest.mark.parametrize("ending", ["released", "booked", "expired", "elsewhere"])
async def test_a_hold_in_the_middle_of_a_group_leaves_no_gap(practice: Practice, ending: str) -> None:
    coach = await open_coach(practice, seats=4)
    one, two, three, four = await practice.members(4, coach)
    session = await booked(practice, one, coach, NINE)
    hold_id = await held(practice, two, coach)
    last_hold = await held(practice, three, coach)
    await booked(practice, four, coach, NINE)

    if ending == "released":
        await release(practice, two, hold_id)
    elif ending == "booked":
        await booked(practice, two, coach, NINE, holdId=hold_id)
    elif ending == "elsewhere":
        await held(practice, two, coach, TEN)
    else:
        await let_holds_expire(practice, two)
        await booked(practice, two, coach, NINE)

    await seats_are_numbered(practice)
    await cancelled(practice, one, session)
    await seats_are_numbered(practice)
    assert (await extend(practice, three, last_hold))["__typename"] == "SlotHold"
    await booked(practice, three, coach, NINE, holdId=last_hold)
    await seats_are_numbered(practice)


async def test_one_places_session_moves_while_others_are_held_around_it(practice: Practice) -> None:
    coach = await open_coach(practice, seats=3)
    one, two, three = await practice.members(3, coach)
    await held(practice, one, coach)
    session = await booked(practice, two, coach, NINE)
    await held(practice, three, coach)

    assert (await moved(practice, two, session, TEN))["__typename"] == "Session"
    await seats_are_numbered(practice)
    assert (await moved(practice, two, session, NINE))["__typename"] == "Session"
    await seats_are_numbered(practice)


async def test_a_session_is_not_moved_onto_a_held_place(practice: Practice) -> None:
    coach = await open_coach(practice)
    one, other = await practice.members(2, coach)
    session = await booked(practice, one, coach, NINE)
    await held(practice, other, coach, TEN)

    assert (await moved(practice, one, session, TEN))["code"] == "SLOT_FULL"


async def test_a_hold_given_up_goes_to_the_one_in_the_same_group_who_asks_after(practice: Practice) -> None:
    coach = await open_coach(practice)
    one, other = await practice.members(2, coach)
    await held(practice, one, coach, NINE)

    with at_the_first_try():
        answers = await asyncio.gather(hold(practice, one, coach, TEN), hold(practice, other, coach, NINE))

    assert [answer["__typename"] for answer in answers] == ["SlotHold", "SlotHold"]
    await seats_are_numbered(practice)
