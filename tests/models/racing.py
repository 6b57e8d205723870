"""What the tests of the last lock share: a coach who is open all week, and asking all at once."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.problems import Problem
from app.services.scheduling import BookSession, CalendarWriter
from tests.practice import MONDAY, Person, Practice

RACERS = 60
SEATS = 5
ROUNDS = 3


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
