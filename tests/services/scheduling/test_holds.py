"""A place that is held counts as taken, for everybody and for as long as it is held."""

from typing import Any

import pytest

from tests.holding import (
    ELEVEN,
    NINE,
    TEN,
    bookable,
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
from tests.operations import UPDATE_COACH, UPDATE_MEMBER, UPDATE_WINDOW, add_window, book, booked
from tests.practice import Person, Practice
from tests.services.scheduling.together import version_of


async def test_a_held_place_is_nobody_elses(practice: Practice) -> None:
    coach = await open_coach(practice)
    one, other = await practice.members(2, coach)

    answer = await hold(practice, one, coach)

    assert (answer["startsAt"], answer["endsAt"], answer["isExtended"], answer["isOffer"]) == (NINE, TEN, False, False)
    assert (answer["coach"]["id"], answer["member"]["id"]) == (coach.id, one.id)
    assert await shown(practice, other, coach) == (0, 1, 0, "FULL")
    assert (await book(practice, other, coach, NINE))["code"] == "SLOT_FULL"
    assert (await hold(practice, other, coach))["code"] == "SLOT_FULL"
    await seats_are_numbered(practice)


async def test_it_is_held_for_five_minutes_of_the_databases_clock_wherever_ours_stands(practice: Practice) -> None:
    coach = await open_coach(practice)
    await held(practice, await practice.member(coach), coach)

    assert await practice.rows("SELECT extract(epoch FROM expires_at - created_at)::int FROM slot_holds") == [(300,)]
    assert await practice.rows("SELECT created_at > now() - interval '1 minute' FROM slot_holds") == [(True,)]
    assert await practice.count("calendar_seats t", "held_until = (SELECT expires_at FROM slot_holds)") == 1


@pytest.mark.parametrize("is_named", [True, False])
async def test_the_holder_books_it(practice: Practice, is_named: bool) -> None:
    coach = await open_coach(practice)
    one, other = await practice.members(2, coach)
    hold_id = await held(practice, one, coach)

    answer = await book(practice, one, coach, NINE, **({"holdId": hold_id} if is_named else {}))

    assert answer["__typename"] == "Booking"
    assert await shown(practice, other, coach) == (1, 0, 0, "FULL")
    assert await practice.count("slot_holds") == 0
    await seats_are_numbered(practice)


async def test_anothers_hold_an_expired_one_and_a_used_one_are_said_alike_to_be_over(practice: Practice) -> None:
    coach = await open_coach(practice, seats=2)
    one, other = await practice.members(2, coach)
    hold_id = await held(practice, one, coach)

    async def refused(who: Person) -> set[str]:
        answers = [
            await book(practice, who, coach, NINE, holdId=hold_id),
            await extend(practice, who, hold_id),
            await release(practice, who, hold_id),
        ]
        return {answer["code"] for answer in answers}

    assert await refused(other) == {"HOLD_EXPIRED"}
    await let_holds_expire(practice)
    assert await refused(one) == {"HOLD_EXPIRED"}
    hold_id = await held(practice, one, coach)
    await booked(practice, one, coach, NINE, holdId=hold_id)
    assert await refused(one) == {"HOLD_EXPIRED"}
    assert await practice.count("bookings") == 1
    await seats_are_numbered(practice)


async def test_a_hold_of_one_start_books_no_other(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    hold_id = await held(practice, member, coach)

    assert (await book(practice, member, coach, TEN, holdId=hold_id))["code"] == "HOLD_EXPIRED"
    await booked(practice, member, coach, TEN)

    assert await shown(practice, coach, coach, NINE) == (0, 1, 0, "FULL")
    await seats_are_numbered(practice)


async def test_an_expired_hold_counts_for_nobody_though_nothing_is_written(practice: Practice) -> None:
    coach = await open_coach(practice)
    one, other = await practice.members(2, coach)
    await held(practice, one, coach)
    version = await version_of(practice, coach)
    assert [await bookable(practice, who, coach) for who in (other, coach)] == [[TEN, ELEVEN]] * 2

    await let_holds_expire(practice)

    assert [await bookable(practice, who, coach) for who in (one, other, coach)] == [[NINE, TEN, ELEVEN]] * 3
    assert await shown(practice, other, coach) == (0, 0, 1, None)
    assert await version_of(practice, coach) == version
    await booked(practice, other, coach, NINE)
    assert await practice.count("slot_holds") == 0
    await seats_are_numbered(practice)


async def test_an_expired_hold_blocks_no_overlapping_start(practice: Practice) -> None:
    coach = await open_coach(practice, slot_interval_minutes=30)
    one, other = await practice.members(2, coach)
    await held(practice, one, coach)
    half_past = "2026-03-02T09:30:00Z"
    assert (await book(practice, other, coach, half_past))["reason"] == "CONFLICTS_WITH_SESSION"

    await let_holds_expire(practice)

    await booked(practice, other, coach, half_past)
    await seats_are_numbered(practice)


async def test_a_hold_is_extended_once_by_five_minutes(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    hold_id = await held(practice, member, coach)

    extended, again = await extend(practice, member, hold_id), await extend(practice, member, hold_id)

    assert (extended["__typename"], extended["isExtended"], again["code"]) == ("SlotHold", True, "HOLD_NOT_EXTENDABLE")
    assert await practice.rows("SELECT extract(epoch FROM expires_at - created_at)::int FROM slot_holds") == [(600,)]
    await seats_are_numbered(practice)


async def test_what_is_released_is_free_again(practice: Practice) -> None:
    coach = await open_coach(practice)
    one, other = await practice.members(2, coach)
    hold_id = await held(practice, one, coach)

    assert await release(practice, one, hold_id) == {"__typename": "Removed", "id": hold_id}
    assert (await release(practice, one, hold_id))["code"] == "HOLD_EXPIRED"

    await booked(practice, other, coach, NINE)
    await seats_are_numbered(practice)


async def test_who_holds_the_place_already_keeps_it_as_it_is(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    first = await hold(practice, member, coach)
    version = await version_of(practice, coach)

    assert await hold(practice, member, coach) == first
    assert await version_of(practice, coach) == version


async def test_a_member_holds_one_place_of_a_coach_and_gives_up_the_one_before(practice: Practice) -> None:
    coach, another = await open_coach(practice), await open_coach(practice, booking_audience="MEMBERS")
    member = await practice.member(coach)
    await held(practice, member, coach, NINE)
    await held(practice, member, another, NINE)

    await held(practice, member, coach, TEN)

    assert [each["startsAt"] for each in await holds(practice, member)] == [NINE, TEN]
    assert await bookable(practice, coach, coach) == [NINE, ELEVEN]
    await seats_are_numbered(practice)


async def test_a_refused_hold_gives_up_nothing(practice: Practice) -> None:
    coach = await open_coach(practice)
    one, other = await practice.members(2, coach)
    hold_id = await held(practice, one, coach, NINE)
    await booked(practice, other, coach, TEN)

    assert (await hold(practice, one, coach, TEN))["code"] == "SLOT_FULL"
    assert (await hold(practice, one, coach, "2026-03-02T09:30:00Z"))["reason"] == "NOT_A_SLOT_START"

    await booked(practice, one, coach, NINE, holdId=hold_id)


async def test_a_slot_that_became_too_soon_while_it_was_held_is_still_booked(practice: Practice) -> None:
    coach = await open_coach(practice, min_notice_minutes=60)
    one, other = await practice.members(2, coach)
    hold_id = await held(practice, one, coach)
    practice.clock.move(minutes=3)

    assert (await book(practice, other, coach, NINE))["reason"] == "TOO_SOON"
    await booked(practice, one, coach, NINE, holdId=hold_id)


async def test_a_slot_that_has_begun_is_booked_by_nobody(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    practice.clock.move(minutes=58)
    hold_id = await held(practice, member, coach)
    practice.clock.move(minutes=3)

    assert (await book(practice, member, coach, NINE, holdId=hold_id))["reason"] == "IN_THE_PAST"


async def test_whoever_is_a_member_no_longer_books_nothing_by_a_hold(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    hold_id = await held(practice, member, coach)
    await practice.ask(UPDATE_MEMBER, coach, input={"id": member.id, "status": "PAUSED"})

    assert (await book(practice, member, coach, NINE, holdId=hold_id))["code"] == "MEMBER_NOT_ACTIVE"
    assert (await hold(practice, member, coach, TEN))["code"] == "MEMBER_NOT_ACTIVE"
    assert (await release(practice, member, hold_id))["__typename"] == "Removed"


async def test_a_member_of_another_coach_gives_back_what_they_cannot_book_any_more(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    hold_id = await held(practice, member, coach)
    assert member.member is not None
    await practice.rows("UPDATE members SET coach_id = NULL WHERE id = :id RETURNING id", id=member.member.id)

    answer = await practice.execute(
        "mutation ($input: BookSessionInput!) { bookSession(input: $input) { __typename } }",
        member,
        input={"coachId": coach.id, "startsAt": NINE, "holdId": hold_id},
    )
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await release(practice, member, hold_id))["__typename"] == "Removed"
    assert await bookable(practice, coach, coach) == [NINE, TEN, ELEVEN]


async def test_a_suspended_coach_holds_nothing_for_anybody(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    await held(practice, member, coach)
    await practice.ask(UPDATE_COACH, await practice.admin(), input={"id": coach.id, "status": "SUSPENDED"})

    assert (await book(practice, member, coach, NINE))["reason"] == "COACH_NOT_ACTIVE"
    assert await practice.count("slot_holds") == await practice.count("calendar_slots") == 0


@pytest.mark.parametrize("who", ["coach", "admin", "stranger"])
async def test_nobody_but_members_holds(practice: Practice, who: str) -> None:
    coach = await open_coach(practice, booking_audience="PUBLIC")
    asking = {"coach": coach, "admin": await practice.admin(), "stranger": None}[who]
    answer = await practice.execute(
        "mutation ($input: HoldSlotInput!) { holdSlot(input: $input) { __typename } }",
        asking,
        input={"coachId": coach.id, "startsAt": NINE},
    )

    assert answer["errors"][0]["extensions"]["code"] == ("UNAUTHENTICATED" if asking is None else "FORBIDDEN")
    assert await practice.count("slot_holds") == 0


async def test_one_holds_only_with_a_coach_whose_slots_one_sees(practice: Practice) -> None:
    coach, foreign = await open_coach(practice), await open_coach(practice)
    member = await practice.member(coach)

    query = "mutation ($input: HoldSlotInput!) { holdSlot(input: $input) { __typename } }"
    refused = await practice.refusal(query, member, input={"coachId": foreign.id, "startsAt": NINE})

    assert refused["code"] == "FORBIDDEN"


async def test_who_sees_which_holds(practice: Practice) -> None:
    coach, other = await open_coach(practice, seats=2), await open_coach(practice)
    one, two = await practice.members(2, coach)
    foreign = await practice.member(other)
    for member, of in ((one, coach), (two, coach), (foreign, other)):
        await held(practice, member, of)

    async def seen(who: Person, **more: Any) -> list[str]:
        return sorted(each["member"]["id"] for each in await holds(practice, who, **more))

    assert await seen(one) == await seen(one, coachId=coach.id) == [one.id]
    assert await seen(one, coachId=other.id) == []
    assert await seen(coach) == await seen(coach, coachId=coach.id) == sorted([one.id, two.id])
    assert await seen(await practice.admin()) == sorted([one.id, two.id, foreign.id])
    assert await seen(await practice.admin(), coachId=other.id) == [foreign.id]
    for who, code in ((coach, "FORBIDDEN"), (None, "UNAUTHENTICATED")):
        query = "query ($id: ID) { slotHolds(coachId: $id) { edges { cursor } } }"
        assert (await practice.refusal(query, who, id=other.id))["code"] == code
    await let_holds_expire(practice)
    assert await seen(coach) == []


async def test_holds_of_a_lowered_capacity_end_last_come_first(practice: Practice) -> None:
    coach = await practice.coach()
    window = await add_window(practice, coach, seats=3)
    one, two, three = await practice.members(3, coach)
    await booked(practice, one, coach, NINE)
    stays, ends = await held(practice, two, coach), await held(practice, three, coach)

    changed = await practice.ask(UPDATE_WINDOW, coach, input={"id": window, "maxSessionsPerSlot": 2})

    assert changed["__typename"] == "AvailabilityWindow"
    assert await shown(practice, coach, coach) == (1, 1, 0, "FULL")
    assert (await book(practice, three, coach, NINE, holdId=ends))["code"] == "HOLD_EXPIRED"
    await booked(practice, two, coach, NINE, holdId=stays)
    await seats_are_numbered(practice)


async def test_a_raised_capacity_leaves_holds_as_they_are(practice: Practice) -> None:
    coach = await practice.coach()
    window = await add_window(practice, coach)
    one, two = await practice.members(2, coach)
    hold_id = await held(practice, one, coach)

    await practice.ask(UPDATE_WINDOW, coach, input={"id": window, "maxSessionsPerSlot": 2})

    await booked(practice, two, coach, NINE)
    await booked(practice, one, coach, NINE, holdId=hold_id)
    await seats_are_numbered(practice)
