"""Requests that wait share a transaction and nothing else: each has its own rights, answer, key, version and event."""

import asyncio
from typing import Any

import pytest

from app.models.sessions import CoachingSession, SessionStatus
from app.problems import Forbidden, IdempotencyKeyReused, MemberNotActive, SlotFull, SlotUnavailable
from app.services.scheduling import Booked, CalendarWriter, CancelSession, RescheduleSession
from app.services.scheduling import writer as writing_together
from tests.practice import Practice
from tests.services.scheduling.together import (
    ELEVEN,
    NINE,
    TEN,
    TRANSACTIONS,
    Gate,
    at_once,
    at_the_first_try,
    book,
    events_of,
    joined,
    key_of,
    kinds,
    open_coach,
    version_of,
    wish,
)

# One transaction


async def test_requests_of_one_moment_share_a_transaction(practice: Practice) -> None:
    coach = await open_coach(practice, seats=3)
    members = await practice.members(3, coach)

    answers = await at_once(*(book(practice, member, coach) for member in members))

    assert kinds(answers) == [Booked] * 3
    assert len(await practice.rows(TRANSACTIONS)) == 1


async def test_requests_for_several_calendars_need_no_transaction_each(practice: Practice) -> None:
    coaches = [await open_coach(practice, booking_audience="MEMBERS") for _ in range(6)]
    members = await practice.members(6)

    pairs = zip(members, coaches, strict=True)
    answers = await at_once(*(book(practice, member, coach) for member, coach in pairs))

    assert kinds(answers) == [Booked] * 6
    assert len(await practice.rows(TRANSACTIONS)) <= writing_together.GROUPS


async def test_a_request_alone_is_a_group_of_its_own(practice: Practice) -> None:
    coach = await open_coach(practice, seats=2)
    first, second = await practice.members(2, coach)

    await book(practice, first, coach)
    await book(practice, second, coach)

    assert len(await practice.rows(TRANSACTIONS)) == 2


async def test_those_who_ask_while_a_group_is_under_way_are_the_next_one(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await open_coach(practice, seats=4)
    first, *others = await practice.members(4, coach)
    gate = Gate(monkeypatch)

    ahead = asyncio.ensure_future(book(practice, first, coach))
    await gate.has_come.wait()
    behind = [asyncio.ensure_future(book(practice, member, coach)) for member in others]
    await asyncio.sleep(0)
    gate.is_open.set()
    answers = await at_once(ahead, *behind)

    assert kinds(answers) == [Booked] * 4
    assert gate.groups == [1, 3]


# Everybody's own


async def test_each_of_a_group_gets_an_answer_of_its_own(practice: Practice) -> None:
    coach = await open_coach(practice)
    first, second = await practice.members(2, coach)
    paused = await practice.member(coach, status="PAUSED")
    stranger = await practice.member()

    answers = await at_once(*(book(practice, who, coach) for who in (stranger, first, paused, second)))

    assert kinds(answers) == [Forbidden, Booked, MemberNotActive, SlotFull]
    assert len(await practice.rows(TRANSACTIONS)) == 1
    assert await practice.rows("SELECT member_id, status, reason FROM bookings ORDER BY status") == [
        (key_of(first), "CONFIRMED", None),
        (key_of(second), "REJECTED", "FULL"),
    ]


async def test_a_confirmed_booking_is_what_the_next_of_the_group_counts(practice: Practice) -> None:
    coach = await open_coach(practice, seats=3)
    members = await practice.members(5, coach)

    answers = await at_once(*(book(practice, member, coach) for member in members))

    assert kinds(answers) == [Booked, Booked, Booked, SlotFull, SlotFull]
    assert [answer.slot.remaining for answer in answers[:3]] == [2, 1, 0]
    assert await practice.rows("SELECT seat_no FROM calendar_seats ORDER BY 1") == [(1,), (2,), (3,)]
    await practice.nobody_is_overbooked()


async def test_overlapping_starts_are_decided_in_turn_within_a_group(practice: Practice) -> None:
    coach = await open_coach(practice, slot_interval_minutes=30, buffer_minutes=15)
    members = await practice.members(3, coach)

    starts = (NINE, "2026-03-02T09:30:00Z", "2026-03-02T10:30:00Z")
    with at_the_first_try():
        answers = await at_once(*(book(practice, who, coach, at) for who, at in zip(members, starts, strict=True)))

    assert kinds(answers) == [Booked, SlotUnavailable, Booked]
    await practice.nobody_is_overbooked()


async def test_one_member_who_asks_twice_at_once_has_one_place(practice: Practice) -> None:
    coach = await open_coach(practice, seats=2)
    member = await practice.member(coach)

    with at_the_first_try():
        answers = await at_once(book(practice, member, coach), book(practice, member, coach))

    assert kinds(answers) == [Booked, SlotUnavailable]
    assert answers[1].reason == "MEMBER_BUSY"
    await practice.nobody_is_overbooked()


async def test_one_member_who_asks_for_two_calendars_at_once_is_in_one_place(practice: Practice) -> None:
    coaches = [await open_coach(practice, booking_audience="MEMBERS") for _ in range(2)]
    member = await practice.member()

    with at_the_first_try():
        answers = await at_once(*(book(practice, member, coach) for coach in coaches))

    refused = [answer for answer in answers if isinstance(answer, SlotUnavailable)]
    assert sorted(kinds(answers), key=str) == sorted([Booked, SlotUnavailable], key=str)
    assert [answer.reason for answer in refused] == ["MEMBER_BUSY"]
    await practice.nobody_is_overbooked()


async def test_each_booking_is_a_version_step_and_an_event_of_its_own(practice: Practice) -> None:
    coach = await open_coach(practice, seats=2)
    members = await practice.members(3, coach)
    before = await version_of(practice, coach)

    await at_once(*(book(practice, member, coach) for member in members))

    assert await version_of(practice, coach) == before + 2
    assert [await events_of(practice, member) for member in members] == [
        ["SessionBooked"],
        ["SessionBooked"],
        ["BookingRejected"],
    ]
    assert await practice.count("session_changes", "kind = 'BOOKED'") == 2


async def test_a_group_tells_of_each_calendars_newest_version_after_the_commit(practice: Practice) -> None:
    coaches = [await open_coach(practice, seats=2, booking_audience="MEMBERS") for _ in range(2)]
    members = await practice.members(3)
    told: dict[Any, int] = {}
    writer = CalendarWriter(practice.house.direct, practice.house.database, told.__setitem__)

    asked = zip(members, (coaches[0], coaches[0], coaches[1]), strict=True)
    await at_once(*(writer.book(who.actor, wish(coach), practice.clock()) for who, coach in asked))

    assert told == {key_of(coach): await version_of(practice, coach) for coach in coaches}


async def test_6_twins_of_one_moment_have_one_effect_and_one_answer(practice: Practice) -> None:
    coach = await open_coach(practice, seats=3)
    member, other = await practice.members(2, coach)

    with at_the_first_try():
        one, twin, another, reused = await at_once(
            book(practice, member, coach, idempotency_key="key"),
            book(practice, member, coach, idempotency_key="key"),
            book(practice, other, coach, idempotency_key="key"),
            book(practice, member, coach, TEN, idempotency_key="key"),
        )

    assert (one.id, one.session.id) == (twin.id, twin.session.id)
    assert another.id != one.id
    assert isinstance(reused, IdempotencyKeyReused)
    assert await practice.count("sessions") == 2
    assert await events_of(practice, member) == ["SessionBooked"]


async def test_6_a_twin_of_a_rejected_booking_is_rejected_again_and_stored_once(practice: Practice) -> None:
    coach = await open_coach(practice)
    first, second = await practice.members(2, coach)

    answers = await at_once(
        book(practice, first, coach),
        book(practice, second, coach, idempotency_key="key"),
        book(practice, second, coach, idempotency_key="key"),
    )

    assert kinds(answers) == [Booked, SlotFull, SlotFull]
    assert await practice.rows("SELECT member_id FROM bookings WHERE status = 'REJECTED'") == [(key_of(second),)]


async def test_cancelling_moving_and_booking_go_in_one_group(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await open_coach(practice, seats=2)
    leaving, moving, staying, coming, late = await practice.members(5, coach)
    left, moved, _ = [
        (await book(practice, who, coach, at)).session for who, at in ((leaving, NINE), (moving, NINE), (staying, TEN))
    ]
    before = await version_of(practice, coach)
    gate = Gate(monkeypatch)

    ahead = asyncio.ensure_future(book(practice, coming, coach, ELEVEN))
    await gate.has_come.wait()
    cancelling = asyncio.ensure_future(practice.context(leaving).change(CancelSession(session_id=left.id)))
    await joined(practice, 1)
    rescheduling = RescheduleSession.read(session_id=moved.id, starts_at=TEN)
    asked = asyncio.ensure_future(practice.context(moving).change(rescheduling))
    await joined(practice, 2)
    last = asyncio.ensure_future(book(practice, late, coach, TEN))
    await joined(practice, 3)
    gate.is_open.set()
    answers = await at_once(ahead, cancelling, asked, last)

    assert gate.groups == [1, 3]
    assert kinds(answers) == [Booked, CoachingSession, CoachingSession, SlotFull]
    assert (answers[1].status, answers[2].version) == (SessionStatus.CANCELLED, 2)
    assert await version_of(practice, coach) == before + 3
    assert await events_of(practice, leaving) == ["SessionBooked", "SessionCancelled"]
    assert await events_of(practice, moving) == ["SessionBooked", "SessionRescheduled"]
    await practice.nobody_is_overbooked()


async def test_a_seat_that_is_left_is_taken_again_within_the_group(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await open_coach(practice, seats=3)
    one, two, coming, late, later = await practice.members(5, coach)
    first = (await book(practice, one, coach)).session
    await book(practice, two, coach)
    gate = Gate(monkeypatch)

    elsewhere = asyncio.ensure_future(book(practice, later, coach, TEN))
    await gate.has_come.wait()
    booking = asyncio.ensure_future(book(practice, coming, coach))
    await joined(practice, 1)
    cancelling = asyncio.ensure_future(practice.context(one).change(CancelSession(session_id=first.id)))
    await joined(practice, 2)
    again = asyncio.ensure_future(book(practice, late, coach))
    await joined(practice, 3)
    gate.is_open.set()
    with at_the_first_try():
        answers = await at_once(elsewhere, booking, cancelling, again)

    assert kinds(answers) == [Booked, Booked, CoachingSession, Booked]
    assert await practice.rows(
        "SELECT seat_no FROM calendar_seats WHERE starts_at = :nine ORDER BY 1", nine=first.starts_at
    ) == [
        (1,),
        (2,),
        (3,),
    ]
    await practice.nobody_is_overbooked()
