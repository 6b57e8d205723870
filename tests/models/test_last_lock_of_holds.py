"""The last lock where places are held: without the calendar's turn, no seat has two who sit or are to sit there."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from app.models.scheduling import SlotHold
from app.platform.database import lost_a_race
from app.problems import HoldExpired, Problem, SlotFull, SlotUnavailable, TryAgain
from app.services.scheduling import Booked, BookSession, HoldSlot
from tests.holding import let_holds_expire
from tests.models.racing import RACERS, ROUNDS, SEATS, book, lost_races, nine_on, open_coach, race, writer
from tests.practice import Person, Practice


def hold(practice: Practice, who: Person, coach: Person, starts_at: datetime) -> Awaitable[Any]:
    assert coach.coach is not None
    form = HoldSlot(coach_id=coach.coach.id, starts_at=starts_at)
    return writer(practice).hold(who.actor, form, practice.clock())


def book_held(practice: Practice, who: Person, coach: Person, held: SlotHold) -> Awaitable[Any]:
    assert coach.coach is not None
    form = BookSession(coach_id=coach.coach.id, starts_at=held.starts_at, hold_id=held.id)
    return writer(practice).book(who.actor, form, practice.clock())


async def settle(practice: Practice, coach: Person) -> bool:
    """Without the turn; whether it came to an end."""
    assert coach.coach is not None
    try:
        async with practice.as_system() as db:
            asked = {"coach": coach.coach.id, "now": practice.clock()}
            await db.execute(text("SELECT settle_calendar(:coach, :now)"), asked)
    except DBAPIError as failure:
        if not lost_a_race(failure):
            raise
        return False
    return True


async def test_holders_and_bookers_race_for_five_seats_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    coach = await open_coach(practice)

    with capture_logs() as logs:
        for day in range(1, 1 + ROUNDS):
            at = nine_on(day)
            calls = [(hold, book)[number % 2](practice, member, coach, at) for number, member in enumerate(members)]
            answers = await race(calls)

            taken = sum(isinstance(answer, Booked | SlotHold) for answer in answers)
            assert {type(answer) for answer in answers} <= {Booked, SlotHold, SlotFull, TryAgain}
            assert await practice.count("calendar_seats", "starts_at = :at", at=at) == taken <= SEATS
            assert await practice.count("slot_holds", "starts_at = :at", at=at) == sum(
                isinstance(answer, SlotHold) for answer in answers
            )
            await practice.nobody_is_overbooked()

    assert lost_races(logs) > ROUNDS, "nobody lost a race: the lock was not taken out, and this proves nothing"


async def test_holders_race_on_two_overlapping_starts_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    coach = await open_coach(practice, seats=RACERS, slot_interval_minutes=30)
    starts = (nine_on(11), nine_on(11) + timedelta(minutes=30))

    answers = await race(
        [
            (hold, book)[number // 2 % 2](practice, member, coach, starts[number % 2])
            for number, member in enumerate(members[:32])
        ]
    )

    taken = {
        row[0]
        for row in await practice.rows(
            "SELECT DISTINCT starts_at FROM calendar_seats WHERE starts_at BETWEEN :since AND :until",
            since=starts[0],
            until=starts[1],
        )
    }
    assert len(taken) == 1
    assert {type(answer) for answer in answers} <= {Booked, SlotHold, SlotUnavailable, TryAgain}
    await practice.nobody_is_overbooked()


async def test_one_member_at_several_starts_of_a_coach_holds_one_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    coach = await open_coach(practice)

    for number, member in enumerate(members[:ROUNDS]):
        starts = [nine_on(12 + number) + timedelta(hours=hour) for hour in range(6)]
        answers = await race([hold(practice, member, coach, start) for start in starts])

        assert {type(answer) for answer in answers} <= {SlotHold, TryAgain}
        assert member.member is not None
        assert coach.coach is not None
        both = {"member": member.member.id, "coach": coach.coach.id}
        assert await practice.count("slot_holds", "member_id = :member AND coach_id = :coach", **both) == 1
    await practice.nobody_is_overbooked()


async def test_a_hold_is_booked_once_however_often_and_beside_whomever_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    coach = await open_coach(practice)
    holders, others = members[:SEATS], members[SEATS : 4 * SEATS]
    at = nine_on(16)
    held = await asyncio.gather(*(hold(practice, member, coach, at) for member in holders[:1]))
    for member in holders[1:]:
        held.append(await hold(practice, member, coach, at))

    calls = [book_held(practice, *each) for each in zip(holders * 2, [coach] * 2 * SEATS, held * 2, strict=True)]
    answers = await race([*calls, *(book(practice, member, coach, at) for member in others)])

    assert {type(answer) for answer in answers} <= {Booked, HoldExpired, SlotFull, SlotUnavailable, TryAgain}
    assert await practice.count("calendar_seats", "starts_at = :at", at=at) <= SEATS
    await practice.nobody_is_overbooked()


async def test_what_expires_is_given_back_once_among_bookers_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    coach = await open_coach(practice)
    for day in range(21, 21 + ROUNDS):
        at = nine_on(day)
        for member in members[:SEATS]:
            await hold(practice, member, coach, at)
        await let_holds_expire(practice)

        answers = await race(
            [
                *(book(practice, member, coach, at) for member in members[10:30]),
                *(hold(practice, member, coach, at) for member in members[30:40]),
                *(settle(practice, coach) for _ in range(4)),
            ]
        )

        taken = sum(isinstance(answer, Booked | SlotHold) for answer in answers)
        assert {type(answer) for answer in answers} <= {Booked, SlotHold, SlotFull, TryAgain, bool}
        assert (
            await practice.count(
                "calendar_seats", "starts_at = :at AND (held_until IS NULL OR held_until > now())", at=at
            )
            == taken
            <= SEATS
        )
        assert await practice.count("calendar_seats", "starts_at = :at", at=at) <= SEATS
        await settle(practice, coach)
        await practice.nobody_is_overbooked()


async def test_with_the_lock_exactly_the_seats_are_given_and_nobody_has_to_try_again(
    crowd: tuple[Practice, list[Person]],
) -> None:
    practice, members = crowd
    coach = await open_coach(practice)
    at = nine_on(41)

    with capture_logs() as logs:
        answers = await race(
            [(hold, book)[number % 2](practice, member, coach, at) for number, member in enumerate(members)]
        )

    assert sum(not isinstance(answer, Problem) for answer in answers) == SEATS
    assert sum(isinstance(answer, SlotFull) for answer in answers) == RACERS - SEATS
    assert lost_races(logs) == 0, "whoever holds the lock meets nobody"
    await practice.nobody_is_overbooked()
