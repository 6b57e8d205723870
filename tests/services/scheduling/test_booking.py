"""Booking: requirement 5, and what a booking leaves behind."""

from datetime import datetime

import pytest

from app.events import SessionBooked
from app.wire.relay import parse_key
from tests.lifecycle import schedule
from tests.operations import BOOK, add_window, book, booked, slots
from tests.practice import Practice

NINE, TEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"
DAY = ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")


async def test_5_4_a_listed_slot_is_confirmed_at_once(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach, seats=2)

    answer = await book(practice, member, coach, NINE, note="On listening", kind="INITIAL")

    assert answer["__typename"] == "Booking"
    assert answer["status"] == "CONFIRMED"
    assert answer["session"]["status"] == "SCHEDULED"
    assert (answer["session"]["startsAt"], answer["session"]["endsAt"]) == (NINE, TEN)
    assert (answer["session"]["note"], answer["session"]["kind"]) == ("On listening", "INITIAL")
    assert answer["slot"]["remaining"] == 1
    assert await practice.count("sessions") == 1
    assert await practice.count("bookings", "status = 'CONFIRMED'") == 1
    assert await practice.count("session_changes", "kind = 'BOOKED' AND version = 1") == 1


@pytest.mark.parametrize("by", ["MEMBER", "COACH", "ADMIN"])
async def test_4_2_of_a_session_that_is_made_both_are_told(practice: Practice, by: str) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    assert coach.coach is not None
    assert member.member is not None

    if by == "MEMBER":
        answer = await book(practice, member, coach, NINE)
    else:
        who = coach if by == "COACH" else await practice.admin()
        answer = await schedule(practice, who, member, NINE, coachId=coach.id)

    session_id = parse_key(answer["session"]["id"], "Session", "id")
    assert await practice.told() == [
        SessionBooked(
            session_id=session_id,
            coach_id=coach.coach.id,
            member_id=member.member.id,
            starts_at=datetime.fromisoformat(NINE),
        )
    ]


async def test_5_5_a_full_slot_is_rejected_with_the_literal_message(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    await booked(practice, first, coach, NINE)

    answer = await book(practice, second, coach, NINE)

    assert answer == {
        "__typename": "SlotFull",
        "code": "SLOT_FULL",
        "message": "This slot is now full, please choose another",
    }
    assert await practice.count("sessions") == 1


async def test_a_rejected_booking_is_stored_with_its_reason(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)

    answer = await book(practice, member, coach, "2026-03-02T09:30:00Z")

    assert (answer["__typename"], answer["reason"]) == ("SlotUnavailable", "NOT_A_SLOT_START")
    assert await practice.rows("SELECT status, reason, session_id FROM bookings") == [
        ("REJECTED", "NOT_A_SLOT_START", None)
    ]
    assert await practice.count("calendar_seats") == 0


async def test_14_3_a_time_outside_availability_is_rejected(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)

    answer = await book(practice, member, coach, "2026-03-02T15:00:00Z")

    assert answer["reason"] == "OUTSIDE_AVAILABILITY"


async def test_5_3_the_buffer_lies_between_different_starts_only(practice: Practice) -> None:
    coach = await practice.coach(buffer_minutes=15, slot_interval_minutes=30)
    first, second, third = await practice.members(3, coach)
    await add_window(practice, coach, seats=2)
    await booked(practice, first, coach, NINE)

    beside = await book(practice, second, coach, NINE)
    too_close = await book(practice, third, coach, TEN)
    far_enough = await book(practice, third, coach, "2026-03-02T10:30:00Z")

    assert beside["__typename"] == "Booking"
    assert too_close["reason"] == "CONFLICTS_WITH_SESSION"
    assert far_enough["__typename"] == "Booking"


async def test_a_member_is_in_one_place_at_a_time(practice: Practice) -> None:
    one, other = await practice.coach(booking_audience="MEMBERS"), await practice.coach(booking_audience="MEMBERS")
    member = await practice.member()
    await add_window(practice, one)
    await add_window(practice, other)
    await booked(practice, member, one, NINE)

    answer = await book(practice, member, other, NINE)

    assert answer["reason"] == "MEMBER_BUSY"
    assert [slot["startsAt"] for slot in await slots(practice, member, other, *DAY)] == [TEN, "2026-03-02T11:00:00Z"]


async def test_6_a_retry_under_the_same_key_has_one_effect_and_one_answer(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach, seats=3)

    first = await book(practice, member, coach, NINE, idempotencyKey="a")
    again = await book(practice, member, coach, NINE, idempotencyKey="a")
    other = await book(practice, member, coach, TEN, idempotencyKey="a")

    assert first["__typename"] == again["__typename"] == "Booking"
    assert (first["id"], first["session"]["id"]) == (again["id"], again["session"]["id"])
    assert (other["__typename"], other["code"]) == ("IdempotencyKeyReused", "IDEMPOTENCY_KEY_REUSED")
    assert await practice.count("sessions") == 1


async def test_a_retry_of_a_rejected_booking_is_rejected_again_and_stored_once(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    await booked(practice, first, coach, NINE)

    answers = [await book(practice, second, coach, NINE, idempotencyKey="b") for _ in range(2)]

    assert [answer["__typename"] for answer in answers] == ["SlotFull", "SlotFull"]
    assert await practice.count("bookings", "status = 'REJECTED'") == 1


async def test_14_1_a_paused_member_books_nothing(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach, status="PAUSED")
    await add_window(practice, coach)

    answer = await book(practice, member, coach, NINE)

    assert answer["code"] == "MEMBER_NOT_ACTIVE"
    assert await practice.count("bookings") == 0


async def test_14_1_a_coach_who_is_not_active_takes_no_bookings(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    await practice.rows("UPDATE coaches SET status = 'SUSPENDED' RETURNING id")

    answer = await book(practice, member, coach, NINE)

    assert answer["reason"] == "COACH_NOT_ACTIVE"


async def test_12_4_booking_needs_the_permission(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    given = {"coachId": coach.id, "startsAt": NINE}

    assert (await practice.refusal(BOOK, None, input=given))["code"] == "UNAUTHENTICATED"
    assert (await practice.refusal(BOOK, coach, input=given))["code"] == "FORBIDDEN"
    assert (await practice.refusal(BOOK, await practice.admin(), input=given))["code"] == "FORBIDDEN"
    without = member.actor.permissions - {"sessions:write"}
    object.__setattr__(member.actor, "permissions", without)
    assert await practice.refusal(BOOK, member, input=given) == {"code": "FORBIDDEN", "status": 403}
    assert await practice.count("bookings") == 0


async def test_only_the_booking_audience_books(practice: Practice) -> None:
    assigned = await practice.coach()
    everybody = await practice.coach(booking_audience="MEMBERS")
    stranger_to_both = await practice.member()
    for coach in (assigned, everybody):
        await add_window(practice, coach)

    refused = await practice.refusal(BOOK, stranger_to_both, input={"coachId": assigned.id, "startsAt": NINE})
    answer = await book(practice, stranger_to_both, everybody, NINE)

    assert refused == {"code": "FORBIDDEN", "status": 403}
    assert answer["__typename"] == "Booking"
