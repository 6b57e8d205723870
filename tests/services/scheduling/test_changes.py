"""Cancelling and rescheduling: requirements 5.8 and 14.6, and decision 4 of the domain."""

import asyncio
from dataclasses import replace
from typing import Any

from tests.operations import (
    CANCEL,
    ONE_SESSION,
    RESCHEDULE,
    UPDATE_COACH,
    add_window,
    book,
    booked,
    calendar_version,
    cancelled,
    moved,
    nothing_written,
    slots,
    transferred,
)
from tests.practice import Person, Practice

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
HALF_PAST_NINE = "2026-03-02T09:30:00Z"
DAY = ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")
FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
UNAUTHENTICATED = {"code": "UNAUTHENTICATED", "status": 401}
HISTORY = (
    "query ($id: ID!) { session(id: $id) { history { version kind fromStartsAt toStartsAt reason } status version } }"
)


async def cancel(practice: Practice, who: Person, session_id: str, **more: Any) -> dict[str, Any]:
    """Whatever the cancelling answers."""
    answer: dict[str, Any] = await practice.ask(CANCEL, who, input={"sessionId": session_id, **more})
    return answer


async def set_status(practice: Practice, status: str) -> None:
    """Closes every session, whether or not it has begun."""
    await practice.rows(f"UPDATE sessions SET status = '{status}', {status.lower()}_at = now() RETURNING id")


async def seats(practice: Practice, who: Person, coach: Person) -> dict[str, tuple[int, bool]]:
    """How many places of each of Monday's slots are free, and whether the asker can book one."""
    listed = await slots(practice, who, coach, *DAY, every=True)
    return {slot["localTime"][:5]: (slot["remaining"], slot["isBookable"]) for slot in listed}


# Cancelling


async def test_5_8_a_cancelled_session_is_marked_and_dated(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    practice.clock.move(minutes=5)

    answer = await cancel(practice, member, session_id, reason=" Ill ")

    assert answer == {
        "__typename": "Session",
        "id": session_id,
        "status": "CANCELLED",
        "version": 2,
        "cancelledAt": "2026-03-02T08:05:00Z",
        "cancellationReason": "Ill",
    }
    assert await practice.rows("SELECT cancelled_by_user_id, held_start, seat_no FROM sessions") == [
        (member.user.id, None, None)
    ]


async def test_5_8_a_cancelled_session_frees_its_place(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    session_id = await booked(practice, first, coach, NINE)
    before = (await seats(practice, second, coach))["09:00"]

    await cancelled(practice, first, session_id)
    after = (await seats(practice, second, coach))["09:00"]
    answer = await book(practice, second, coach, NINE)

    assert (before, after) == ((0, False), (1, True))
    assert answer["__typename"] == "Booking"
    await practice.nobody_is_overbooked()


async def test_15_4_a_cancelled_session_frees_the_slots_that_its_buffer_blocked(practice: Practice) -> None:
    coach = await practice.coach(buffer_minutes=15, slot_interval_minutes=30)
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    session_id = await booked(practice, first, coach, "2026-03-02T10:00:00Z")
    before = [slot["localTime"] for slot in await slots(practice, second, coach, *DAY)]

    await cancelled(practice, first, session_id)
    after = [slot["localTime"] for slot in await slots(practice, second, coach, *DAY)]

    assert before == []
    assert after == ["09:00:00", "09:30:00", "10:00:00", "10:30:00", "11:00:00"]


async def test_5_8_one_cancelled_session_of_a_group_frees_one_place(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(5, coach)
    await add_window(practice, coach, seats=3)
    session_ids = [await booked(practice, member, coach, NINE) for member in members[:3]]

    await cancelled(practice, members[1], session_ids[1])
    answers = await asyncio.gather(*(book(practice, member, coach, NINE) for member in members[3:]))

    assert sorted(answer["__typename"] for answer in answers) == ["Booking", "SlotFull"]
    assert await practice.count("sessions", "status = 'SCHEDULED'") == 3
    await practice.nobody_is_overbooked()


async def test_a_member_books_again_what_they_cancelled(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    first = await booked(practice, member, coach, NINE)
    await cancelled(practice, member, first)

    second = await booked(practice, member, coach, NINE)

    assert first != second
    assert await practice.count("sessions") == 2


async def test_5_8_a_longer_session_that_is_cancelled_leaves_no_shadow_behind_a_shorter_one(practice: Practice) -> None:
    coach = await practice.coach(session_minutes=30)
    first, second = await practice.members(2, coach)
    await add_window(practice, coach, end="11:00", seats=2)
    await booked(practice, first, coach, NINE)
    longer = {"id": coach.id, "sessionMinutes": 60, "slotIntervalMinutes": 30}
    await practice.ask(UPDATE_COACH, coach, input=longer)
    session_id = await booked(practice, second, coach, NINE)

    await cancelled(practice, second, session_id)
    await practice.ask(UPDATE_COACH, coach, input={"id": coach.id, "sessionMinutes": 30})

    assert await seats(practice, second, coach) == {
        "09:00": (1, True),
        "09:30": (2, True),
        "10:00": (2, True),
        "10:30": (2, True),
    }
    assert (await book(practice, second, coach, HALF_PAST_NINE))["__typename"] == "Booking"


async def test_14_6_a_completed_session_is_not_cancelled(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    await set_status(practice, "COMPLETED")

    async with nothing_written(practice):
        answers = [await cancel(practice, who, session_id) for who in (member, coach, admin)]

    assert (
        answers
        == [
            {
                "__typename": "SessionNotScheduled",
                "code": "SESSION_NOT_SCHEDULED",
                "message": "This session is completed; only a scheduled one can be changed",
            }
        ]
        * 3
    )


async def test_a_missed_session_is_not_cancelled(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    await set_status(practice, "NO_SHOW")

    async with nothing_written(practice):
        answer = await cancel(practice, coach, session_id)

    assert answer["code"] == "SESSION_NOT_SCHEDULED"


async def test_a_session_is_cancelled_once(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    await cancelled(practice, member, session_id)

    async with nothing_written(practice):
        answer = await cancel(practice, member, session_id)

    assert answer["code"] == "SESSION_NOT_SCHEDULED"


async def test_of_cancellations_that_race_one_wins(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)

    answers = await asyncio.gather(*(cancel(practice, who, session_id) for who in [member, coach] * 4))

    assert sorted(answer["__typename"] for answer in answers) == ["Session"] + ["SessionNotScheduled"] * 7
    assert await practice.count("session_changes", "kind = 'CANCELLED'") == 1
    await practice.nobody_is_overbooked()


async def test_a_reason_has_at_most_200_characters(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)

    async with nothing_written(practice):
        answer = await cancel(practice, member, session_id, reason="x" * 201)

    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "reason")


async def test_cancelling_raises_the_calendars_version_by_one(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    before = await calendar_version(practice, coach)

    await cancelled(practice, member, session_id)

    assert await calendar_version(practice, coach) == before + 1


# Rescheduling


async def test_a_rescheduled_session_keeps_its_id_and_raises_its_version(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)

    answer = await moved(practice, member, session_id, ELEVEN)

    assert answer == {
        "__typename": "Session",
        "id": session_id,
        "startsAt": ELEVEN,
        "endsAt": "2026-03-02T12:00:00Z",
        "status": "SCHEDULED",
        "version": 2,
        "history": [
            {"kind": "BOOKED", "version": 1, "fromStartsAt": None, "toStartsAt": NINE},
            {"kind": "RESCHEDULED", "version": 2, "fromStartsAt": NINE, "toStartsAt": ELEVEN},
        ],
    }
    assert await practice.count("sessions") == 1


async def test_a_rescheduled_session_frees_its_old_place_and_takes_the_new_one(practice: Practice) -> None:
    coach = await practice.coach()
    member, other = await practice.members(2, coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)

    await moved(practice, member, session_id, ELEVEN)

    assert await seats(practice, other, coach) == {"09:00": (1, True), "10:00": (1, True), "11:00": (0, False)}
    assert await practice.count("calendar_seats") == await practice.count("calendar_slots") == 1
    await practice.nobody_is_overbooked()


async def test_rescheduling_raises_the_calendars_version_by_one(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    before = await calendar_version(practice, coach)

    await moved(practice, member, session_id, TEN)

    assert await calendar_version(practice, coach) == before + 1


async def test_a_session_that_moves_and_is_cancelled_keeps_one_id_and_its_whole_history(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)

    await moved(practice, member, session_id, TEN)
    await moved(practice, coach, session_id, ELEVEN)
    await cancel(practice, member, session_id, reason="Ill")

    assert await practice.ask(HISTORY, member, id=session_id) == {
        "history": [
            {"version": 1, "kind": "BOOKED", "fromStartsAt": None, "toStartsAt": NINE, "reason": None},
            {"version": 2, "kind": "RESCHEDULED", "fromStartsAt": NINE, "toStartsAt": TEN, "reason": None},
            {"version": 3, "kind": "RESCHEDULED", "fromStartsAt": TEN, "toStartsAt": ELEVEN, "reason": None},
            {"version": 4, "kind": "CANCELLED", "fromStartsAt": ELEVEN, "toStartsAt": None, "reason": "Ill"},
        ],
        "status": "CANCELLED",
        "version": 4,
    }
    changed_by = [
        user_id for (user_id,) in await practice.rows("SELECT changed_by_user_id FROM session_changes ORDER BY version")
    ]
    assert changed_by == [member.user.id, member.user.id, coach.user.id, member.user.id]


async def test_the_own_seat_does_not_stand_in_the_way_of_an_overlapping_start(practice: Practice) -> None:
    coach = await practice.coach(slot_interval_minutes=30, buffer_minutes=15)
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)

    later = await moved(practice, member, session_id, HALF_PAST_NINE)
    earlier = await moved(practice, member, session_id, NINE)

    assert (later["startsAt"], earlier["startsAt"]) == (HALF_PAST_NINE, NINE)
    assert await practice.count("calendar_seats") == 1
    await practice.nobody_is_overbooked()


async def test_a_neighbour_of_a_group_stands_in_the_way_of_an_overlapping_start(practice: Practice) -> None:
    coach = await practice.coach(slot_interval_minutes=30)
    member, neighbour = await practice.members(2, coach)
    await add_window(practice, coach, seats=2)
    session_id = await booked(practice, member, coach, NINE)
    await booked(practice, neighbour, coach, NINE)

    async with nothing_written(practice):
        answer = await moved(practice, member, session_id, HALF_PAST_NINE)

    assert (answer["__typename"], answer["reason"]) == ("SlotUnavailable", "CONFLICTS_WITH_SESSION")


async def test_rescheduling_out_of_a_group_leaves_the_others_their_seats(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(3, coach)
    await add_window(practice, coach, seats=3)
    session_ids = [await booked(practice, member, coach, NINE) for member in members]

    answer = await moved(practice, members[0], session_ids[0], TEN)

    assert answer["startsAt"] == TEN
    assert await seats(practice, coach, coach) == {"09:00": (1, True), "10:00": (2, True), "11:00": (3, True)}
    await practice.nobody_is_overbooked()


async def test_rescheduling_to_the_start_that_a_full_group_has_already_keeps_the_seat(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach, seats=2)
    session_id = await booked(practice, first, coach, NINE)
    await booked(practice, second, coach, NINE)

    answer = await moved(practice, first, session_id, NINE)

    assert (answer["__typename"], answer["startsAt"]) == ("Session", NINE)
    assert await practice.count("calendar_seats") == 2
    await practice.nobody_is_overbooked()


async def test_rescheduling_to_a_full_slot_is_refused_with_the_literal_message(practice: Practice) -> None:
    coach = await practice.coach()
    member, other = await practice.members(2, coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    await booked(practice, other, coach, TEN)

    async with nothing_written(practice):
        answer = await moved(practice, member, session_id, TEN)

    assert answer == {
        "__typename": "SlotFull",
        "code": "SLOT_FULL",
        "message": "This slot is now full, please choose another",
    }


async def test_rescheduling_to_a_time_that_is_not_listed_is_refused(practice: Practice) -> None:
    coach = await practice.coach(booking_window_days=0)
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    unlisted = (HALF_PAST_NINE, "2026-03-02T15:00:00Z", "2026-02-23T09:00:00Z", "2026-03-09T09:00:00Z")

    async with nothing_written(practice):
        answers = [await moved(practice, member, session_id, starts_at) for starts_at in unlisted]

    assert [answer["__typename"] for answer in answers] == ["SlotUnavailable"] * 4
    assert [answer["reason"] for answer in answers] == [
        "NOT_A_SLOT_START",
        "OUTSIDE_AVAILABILITY",
        "IN_THE_PAST",
        "TOO_FAR_AHEAD",
    ]


async def test_rescheduling_over_another_session_of_the_member_is_refused(practice: Practice) -> None:
    one, other = await practice.coach(booking_audience="MEMBERS"), await practice.coach(booking_audience="MEMBERS")
    member = await practice.member()
    await add_window(practice, one)
    await add_window(practice, other)
    session_id = await booked(practice, member, one, NINE)
    await booked(practice, member, other, TEN)

    async with nothing_written(practice):
        answer = await moved(practice, member, session_id, TEN)

    assert (answer["__typename"], answer["reason"]) == ("SlotUnavailable", "MEMBER_BUSY")


async def test_a_coach_who_reschedules_is_told_that_the_member_is_busy_elsewhere(practice: Practice) -> None:
    one, other = await practice.coach(booking_audience="MEMBERS"), await practice.coach(booking_audience="MEMBERS")
    member = await practice.member()
    await add_window(practice, one)
    await add_window(practice, other)
    session_id = await booked(practice, member, one, NINE)
    await booked(practice, member, other, TEN)

    async with nothing_written(practice):
        answer = await moved(practice, one, session_id, TEN)

    assert (answer["reason"], answer["message"]) == ("MEMBER_BUSY", "The member has another session at this time")


async def test_rescheduling_with_a_coach_who_is_not_active_is_refused(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    await practice.rows("UPDATE coaches SET status = 'SUSPENDED' RETURNING id")

    async with nothing_written(practice):
        answer = await moved(practice, member, session_id, TEN)

    assert answer["reason"] == "COACH_NOT_ACTIVE"


async def test_a_session_that_is_not_scheduled_is_not_rescheduled(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    completed = await booked(practice, first, coach, NINE)
    await set_status(practice, "COMPLETED")
    off = await booked(practice, second, coach, TEN)
    await cancelled(practice, second, off)

    async with nothing_written(practice):
        answers = [await moved(practice, coach, session_id, ELEVEN) for session_id in (completed, off)]

    assert [answer["code"] for answer in answers] == ["SESSION_NOT_SCHEDULED"] * 2
    assert [answer["message"] for answer in answers] == [
        "This session is completed; only a scheduled one can be changed",
        "This session is cancelled; only a scheduled one can be changed",
    ]


async def test_a_version_that_has_passed_is_a_conflict_and_answers_todays(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    await moved(practice, coach, session_id, TEN)

    async with nothing_written(practice):
        answer = await moved(practice, member, session_id, ELEVEN, expectedVersion=1)

    assert (answer["__typename"], answer["code"], answer["currentVersion"]) == (
        "VersionConflict",
        "VERSION_CONFLICT",
        2,
    )


async def test_the_version_that_was_seen_is_accepted(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)

    answer = await moved(practice, member, session_id, ELEVEN, expectedVersion=1)

    assert (answer["__typename"], answer["version"]) == ("Session", 2)


async def test_of_two_who_reschedule_from_the_same_version_one_wins(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)

    answers = await asyncio.gather(
        moved(practice, member, session_id, TEN, expectedVersion=1),
        moved(practice, coach, session_id, ELEVEN, expectedVersion=1),
    )

    assert sorted(answer["__typename"] for answer in answers) == ["Session", "VersionConflict"]
    assert await practice.count("session_changes", "kind = 'RESCHEDULED'") == 1


async def test_of_many_who_reschedule_to_the_last_place_one_wins(practice: Practice) -> None:
    coach = await practice.coach(booking_window_days=30)
    members = await practice.members(6, coach)
    await add_window(practice, coach, start="09:00", end="16:00")
    session_ids = [
        await booked(practice, member, coach, f"2026-03-02T{hour:02}:00:00Z")
        for hour, member in enumerate(members, start=9)
    ]
    last = "2026-03-02T15:00:00Z"

    answers = await asyncio.gather(
        *(moved(practice, member, session_id, last) for member, session_id in zip(members, session_ids, strict=True))
    )

    assert sorted(answer["__typename"] for answer in answers) == ["Session"] + ["SlotFull"] * 5
    await practice.nobody_is_overbooked()


async def test_two_sessions_of_one_member_that_race_to_the_same_time_end_apart(practice: Practice) -> None:
    coaches = [await practice.coach(booking_audience="MEMBERS") for _ in range(2)]
    member = await practice.member()
    for coach in coaches:
        await add_window(practice, coach)
    one, other = await booked(practice, member, coaches[0], NINE), await booked(practice, member, coaches[1], TEN)

    answers = await asyncio.gather(moved(practice, member, one, ELEVEN), moved(practice, member, other, ELEVEN))

    assert sorted(answer["__typename"] for answer in answers) == ["Session", "SlotUnavailable"]
    assert [answer["reason"] for answer in answers if "reason" in answer] == ["MEMBER_BUSY"]
    await practice.nobody_is_overbooked()


async def test_sessions_that_swap_places_through_a_free_one_never_oversell(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    one, other = await booked(practice, first, coach, NINE), await booked(practice, second, coach, TEN)

    straight = await asyncio.gather(moved(practice, first, one, TEN), moved(practice, second, other, NINE))
    await moved(practice, first, one, ELEVEN)
    await moved(practice, second, other, NINE)
    last = await moved(practice, first, one, TEN)

    assert [answer["__typename"] for answer in straight] == ["SlotFull"] * 2
    assert last["startsAt"] == TEN
    await practice.nobody_is_overbooked()


# Who may


async def test_a_member_their_coach_and_an_admin_cancel(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()
    members = await practice.members(3, coach)
    await add_window(practice, coach, seats=3)
    session_ids = [await booked(practice, member, coach, NINE) for member in members]

    answers = [
        await cancel(practice, who, session_id)
        for who, session_id in zip((members[0], coach, admin), session_ids, strict=True)
    ]

    assert [answer["status"] for answer in answers] == ["CANCELLED"] * 3
    by = {user_id for (user_id,) in await practice.rows("SELECT cancelled_by_user_id FROM sessions")}
    assert by == {members[0].user.id, coach.user.id, admin.user.id}


async def test_a_member_their_coach_and_an_admin_reschedule(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)

    answers = [
        await moved(practice, who, session_id, starts_at)
        for who, starts_at in ((member, TEN), (coach, ELEVEN), (admin, NINE))
    ]

    assert [answer["startsAt"] for answer in answers] == [TEN, ELEVEN, NINE]
    assert [answer["version"] for answer in answers] == [2, 3, 4]


async def test_sessions_of_others_are_forbidden_to_change(practice: Practice) -> None:
    coach, other_coach = await practice.coach(), await practice.coach()
    member, other_member = await practice.members(2, coach)
    await add_window(practice, coach, seats=2)
    session_id = await booked(practice, member, coach, NINE)
    await booked(practice, other_member, coach, NINE)

    async with nothing_written(practice):
        refusals = [
            await practice.refusal(query, who, input=given)
            for who in (other_member, other_coach)
            for query, given in (
                (CANCEL, {"sessionId": session_id}),
                (RESCHEDULE, {"sessionId": session_id, "startsAt": TEN}),
            )
        ]

    assert refusals == [FORBIDDEN] * 4


async def test_a_stranger_changes_no_session(practice: Practice) -> None:
    coach = await practice.coach(booking_audience="PUBLIC")
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)

    async with nothing_written(practice):
        cancelling = await practice.refusal(CANCEL, None, input={"sessionId": session_id})
        moving = await practice.refusal(RESCHEDULE, None, input={"sessionId": session_id, "startsAt": TEN})

    assert [cancelling, moving] == [UNAUTHENTICATED] * 2


async def test_12_4_changing_a_session_needs_the_permission(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    reader = replace(member, actor=replace(member.actor, permissions=member.actor.permissions - {"sessions:write"}))

    async with nothing_written(practice):
        cancelling = await practice.refusal(CANCEL, reader, input={"sessionId": session_id})
        moving = await practice.refusal(RESCHEDULE, reader, input={"sessionId": session_id, "startsAt": TEN})

    assert [cancelling, moving] == [FORBIDDEN] * 2


async def test_a_session_that_does_not_exist_is_forbidden_too(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    await practice.rows("DELETE FROM bookings RETURNING id")
    await practice.rows("DELETE FROM sessions RETURNING id")

    refusal = await practice.refusal(CANCEL, member, input={"sessionId": session_id})

    assert refusal == FORBIDDEN


async def test_the_id_of_something_else_is_invalid_input(practice: Practice) -> None:
    member = await practice.member()

    answer = await cancel(practice, member, member.id)

    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "sessionId")


# Once it has begun


async def test_a_member_changes_nothing_once_the_session_has_begun(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    practice.clock.move(hours=1)

    async with nothing_written(practice):
        answers = [await cancel(practice, member, session_id), await moved(practice, member, session_id, ELEVEN)]

    assert (
        answers
        == [
            {
                "__typename": "SessionHasBegun",
                "code": "SESSION_HAS_BEGUN",
                "message": "This session has begun or is over",
            }
        ]
        * 2
    )


async def test_a_member_cancels_until_the_last_moment(practice: Practice) -> None:
    coach = await practice.coach(min_notice_minutes=30)
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    practice.clock.move(hours=1, seconds=-1)

    answer = await cancel(practice, member, session_id)

    assert answer["status"] == "CANCELLED"


async def test_a_coach_still_cancels_and_moves_a_session_that_has_begun(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach, seats=2)
    one, other = await booked(practice, first, coach, NINE), await booked(practice, second, coach, NINE)
    practice.clock.move(hours=1, minutes=5)

    called_off = await cancel(practice, coach, one)
    later = await moved(practice, coach, other, ELEVEN)

    assert (called_off["status"], later["startsAt"]) == ("CANCELLED", ELEVEN)


# After a transfer


async def test_a_member_whom_the_audience_has_left_out_since_changes_their_session(practice: Practice) -> None:
    coach = await practice.coach(booking_audience="MEMBERS")
    member = await practice.member()
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    await practice.ask(UPDATE_COACH, coach, input={"id": coach.id, "bookingAudience": "ASSIGNED"})

    later, off = await moved(practice, member, session_id, TEN), await cancel(practice, member, session_id)

    assert (later["startsAt"], off["status"]) == (TEN, "CANCELLED")


async def test_a_transferred_member_cancels_a_session_with_the_old_coach(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await add_window(practice, old)
    session_id = await booked(practice, member, old, NINE)
    await transferred(practice, member, new)

    answer = await cancel(practice, member, session_id)

    assert answer["status"] == "CANCELLED"
    assert await seats(practice, old, old) == {"09:00": (1, True), "10:00": (1, True), "11:00": (1, True)}


async def test_a_transferred_member_reschedules_a_session_with_the_old_coach(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await add_window(practice, old)
    session_id = await booked(practice, member, old, NINE)
    await transferred(practice, member, new)

    answer = await moved(practice, member, session_id, TEN)

    assert (answer["id"], answer["startsAt"]) == (session_id, TEN)
    await practice.nobody_is_overbooked()


async def test_a_transferred_member_who_cancels_again_is_told_that_it_is_cancelled(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await add_window(practice, old)
    session_id = await booked(practice, member, old, NINE)
    await transferred(practice, member, new)
    await cancelled(practice, member, session_id)

    async with nothing_written(practice):
        again = await cancel(practice, member, session_id)

    assert again["code"] == "SESSION_NOT_SCHEDULED"


async def test_of_cancellations_by_a_transferred_member_that_race_one_wins(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await add_window(practice, old)
    session_id = await booked(practice, member, old, NINE)
    await transferred(practice, member, new)

    answers = await asyncio.gather(*(cancel(practice, member, session_id) for _ in range(4)))

    assert sorted(answer["__typename"] for answer in answers) == ["Session"] + ["SessionNotScheduled"] * 3


async def test_a_new_coach_sees_a_session_with_the_old_one_and_does_not_change_it(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await add_window(practice, old)
    session_id = await booked(practice, member, old, NINE)
    await transferred(practice, member, new)

    async with nothing_written(practice):
        seen = await practice.ask(ONE_SESSION, new, id=session_id)
        cancelling = await practice.refusal(CANCEL, new, input={"sessionId": session_id})
        moving = await practice.refusal(RESCHEDULE, new, input={"sessionId": session_id, "startsAt": TEN})

    assert seen["id"] == session_id
    assert [cancelling, moving] == [FORBIDDEN] * 2


async def test_an_old_coach_still_cancels_the_session_that_they_hold(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await add_window(practice, old)
    session_id = await booked(practice, member, old, NINE)
    await transferred(practice, member, new)

    answer = await cancel(practice, old, session_id)

    assert answer["status"] == "CANCELLED"


async def test_an_old_coach_who_reschedules_is_told_that_the_member_is_busy_with_the_new_one(
    practice: Practice,
) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await add_window(practice, old)
    await add_window(practice, new)
    session_id = await booked(practice, member, old, NINE)
    await transferred(practice, member, new)
    await booked(practice, member, new, TEN)

    async with nothing_written(practice):
        answer = await moved(practice, old, session_id, TEN)

    assert (answer["__typename"], answer.get("reason")) == ("SlotUnavailable", "MEMBER_BUSY")
