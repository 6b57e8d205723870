"""What is listed as bookable is bookable, for holders too: to them the place is free, to others it is not."""

from typing import Any

from tests.holding import DAY, ELEVEN, NINE, TEN, hold, join, let_holds_expire, open_coach
from tests.operations import EXPLAIN, add_window, book, booked, cancelled, slots
from tests.practice import Person, Practice

NEXT = "query ($coachId: ID!) { nextAvailableSlot(coachId: $coachId) { startsAt } }"


async def bookable(practice: Practice, who: Person, coach: Person) -> list[str]:
    return [slot["startsAt"] for slot in await slots(practice, who, coach, *DAY)]


async def explained(practice: Practice, who: Person, coach: Person) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(EXPLAIN, who, coachId=coach.id, startsAt=NINE)
    return answer


async def test_the_holder_of_the_last_place_sees_it_free_and_others_do_not(practice: Practice) -> None:
    coach = await open_coach(practice)
    holder, other = await practice.members(2, coach)
    await hold(practice, holder, coach, NINE)

    assert await bookable(practice, holder, coach) == [NINE, TEN, ELEVEN]
    assert await bookable(practice, other, coach) == await bookable(practice, coach, coach) == [TEN, ELEVEN]
    assert (await explained(practice, holder, coach))["isBookable"]
    assert not (await explained(practice, other, coach))["isBookable"]
    assert (await practice.ask(NEXT, holder, coachId=coach.id))["startsAt"] == NINE
    assert (await practice.ask(NEXT, other, coachId=coach.id))["startsAt"] == TEN
    assert (await book(practice, holder, coach, NINE))["__typename"] == "Booking"


async def test_who_is_offered_a_place_sees_it_free_though_others_wait(practice: Practice) -> None:
    coach = await open_coach(practice)
    sitting, first, second = await practice.members(3, coach)
    session = await booked(practice, sitting, coach, NINE)
    for member in (first, second):
        await join(practice, member, coach)
    await cancelled(practice, sitting, session)

    seen = {who.id: NINE in await bookable(practice, who, coach) for who in (sitting, first, second)}

    assert seen == {sitting.id: False, first.id: True, second.id: False}


async def test_a_start_that_overlaps_ones_own_hold_is_neither_listed_nor_booked(practice: Practice) -> None:
    coach = await open_coach(practice, slot_interval_minutes=30)
    holder = await practice.member(coach)
    await hold(practice, holder, coach, TEN)

    listed = await bookable(practice, holder, coach)
    beside = await book(practice, holder, coach, "2026-03-02T09:30:00Z")

    assert listed == [NINE, TEN, ELEVEN]
    assert beside["__typename"] == "SlotUnavailable"


async def test_a_held_place_stays_the_holders_when_its_notice_passes(practice: Practice) -> None:
    coach = await open_coach(practice, min_notice_minutes=30)
    await add_window(practice, coach, "TUESDAY")
    holder, other = await practice.members(2, coach)
    await hold(practice, holder, coach, NINE)
    practice.clock.move(minutes=45)

    assert NINE in await bookable(practice, holder, coach)
    assert (await explained(practice, holder, coach))["isBookable"]
    assert NINE not in await bookable(practice, other, coach)
    assert (await book(practice, holder, coach, NINE))["__typename"] == "Booking"


async def test_a_hold_that_has_expired_gives_its_holder_nothing(practice: Practice) -> None:
    coach = await open_coach(practice, min_notice_minutes=30)
    holder = await practice.member(coach)
    await hold(practice, holder, coach, NINE)
    practice.clock.move(minutes=45)
    await let_holds_expire(practice, holder)

    assert NINE not in await bookable(practice, holder, coach)
    assert (await book(practice, holder, coach, NINE))["__typename"] == "SlotUnavailable"
