"""The schema is the last lock: with the application's lock taken out, racers still cannot oversell or overlap."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from app.platform import migrations
from app.platform.database import connection_options
from app.platform.direct import DirectDatabase
from app.platform.settings import Settings
from app.problems import Problem, SlotFull, SlotUnavailable, TryAgain
from app.services.scheduling import (
    Booked,
    BookSession,
    CalendarWriter,
    RescheduleSession,
)
from tests.practice import MONDAY, MovableClock, Person, Practice

UNLOCKED = """
    CREATE OR REPLACE FUNCTION take_calendars(wanted uuid[], waiting boolean) RETURNS uuid[] LANGUAGE sql
    AS $$ SELECT wanted FROM set_config('lock_timeout', '2s', true) $$
"""
RACERS = 60
SEATS = 5
ROUNDS = 3


@pytest.fixture(scope="module")
async def crowd(settings: Settings) -> AsyncIterator[tuple[Practice, list[Person]]]:
    """A practice with a connection for each of its members; a test takes a coach of its own and days of its own."""
    async with Practice.opened(settings, MovableClock()) as practice:
        await practice.application.direct.close()
        options = connection_options(assume_role=migrations.assumed_role(settings))
        wide = DirectDatabase(settings.database_url, options, RACERS)
        await wide.open()
        practice.application.direct = wide
        yield practice, await practice.members(RACERS)


@pytest.fixture
async def without_the_lock(crowd: tuple[Practice, list[Person]]) -> AsyncIterator[None]:
    """PostgreSQL's function takes nobody's turn, and says that it had them all."""
    practice, _ = crowd
    async with practice.owner.begin() as owner:
        stored = await owner.scalar(text("SELECT pg_get_functiondef('take_calendars'::regproc)"))
        await owner.execute(text(UNLOCKED))
    yield
    async with practice.owner.begin() as owner:
        await owner.execute(text(stored.replace(":", "\\:")))


async def open_coach(practice: Practice, seats: int = SEATS, **changes: Any) -> Person:
    """A coach whom every member may book, all day and every day."""
    coach = await practice.coach(booking_audience="MEMBERS", **changes)
    assert coach.coach is not None
    await practice.rows(
        "INSERT INTO availability_windows (id, coach_id, day_no, start_time, end_time, max_sessions_per_slot)"
        " SELECT gen_random_uuid(), :coach, day, '00:00', '23:00', :seats FROM generate_series(1, 7) AS day"
        " RETURNING id",
        coach=coach.coach.id,
        seats=seats,
    )
    return coach


def book(practice: Practice, who: Person, coach: Person, starts_at: datetime) -> Awaitable[Any]:
    assert coach.coach is not None
    form = BookSession(coach_id=coach.coach.id, starts_at=starts_at)
    return writer(practice).book(who.actor, form, practice.clock())


def writer(practice: Practice) -> CalendarWriter:
    """One of its own for each request: together they would not race."""
    return CalendarWriter(practice.application.direct, practice.house.database, lambda coach_id, version: None)


async def race(calls: Sequence[Awaitable[Any]]) -> list[Any]:
    """All at once; each answer is a result or a problem with a name, anything else fails."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, Problem):
            raise answer
    return list(answers)


def nine_on(day: int) -> datetime:
    return MONDAY.replace(hour=9) + timedelta(days=day)


def lost_races(logs: list[Any]) -> int:
    return sum(line["event"] == "write lost a race" for line in logs)


async def test_sixty_racers_for_five_seats_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    coach = await open_coach(practice)

    with capture_logs() as logs:
        for day in range(1, 1 + ROUNDS):
            answers = await race([book(practice, member, coach, nine_on(day)) for member in members])

            booked = sum(isinstance(answer, Booked) for answer in answers)
            assert {type(answer) for answer in answers} <= {Booked, SlotFull, TryAgain}
            assert await practice.count("sessions", "starts_at = :at", at=nine_on(day)) == booked <= SEATS
            assert (
                await practice.count("bookings", "status = 'CONFIRMED' AND starts_at = :at", at=nine_on(day)) == booked
            )

    await practice.nobody_is_overbooked()
    assert lost_races(logs) > ROUNDS, "nobody lost a race: the lock was not taken out, and this proves nothing"


async def test_racers_on_two_overlapping_starts_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    coach = await open_coach(practice, seats=RACERS, slot_interval_minutes=30)

    with capture_logs() as logs:
        for day in range(11, 11 + ROUNDS):
            starts = (nine_on(day), nine_on(day) + timedelta(minutes=30))
            calls = [book(practice, member, coach, starts[number % 2]) for number, member in enumerate(members[:30])]
            answers = await race(calls)

            taken = {answer.session.starts_at for answer in answers if isinstance(answer, Booked)}
            refused = {answer.reason for answer in answers if isinstance(answer, SlotUnavailable)}
            assert len(taken) == 1
            assert refused <= {"CONFLICTS_WITH_SESSION"}
            assert {type(answer) for answer in answers} <= {Booked, SlotUnavailable, TryAgain}

    await practice.nobody_is_overbooked()
    assert lost_races(logs) > ROUNDS


async def test_one_member_races_for_overlapping_slots_of_two_coaches_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    one, other = await open_coach(practice), await open_coach(practice, slot_interval_minutes=30)

    for day in range(21, 21 + ROUNDS):
        later = nine_on(day) + timedelta(minutes=30)
        for member in members[:5]:
            calls = [book(practice, member, one, nine_on(day)), book(practice, member, other, later)]
            answers = await race(calls)

            (refused,) = [answer for answer in answers if not isinstance(answer, Booked)]
            assert isinstance(refused, SlotUnavailable | TryAgain)
            assert getattr(refused, "reason", "MEMBER_BUSY") == "MEMBER_BUSY"

    await practice.nobody_is_overbooked()


async def test_sessions_that_are_moved_race_with_bookings_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    coach = await open_coach(practice)
    movers, bookers = members[:10], members[10:30]
    earlier = [nine_on(31) + timedelta(hours=number // SEATS) for number in range(len(movers))]
    held = [await book(practice, member, coach, at) for member, at in zip(movers, earlier, strict=True)]
    wanted = nine_on(32)

    moves = [
        writer(practice).change(
            member.actor, RescheduleSession(session_id=booking.session.id, starts_at=wanted), practice.clock()
        )
        for member, booking in zip(movers, held, strict=True)
    ]
    answers = await race([*moves, *(book(practice, member, coach, wanted) for member in bookers)])

    there = sum(not isinstance(answer, Problem) for answer in answers)
    assert await practice.count("sessions", "starts_at = :at", at=wanted) == there <= SEATS
    assert (
        await practice.count("sessions", "member_id = ANY(:ids)", ids=[m.member.id for m in movers if m.member]) >= 10
    )
    await practice.nobody_is_overbooked()


async def test_with_the_lock_exactly_the_seats_are_given_and_nobody_has_to_try_again(
    crowd: tuple[Practice, list[Person]],
) -> None:
    practice, members = crowd
    coach = await open_coach(practice)

    with capture_logs() as logs:
        answers = await race([book(practice, member, coach, nine_on(41)) for member in members])

    assert sum(isinstance(answer, Booked) for answer in answers) == SEATS
    assert sum(isinstance(answer, SlotFull) for answer in answers) == RACERS - SEATS
    assert lost_races(logs) == 0, "whoever holds the lock meets nobody"
    await practice.nobody_is_overbooked()
