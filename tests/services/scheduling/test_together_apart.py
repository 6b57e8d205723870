"""What becomes of one request is no matter of the others in its group."""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from app.platform.database import DatabaseAway
from app.platform.direct import DirectDatabase
from app.platform.settings import Settings
from app.problems import SlotFull, SlotUnavailable, TryAgain
from app.services.scheduling import Booked, BookSession, CalendarWriter, deciding
from app.services.scheduling.requests import Asked, Decision, Earlier, Found
from tests.operations import EVERY_DAY, add_window
from tests.practice import Practice
from tests.services.scheduling.together import (
    ELEVEN,
    NINE,
    PATIENCE_SECONDS,
    TEN,
    TRANSACTIONS,
    Gate,
    at_once,
    at_the_first_try,
    book,
    calendar_held,
    change_of,
    key_of,
    kinds,
    open_coach,
    wish,
)

# What becomes of one is no matter of the others


@pytest.mark.parametrize("failing", range(4))
async def test_one_that_the_database_refuses_is_left_behind_alone(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    coach = await open_coach(practice, seats=4)
    members = await practice.members(4, coach)
    unlucky = key_of(members[failing])
    decide = deciding.decide_booking

    def spoiled(asked: Asked, form: BookSession, found: Found) -> Decision | Earlier:
        decision = decide(asked, form, found)
        if asked.actor.member_id != unlucky:
            return decision
        return replace(decision, change=replace(change_of(decision), kind="NO SUCH KIND"))

    monkeypatch.setattr(deciding, "decide_booking", spoiled)

    answers = await at_once(*(book(practice, member, coach) for member in members))

    wanted: list[type] = [Booked] * 4
    wanted[failing] = asyncpg.CheckViolationError
    assert kinds(answers) == wanted
    assert await practice.count("sessions") == await practice.count("outbox") == 3
    assert await practice.count("bookings", "member_id = :id", id=unlucky) == 0
    await practice.nobody_is_overbooked()


async def test_one_that_cannot_be_decided_is_left_out_of_the_transaction(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await open_coach(practice, seats=3)
    members = await practice.members(3, coach)
    decide = deciding.decide_booking

    def broken(asked: Asked, form: BookSession, found: Found) -> Decision | Earlier:
        if asked.actor.member_id == key_of(members[1]):
            raise ZeroDivisionError
        return decide(asked, form, found)

    monkeypatch.setattr(deciding, "decide_booking", broken)

    answers = await at_once(*(book(practice, member, coach) for member in members))

    assert kinds(answers) == [Booked, ZeroDivisionError, Booked]
    assert await practice.count("sessions") == 2


async def test_a_caller_who_goes_away_undoes_nothing(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    coach = await open_coach(practice, seats=3)
    members = await practice.members(3, coach)
    gate = Gate(monkeypatch)

    asking = [asyncio.ensure_future(book(practice, member, coach)) for member in members]
    await gate.has_come.wait()
    asking[1].cancel()
    await asyncio.sleep(0)
    gate.is_open.set()
    answers = await at_once(*asking)

    assert kinds(answers) == [Booked, asyncio.CancelledError, Booked]
    assert await practice.count("sessions") == 3, "it had been asked for, and a retry finds it"


async def test_who_goes_away_while_waiting_asks_for_nothing(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await open_coach(practice, seats=3)
    members = await practice.members(3, coach)
    gate = Gate(monkeypatch)

    ahead = asyncio.ensure_future(book(practice, members[0], coach))
    await gate.has_come.wait()
    behind = [asyncio.ensure_future(book(practice, member, coach)) for member in members[1:]]
    await asyncio.sleep(0)
    behind[0].cancel()
    gate.is_open.set()
    answers = await at_once(ahead, *behind)

    assert kinds(answers) == [Booked, asyncio.CancelledError, Booked]
    assert await practice.count("sessions") == 2


# Turns of other processes


async def test_calendars_that_others_have_hold_up_only_those_who_ask_for_them(practice: Practice) -> None:
    *held, free = [await open_coach(practice, seats=2, booking_audience="MEMBERS") for _ in range(6)]
    *waiting, one, two, late = await practice.members(8)

    async with AsyncExitStack() as turns:
        for coach in held:
            await turns.enter_async_context(calendar_held(practice, coach))
        asked = zip(waiting, held, strict=True)
        patient = [asyncio.ensure_future(book(practice, who, coach)) for who, coach in asked]
        meanwhile = await at_once(book(practice, one, free), book(practice, two, free))
        later = await at_once(book(practice, late, free, TEN))
        assert not any(each.done() for each in patient)
    answers = await at_once(*patient)

    assert kinds([*meanwhile, *later, *answers]) == [Booked] * 8


async def test_those_who_waited_together_are_answered_together(practice: Practice) -> None:
    coach = await open_coach(practice, seats=2)
    members = await practice.members(3, coach)

    async with calendar_held(practice, coach):
        patient = [asyncio.ensure_future(book(practice, member, coach)) for member in members]
        await asyncio.sleep(0.05)
    answers = await at_once(*patient)

    assert kinds(answers) == [Booked, Booked, SlotFull]
    assert len(await practice.rows(TRANSACTIONS)) == 1


async def test_what_was_committed_while_waiting_is_counted(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)

    async with practice.as_system() as db:
        statement = text("SELECT FROM coach_calendars WHERE coach_id = :id FOR UPDATE")
        await db.execute(statement, {"id": key_of(coach)})
        patient = asyncio.ensure_future(book(practice, member, coach))
        await asyncio.sleep(0.05)
        off = text(
            "INSERT INTO time_off (id, coach_id, starts_at, ends_at, kind)"
            " VALUES (gen_random_uuid(), :id, '2026-03-02T08:30Z', '2026-03-02T12:00Z', 'SICK')"
        )
        await db.execute(off, {"id": key_of(coach)})
    [answer] = await at_once(patient)

    assert isinstance(answer, SlotUnavailable)
    assert answer.reason == "TIME_OFF"


async def test_a_turn_that_never_comes_ends_in_try_again_and_writes_nothing(practice: Practice) -> None:
    held, free = [await open_coach(practice, booking_audience="MEMBERS") for _ in range(2)]
    waiting, other = await practice.members(2)

    async with calendar_held(practice, held):
        answers = await at_once(book(practice, waiting, held), book(practice, other, free))

    assert kinds(answers) == [TryAgain, Booked]
    assert await practice.count("bookings") == 1
    assert kinds(await at_once(book(practice, waiting, held))) == [Booked]


async def test_groups_of_two_processes_never_wait_for_each_other(practice: Practice, settings: Settings) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    dice = random.Random(seed)
    coaches = [await practice.coach(booking_audience="MEMBERS") for _ in range(6)]
    for coach in coaches:
        for day in EVERY_DAY:
            await add_window(practice, coach, day, "09:00", "12:00", 2)
    members = await practice.members(48)

    async with Practice.opened(settings, practice.clock, emptied=False) as elsewhere:
        with at_the_first_try():
            for start in (NINE, TEN, ELEVEN, "2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z"):
                dice.shuffle(members)
                asked = [
                    book(dice.choice((practice, elsewhere)), member, coaches[number % len(coaches)], start)
                    for number, member in enumerate(members)
                ]
                answers = await at_once(*asked)
                assert set(kinds(answers)) == {Booked, SlotFull}
                assert kinds(answers).count(Booked) == 12

    await practice.nobody_is_overbooked()


async def test_one_member_at_two_processes_is_in_one_place(practice: Practice, settings: Settings) -> None:
    coaches = [await open_coach(practice, seats=8, booking_audience="MEMBERS") for _ in range(4)]
    members = await practice.members(8)

    async with Practice.opened(settings, practice.clock, emptied=False) as elsewhere:
        here = [book(practice, member, coaches[number % 2]) for number, member in enumerate(members)]
        there = [book(elsewhere, member, coaches[2 + number % 2]) for number, member in enumerate(reversed(members))]
        answers = await at_once(*here, *there)

    assert sorted(kinds(answers), key=str) == sorted([Booked] * 8 + [SlotUnavailable] * 8, key=str)
    assert await practice.count("bookings", "status = 'CONFIRMED'") == 8
    await practice.nobody_is_overbooked()


# The database away


async def test_without_a_database_everybody_is_told_so(practice: Practice, tmp_path: Any) -> None:
    coach = await open_coach(practice, seats=3)
    members = await practice.members(3, coach)
    nowhere = DirectDatabase(f"postgresql+asyncpg://nobody@/nothing?host={tmp_path}", {"timeout": 1})
    await nowhere.open()
    writer = CalendarWriter(nowhere, practice.house.database, practice.house.live.tell)

    answers = await at_once(*(writer.book(member.actor, wish(coach), practice.clock()) for member in members))

    assert kinds(answers) == [DatabaseAway] * 3
    await nowhere.close()


async def test_a_connection_that_breaks_under_a_group_refuses_all_of_it_and_no_later_one(practice: Practice) -> None:
    coach = await open_coach(practice, seats=4)
    *members, late = await practice.members(4, coach)

    async with calendar_held(practice, coach):
        patient = [asyncio.ensure_future(book(practice, member, coach)) for member in members]
        await _cut_off(practice)
        answers = await at_once(*patient)

    assert kinds(answers) == [DatabaseAway] * 3
    assert kinds(await at_once(book(practice, late, coach))) == [Booked]
    assert await practice.count("sessions") == 1


async def _cut_off(practice: Practice) -> None:
    """Ends the connection that waits for a calendar's turn, once it does."""
    waiting = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%open_requests%'"
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await practice.rows(waiting):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.01)
