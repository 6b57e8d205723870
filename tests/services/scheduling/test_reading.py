"""Reading for many at once: one statement, each asker under their own rights, and nothing older than the request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from app.actor import STRANGER, Actor
from app.models.coaches import BookingAudience
from app.platform.database import DatabaseAway
from app.platform.direct import DirectDatabase
from app.problems import Forbidden
from app.services.scheduling.reading import MOST_IN_ONE, CalendarReadings, Seen
from tests.operations import add_window, booked
from tests.practice import MONDAY, Person, Practice

SINCE, UNTIL = MONDAY, MONDAY + timedelta(days=7)
NINE, TEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"


def key_of(coach: Person) -> UUID:
    assert coach.coach is not None
    return coach.coach.id


def fresh(practice: Practice, **changes: Any) -> CalendarReadings:
    """As another server process would have them."""
    return CalendarReadings(practice.house.direct, **changes)


async def look(readings: CalendarReadings, actor: Actor, coach: Person, **more: Any) -> Seen:
    return await readings.look(actor, key_of(coach), SINCE, UNTIL, **more)


async def sees(readings: CalendarReadings, actor: Actor, coach: Person) -> bool:
    try:
        seen = await look(readings, actor, coach)
    except Forbidden:
        return False
    assert seen.calendar.coach_id == key_of(coach)
    return True


async def test_what_is_asked_at_one_moment_is_read_in_one_statement(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(10, coach)
    readings = fresh(practice)

    seen = await asyncio.gather(*(look(readings, member.actor, coach) for member in members))

    assert {each.calendar.version for each in seen} == {0}
    assert readings.statements == 1


async def test_while_statements_are_under_way_the_others_gather(practice: Practice) -> None:
    coach = await practice.coach(max_members=40)
    members = await practice.members(40, coach)
    readings = fresh(practice)

    async def come(late: int) -> Seen:
        for _ in range(late % 5):
            await asyncio.sleep(0)
        return await look(readings, members[late].actor, coach)

    await asyncio.gather(*map(come, range(40)))

    assert readings.statements <= 4


async def test_each_of_a_statement_is_admitted_by_their_own_rights(practice: Practice) -> None:
    closed = await practice.coach()
    members_only = await practice.coach(booking_audience=BookingAudience.MEMBERS)
    public = await practice.coach(booking_audience=BookingAudience.PUBLIC)
    own, foreign = await practice.member(closed), await practice.member(public)
    admin = await practice.admin()
    may = {
        (closed.id, "own"): True,
        (closed.id, "foreign"): False,
        (closed.id, "stranger"): False,
        (closed.id, "admin"): True,
        (closed.id, "another coach"): False,
        (closed.id, "the coach"): True,
        (members_only.id, "own"): True,
        (members_only.id, "foreign"): True,
        (members_only.id, "stranger"): False,
        (members_only.id, "admin"): True,
        (members_only.id, "another coach"): False,
        (members_only.id, "the coach"): False,
        **{(public.id, who): True for who in ("own", "foreign", "stranger", "admin", "another coach", "the coach")},
    }
    actors = {
        "own": own.actor,
        "foreign": foreign.actor,
        "stranger": STRANGER,
        "admin": admin.actor,
        "another coach": public.actor,
        "the coach": closed.actor,
    }
    coaches = {coach.id: coach for coach in (closed, members_only, public)}
    random = Random(4)

    for _ in range(20):
        asked = random.sample(list(may), len(may))
        readings = fresh(practice)
        found = await asyncio.gather(*(sees(readings, actors[who], coaches[coach]) for coach, who in asked))

        assert dict(zip(asked, found, strict=True)) == may
        assert readings.statements == 1


async def test_nobodys_busy_times_are_anothers(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach, seats=2)
    busy, free = await practice.members(2, coach)
    await booked(practice, busy, coach, NINE)
    readings = fresh(practice)

    of_busy, of_free, of_coach = await asyncio.gather(
        *(look(readings, who.actor, coach) for who in (busy, free, coach))
    )

    nine = int((MONDAY + timedelta(hours=1)).timestamp())
    assert (of_busy.busy_here(), of_free.busy_here(), of_coach.busy_here()) == (((nine, nine + 3_600),), (), ())


async def test_a_calendar_is_read_again_only_when_its_version_has_changed(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    readings = fresh(practice)
    first, second = [await look(readings, member.actor, coach) for _ in range(2)]
    await booked(practice, member, coach, NINE)

    third = await look(readings, member.actor, coach)

    assert first.calendar is second.calendar
    assert (second.calendar.version, third.calendar.version) == (1, 2)
    assert [taken.booked for taken in third.calendar.taken] == [1]
    assert third.starts.slots is second.starts.slots  # a booking moves no start


async def test_what_another_windows_calendar_offers_is_computed_anew(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    readings = fresh(practice)
    before = await look(readings, coach.actor, coach)
    await add_window(practice, coach, day="TUESDAY")

    after = await look(readings, coach.actor, coach)

    assert (len(before.starts.ats), len(after.starts.ats)) == (3, 6)


async def test_what_is_held_is_bounded(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    readings = fresh(practice, most_starts=60)

    for hour in range(10):
        await readings.look(coach.actor, key_of(coach), SINCE - timedelta(hours=hour), UNTIL)

    assert len(readings._held) == 5  # three starts, a window, and eight for itself


async def test_who_leaves_takes_no_answer_from_the_others(practice: Practice) -> None:
    coach = await practice.coach()
    readings = fresh(practice)
    tasks = [asyncio.create_task(look(readings, coach.actor, coach)) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()

    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(answers[0], asyncio.CancelledError)
    assert all(isinstance(answer, Seen) for answer in answers[1:])


async def test_more_than_one_statement_takes_are_all_answered(practice: Practice) -> None:
    coach = await practice.coach(booking_audience=BookingAudience.PUBLIC)
    readings = fresh(practice)
    ranges = [(SINCE + timedelta(minutes=minute), UNTIL) for minute in range(3 * MOST_IN_ONE)]

    seen = await asyncio.gather(*(readings.look(STRANGER, key_of(coach), *each) for each in ranges))

    assert len(seen) == len(ranges)
    assert readings.statements >= 3


class LosesConnections:
    """A database whose connections break, so many of them, when they are used."""

    def __init__(self, direct: DirectDatabase, breaking: int) -> None:
        self._direct, self._breaking = direct, breaking

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        async with self._direct.connection() as db:
            if self._breaking:
                self._breaking -= 1
                db.terminate()
            yield db


@pytest.mark.parametrize(("breaking", "outcome"), [(1, Seen), (2, DatabaseAway)])
async def test_a_connection_that_is_lost_is_replaced_once(
    practice: Practice, breaking: int, outcome: type[object]
) -> None:
    coach = await practice.coach()
    readings = CalendarReadings(LosesConnections(practice.house.direct, breaking))  # type: ignore[arg-type]

    [answer] = await asyncio.gather(look(readings, coach.actor, coach), return_exceptions=True)

    assert type(answer) is outcome


@asynccontextmanager
async def database_nowhere() -> AsyncIterator[DirectDatabase]:
    direct = DirectDatabase("postgresql+asyncpg://nobody@127.0.0.1:1/nothing", {"timeout": 2})
    await direct.open()
    try:
        yield direct
    finally:
        await direct.close()


async def test_without_a_database_everybody_is_told_so(practice: Practice) -> None:
    coach = await practice.coach()
    async with database_nowhere() as direct:
        readings = CalendarReadings(direct)

        answers = await asyncio.gather(
            *(look(readings, who, coach) for who in (coach.actor, STRANGER)), return_exceptions=True
        )

    assert [type(answer) for answer in answers] == [DatabaseAway, DatabaseAway]


async def test_a_question_that_fails_by_itself_fails_alone(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    coach, broken = await practice.coach(), await practice.coach()
    readings = fresh(practice)
    read = readings._rows

    async def failing(group: Any) -> Any:
        if any(question.range[0] == key_of(broken) for question in group):
            raise ValueError("this one")
        return await read(group)

    monkeypatch.setattr(readings, "_rows", failing)
    of_broken, of_coach = await asyncio.gather(
        *(look(readings, each.actor, each) for each in (broken, coach)), return_exceptions=True
    )

    assert (type(of_broken), type(of_coach)) == (ValueError, Seen)


async def test_nothing_can_be_written_where_calendars_are_looked_at(practice: Practice) -> None:
    coach = await practice.coach()
    async with practice.house.direct.connection() as db:
        arguments = ["STRANGER"], [""], [""], [""], [key_of(coach)], [SINCE], [UNTIL], [None]
        statement = "SELECT current_setting('transaction_read_only') FROM look_at_calendars($1,$2,$3,$4,$5,$6,$7,$8)"
        rows = await db.fetch(
            f"SELECT count(*), current_setting('transaction_read_only') FROM ({statement}) x", *arguments
        )
        after = await db.fetchval("SELECT current_setting('app.role', true)")

    assert [tuple(row) for row in rows] == [(0, "on")]
    assert after in {"", None}  # and what the asker was is forgotten with the statement
