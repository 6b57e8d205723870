"""Availability: requirement 3, time off, and settings that change what is offered."""

import asyncio
from typing import Any

from tests.operations import (
    ADD_TIME_OFF,
    ADD_WINDOW,
    REMOVE_TIME_OFF,
    REMOVE_WINDOW,
    UPDATE_COACH,
    UPDATE_WINDOW,
    add_window,
    book,
    booked,
    calendar_version,
    cancelled,
    nothing_written,
    slots,
)
from tests.practice import Person, Practice

EIGHT, NINE, TEN, ELEVEN, NOON = (f"2026-03-02T{hour:02}:00:00Z" for hour in (8, 9, 10, 11, 12))
DAY = ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")
FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
UNAUTHENTICATED = {"code": "UNAUTHENTICATED", "status": 401}


def window(**changes: Any) -> dict[str, Any]:
    return {"dayOfWeek": "MONDAY", "startTime": "09:00", "endTime": "12:00", "maxSessionsPerSlot": 1, **changes}


async def add(practice: Practice, who: Person, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(ADD_WINDOW, who, input=window(**changes))
    return answer


async def update(practice: Practice, who: Person, window_id: str, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(UPDATE_WINDOW, who, input={"id": window_id, **changes})
    return answer


async def remove(practice: Practice, who: Person, window_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(REMOVE_WINDOW, who, input={"id": window_id})
    return answer


async def take_off(practice: Practice, who: Person, since: str, until: str, **more: Any) -> dict[str, Any]:
    given = {"startsAt": since, "endsAt": until, **more}
    answer: dict[str, Any] = await practice.ask(ADD_TIME_OFF, who, input=given)
    return answer


async def change_settings(practice: Practice, coach: Person, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(UPDATE_COACH, coach, input={"id": coach.id, **changes})
    return answer


async def starts(practice: Practice, who: Person | None, coach: Person, *, every: bool = False) -> list[str]:
    """The wall-clock times of Monday's slots."""
    return [slot["localTime"][:5] for slot in await slots(practice, who, coach, *DAY, every=every)]


def refused(answer: dict[str, Any]) -> tuple[str, str | None]:
    return answer["code"], answer.get("field")


def in_the_way(answer: dict[str, Any]) -> list[str]:
    """The ids of the sessions that a refusal names."""
    assert answer["code"] == "BOOKINGS_IN_THE_WAY", answer
    return [session["id"] for session in answer["sessions"]]


# Adding windows


async def test_3_1_a_window_is_stored_as_it_was_given(practice: Practice) -> None:
    coach = await practice.coach()

    answer = await add(
        practice, coach, dayOfWeek="FRIDAY", startTime="09:15", maxSessionsPerSlot=3, location=" Room 2 "
    )

    assert answer == {
        "__typename": "AvailabilityWindow",
        "id": answer["id"],
        "dayOfWeek": "FRIDAY",
        "startTime": "09:15:00",
        "endTime": "12:00:00",
        "maxSessionsPerSlot": 3,
        "location": "Room 2",
    }
    assert await practice.count("availability_windows", "day_no = 5 AND location = 'Room 2'") == 1
    assert await calendar_version(practice, coach) == 1


async def test_3_1_a_window_begins_and_ends_on_a_full_minute(practice: Practice) -> None:
    coach = await practice.coach()

    async with nothing_written(practice):
        begins = await add(practice, coach, startTime="10:00:30")
        ends = await add(practice, coach, endTime="10:00:30")

    assert refused(begins) == ("INVALID_INPUT", "startTime")
    assert refused(ends) == ("INVALID_INPUT", "endTime")


async def test_14_2_a_window_ends_after_its_start_on_the_same_day(practice: Practice) -> None:
    coach = await practice.coach()

    async with nothing_written(practice):
        answers = [await add(practice, coach, endTime=end) for end in ("09:00", "08:59", "00:00")]

    assert [refused(answer) for answer in answers] == [("INVALID_INPUT", "endTime")] * 3


async def test_3_1_a_slot_takes_one_to_a_thousand_sessions(practice: Practice) -> None:
    coach = await practice.coach()

    async with nothing_written(practice):
        answers = [await add(practice, coach, maxSessionsPerSlot=seats) for seats in (0, -1, 1_001)]

    assert [refused(answer) for answer in answers] == [("INVALID_INPUT", "maxSessionsPerSlot")] * 3


async def test_3_1_both_bounds_of_the_capacity_are_accepted(practice: Practice) -> None:
    coach = await practice.coach()

    smallest = await add(practice, coach, maxSessionsPerSlot=1)
    largest = await add(practice, coach, dayOfWeek="TUESDAY", maxSessionsPerSlot=1_000)

    assert [answer["maxSessionsPerSlot"] for answer in (smallest, largest)] == [1, 1_000]


async def test_3_1_what_is_no_day_and_no_time_is_refused(practice: Practice) -> None:
    coach = await practice.coach()
    wrong = [{"dayOfWeek": "SOMEDAY"}, {"startTime": "25:00"}, {"endTime": "noon"}]

    async with nothing_written(practice):
        refusals = [await practice.refusal(ADD_WINDOW, coach, input=window(**each)) for each in wrong]

    assert [(refusal["code"], refusal["status"]) for refusal in refusals] == [("BAD_USER_INPUT", 400)] * 3


async def test_3_1_a_location_has_at_most_200_characters(practice: Practice) -> None:
    coach = await practice.coach()

    async with nothing_written(practice):
        answer = await add(practice, coach, location="x" * 201)

    assert refused(answer) == ("INVALID_INPUT", "location")


async def test_3_2_overlapping_windows_are_rejected(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    overlapping = [("09:00", "12:00"), ("08:00", "13:00"), ("10:00", "11:00"), ("08:00", "09:01"), ("11:59", "13:00")]

    async with nothing_written(practice):
        answers = [await add(practice, coach, startTime=start, endTime=end) for start, end in overlapping]

    rejection = {
        "__typename": "WindowsOverlap",
        "code": "WINDOWS_OVERLAP",
        "message": "This window overlaps another one of the same day",
    }
    assert answers == [rejection] * 5


async def test_3_2_windows_that_touch_do_not_overlap(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)

    before = await add(practice, coach, startTime="08:00", endTime="09:00")
    behind = await add(practice, coach, startTime="12:00", endTime="13:00")

    assert [answer["__typename"] for answer in (before, behind)] == ["AvailabilityWindow"] * 2


async def test_3_2_other_days_and_other_coaches_do_not_overlap(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    await add_window(practice, coach)

    tuesday = await add(practice, coach, dayOfWeek="TUESDAY")
    others = await add(practice, other)

    assert [answer["__typename"] for answer in (tuesday, others)] == ["AvailabilityWindow"] * 2


async def test_3_2_of_windows_that_race_for_the_same_time_one_wins(practice: Practice) -> None:
    coach = await practice.coach()

    answers = await asyncio.gather(*(add(practice, coach, startTime=f"09:{minute:02}") for minute in range(8)))

    assert sorted(answer["__typename"] for answer in answers) == ["AvailabilityWindow"] + ["WindowsOverlap"] * 7
    assert await practice.count("availability_windows") == 1
    assert await calendar_version(practice, coach) == 1


# Changing windows


async def test_3_3_an_update_changes_what_was_given_and_nothing_else(practice: Practice) -> None:
    coach = await practice.coach()
    window_id = await add_window(practice, coach, seats=2)

    answer = await update(practice, coach, window_id, endTime="13:00")

    assert answer == {
        "__typename": "AvailabilityWindow",
        "id": window_id,
        "dayOfWeek": "MONDAY",
        "startTime": "09:00:00",
        "endTime": "13:00:00",
        "maxSessionsPerSlot": 2,
    }
    assert await practice.count("availability_windows") == 1
    assert await calendar_version(practice, coach) == 2


async def test_3_3_a_window_moves_to_another_day(practice: Practice) -> None:
    coach = await practice.coach()
    window_id = await add_window(practice, coach)

    answer = await update(practice, coach, window_id, dayOfWeek="TUESDAY")

    assert answer["dayOfWeek"] == "TUESDAY"
    assert await starts(practice, coach, coach) == []


async def test_3_3_a_required_field_cannot_be_emptied(practice: Practice) -> None:
    coach = await practice.coach()
    window_id = await add_window(practice, coach)
    required = ("dayOfWeek", "startTime", "endTime", "maxSessionsPerSlot")

    async with nothing_written(practice):
        answers = [await update(practice, coach, window_id, **{field: None}) for field in required]

    assert [refused(answer) for answer in answers] == [("INVALID_INPUT", field) for field in required]


async def test_3_3_an_update_keeps_to_the_rules_of_a_new_window(practice: Practice) -> None:
    coach = await practice.coach()
    window_id = await add_window(practice, coach)

    async with nothing_written(practice):
        reversed_times = await update(practice, coach, window_id, startTime="12:00")
        seconds = await update(practice, coach, window_id, startTime="09:00:01")
        seatless = await update(practice, coach, window_id, maxSessionsPerSlot=0)

    assert refused(reversed_times) == ("INVALID_INPUT", "endTime")
    assert refused(seconds) == ("INVALID_INPUT", "startTime")
    assert refused(seatless) == ("INVALID_INPUT", "maxSessionsPerSlot")


async def test_3_2_an_update_into_another_window_is_rejected(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    afternoon = await add_window(practice, coach, start="13:00", end="16:00")

    async with nothing_written(practice):
        answer = await update(practice, coach, afternoon, startTime="11:59")

    assert answer["__typename"] == "WindowsOverlap"


async def test_3_2_a_window_does_not_overlap_itself(practice: Practice) -> None:
    coach = await practice.coach()
    window_id = await add_window(practice, coach)

    answer = await update(practice, coach, window_id, startTime="10:00", endTime="13:00")

    assert (answer["startTime"], answer["endTime"]) == ("10:00:00", "13:00:00")


async def test_3_3_an_update_that_strands_sessions_is_refused_and_names_them(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    window_id = await add_window(practice, coach)
    at_nine, at_eleven = await booked(practice, first, coach, NINE), await booked(practice, second, coach, ELEVEN)

    async with nothing_written(practice):
        later = await update(practice, coach, window_id, startTime="09:01")
        shorter = await update(practice, coach, window_id, endTime="11:59")
        smaller = await update(practice, coach, window_id, startTime="10:00", endTime="11:00")
        another_day = await update(practice, coach, window_id, dayOfWeek="TUESDAY")

    assert in_the_way(later) == [at_nine]
    assert in_the_way(shorter) == [at_eleven]
    assert in_the_way(smaller) == in_the_way(another_day) == [at_nine, at_eleven]


async def test_3_3_a_window_shrinks_around_its_sessions(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    window_id = await add_window(practice, coach)
    await booked(practice, member, coach, TEN)

    answer = await update(practice, coach, window_id, startTime="09:45", endTime="11:00")

    assert answer["__typename"] == "AvailabilityWindow"
    assert await practice.count("sessions", "status = 'SCHEDULED'") == 1


async def test_3_3_cancelled_and_past_sessions_are_not_in_the_way(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    window_id = await add_window(practice, coach)
    await booked(practice, first, coach, NINE)
    await cancelled(practice, second, await booked(practice, second, coach, TEN))
    practice.clock.move(hours=2)

    answer = await update(practice, coach, window_id, startTime="11:00")

    assert answer["__typename"] == "AvailabilityWindow"


async def test_3_3_a_session_under_way_is_in_the_way(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    window_id = await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    practice.clock.move(hours=1, minutes=59)

    async with nothing_written(practice):
        answer = await update(practice, coach, window_id, startTime="11:00")

    assert in_the_way(answer) == [session_id]


async def test_3_3_more_capacity_opens_a_full_slot(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    window_id = await add_window(practice, coach)
    await booked(practice, first, coach, NINE)

    await update(practice, coach, window_id, maxSessionsPerSlot=2)
    answer = await book(practice, second, coach, NINE)

    assert answer["__typename"] == "Booking"
    await practice.nobody_is_overbooked()


async def test_3_3_less_capacity_than_is_booked_is_refused_and_names_the_sessions(practice: Practice) -> None:
    coach = await practice.coach()
    first, second, third = await practice.members(3, coach)
    window_id = await add_window(practice, coach, seats=3)
    at_nine = [await booked(practice, member, coach, NINE) for member in (first, second)]
    await booked(practice, third, coach, TEN)

    async with nothing_written(practice):
        answer = await update(practice, coach, window_id, maxSessionsPerSlot=1)

    assert in_the_way(answer) == at_nine


async def test_3_3_capacity_is_lowered_to_what_is_booked(practice: Practice) -> None:
    coach = await practice.coach()
    first, second, third = await practice.members(3, coach)
    window_id = await add_window(practice, coach, seats=3)
    for member in (first, second):
        await booked(practice, member, coach, NINE)

    lowered = await update(practice, coach, window_id, maxSessionsPerSlot=2)
    answer = await book(practice, third, coach, NINE)

    assert lowered["maxSessionsPerSlot"] == 2
    assert answer["__typename"] == "SlotFull"
    await practice.nobody_is_overbooked()


async def test_3_3_capacity_is_lowered_over_the_holes_that_cancelled_sessions_left(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(3, coach)
    window_id = await add_window(practice, coach, seats=3)
    session_ids = [await booked(practice, member, coach, NINE) for member in members]
    for member, session_id in zip(members[:2], session_ids, strict=False):
        await cancelled(practice, member, session_id)

    lowered = await update(practice, coach, window_id, maxSessionsPerSlot=1)

    assert lowered["maxSessionsPerSlot"] == 1
    [slot] = [slot for slot in await slots(practice, coach, coach, *DAY, every=True) if slot["startsAt"] == NINE]
    assert (slot["capacity"], slot["booked"], slot["remaining"], slot["isBookable"]) == (1, 1, 0, False)
    assert await practice.rows("SELECT seat_no FROM sessions WHERE status = 'SCHEDULED'") == [(1,)]


async def test_3_3_nobody_oversells_a_slot_whose_capacity_was_lowered_over_holes(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(3, coach)
    racers = await practice.members(6, coach)
    window_id = await add_window(practice, coach, seats=3)
    session_ids = [await booked(practice, member, coach, NINE) for member in members]
    for member, session_id in zip(members[:2], session_ids, strict=False):
        await cancelled(practice, member, session_id)
    await update(practice, coach, window_id, maxSessionsPerSlot=1)

    while_full = await asyncio.gather(*(book(practice, racer, coach, NINE) for racer in racers))
    await cancelled(practice, members[2], session_ids[2])
    when_free = await asyncio.gather(*(book(practice, racer, coach, NINE) for racer in racers))

    assert [answer["__typename"] for answer in while_full] == ["SlotFull"] * 6
    assert sorted(answer["__typename"] for answer in when_free) == ["Booking"] + ["SlotFull"] * 5
    await practice.nobody_is_overbooked()


async def test_3_3_lowering_the_capacity_closes_the_holes_of_every_start(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(6, coach)
    window_id = await add_window(practice, coach, seats=3)
    at_nine = [await booked(practice, member, coach, NINE) for member in members[:3]]
    at_ten = [await booked(practice, member, coach, TEN) for member in members[3:]]
    await cancelled(practice, members[0], at_nine[0])
    await cancelled(practice, members[4], at_ten[1])

    lowered = await update(practice, coach, window_id, maxSessionsPerSlot=2)

    assert lowered["maxSessionsPerSlot"] == 2
    held = "SELECT starts_at::text, seat_no FROM calendar_seats ORDER BY 1, 2"
    assert [seat_no for _, seat_no in await practice.rows(held)] == [1, 2, 1, 2]
    assert await practice.count("calendar_slots", "capacity = 2") == 2
    await practice.nobody_is_overbooked()


async def test_3_3_completed_and_missed_sessions_keep_their_seats_when_the_capacity_is_lowered(
    practice: Practice,
) -> None:
    coach = await practice.coach()
    members = await practice.members(3, coach)
    late = await practice.member(coach)
    window_id = await add_window(practice, coach, seats=3)
    for member in members:
        await booked(practice, member, coach, NINE)
    await practice.rows("UPDATE sessions SET status = 'COMPLETED', completed_at = now() WHERE seat_no = 1 RETURNING id")
    await practice.rows("UPDATE sessions SET status = 'NO_SHOW', no_show_at = now() WHERE seat_no = 2 RETURNING id")

    lowered = await update(practice, coach, window_id, maxSessionsPerSlot=1)
    answer = await book(practice, late, coach, NINE)

    assert lowered["__typename"] in {"AvailabilityWindow", "BookingsInTheWay"}
    assert answer["__typename"] == "SlotFull"
    await practice.nobody_is_overbooked()


async def test_3_3_a_booking_and_a_lower_capacity_that_race_never_oversell(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    window_id = await add_window(practice, coach, seats=2)
    await booked(practice, first, coach, NINE)

    lowered, booking = await asyncio.gather(
        update(practice, coach, window_id, maxSessionsPerSlot=1), book(practice, second, coach, NINE)
    )

    outcomes = (lowered["__typename"], booking["__typename"])
    assert outcomes in {("AvailabilityWindow", "SlotFull"), ("BookingsInTheWay", "Booking")}
    await practice.nobody_is_overbooked()


# Removing windows


async def test_3_4_a_window_with_bookings_is_not_removed(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    window_id = await add_window(practice, coach)
    session_ids = [await booked(practice, first, coach, NINE), await booked(practice, second, coach, TEN)]

    async with nothing_written(practice):
        answer = await remove(practice, coach, window_id)

    assert in_the_way(answer) == session_ids


async def test_3_4_a_window_without_bookings_is_removed(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    window_id = await add_window(practice, coach)
    await add_window(practice, coach, start="13:00", end="14:00")
    await booked(practice, member, coach, "2026-03-02T13:00:00Z")

    answer = await remove(practice, coach, window_id)

    assert answer == {"__typename": "Removed", "id": window_id}
    assert await starts(practice, coach, coach, every=True) == ["13:00"]
    assert await practice.count("availability_windows") == 1


async def test_3_4_a_window_is_removed_once_its_sessions_are_cancelled(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    window_id = await add_window(practice, coach)
    await cancelled(practice, member, await booked(practice, member, coach, NINE))

    answer = await remove(practice, coach, window_id)

    assert answer["__typename"] == "Removed"
    assert await practice.count("availability_windows") == 0


async def test_3_4_what_is_removed_already_is_forbidden(practice: Practice) -> None:
    coach = await practice.coach()
    window_id = await add_window(practice, coach)
    await remove(practice, coach, window_id)

    async with nothing_written(practice):
        refusal = await practice.refusal(REMOVE_WINDOW, coach, input={"id": window_id})

    assert refusal == FORBIDDEN


# What is offered


async def test_3_5_slots_follow_the_session_length(practice: Practice) -> None:
    coach = await practice.coach(session_minutes=45)
    await add_window(practice, coach)

    assert await starts(practice, coach, coach) == ["09:00", "09:45", "10:30", "11:15"]


async def test_3_5_slots_keep_the_buffer_between_them(practice: Practice) -> None:
    coach = await practice.coach(session_minutes=45, buffer_minutes=10)
    await add_window(practice, coach)

    assert await starts(practice, coach, coach) == ["09:00", "09:55", "10:50"]


async def test_3_5_slots_leave_out_what_existing_bookings_block(practice: Practice) -> None:
    coach = await practice.coach(buffer_minutes=15, slot_interval_minutes=30)
    first, second = await practice.members(2, coach)
    await add_window(practice, coach, end="14:00")
    await booked(practice, first, coach, "2026-03-02T10:30:00Z")

    assert await starts(practice, second, coach) == ["09:00", "12:00", "12:30", "13:00"]


async def test_3_6_several_sessions_share_a_slot_up_to_its_capacity(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(8, coach)
    await add_window(practice, coach, seats=3)

    answers = await asyncio.gather(*(book(practice, member, coach, NINE) for member in members))

    assert sorted(answer["__typename"] for answer in answers) == ["Booking"] * 3 + ["SlotFull"] * 5
    assert await practice.count("sessions") == 3
    await practice.nobody_is_overbooked()


# Who may


async def test_12_5_an_admin_acts_for_the_coach_that_is_named(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()

    added = await add(practice, admin, coachId=coach.id)
    updated = await update(practice, admin, added["id"], endTime="10:00")
    before = await starts(practice, coach, coach)
    removed = await remove(practice, admin, added["id"])

    assert (before, await starts(practice, coach, coach)) == (["09:00"], [])
    assert updated["endTime"] == "10:00:00"
    assert removed["__typename"] == "Removed"


async def test_an_admin_has_to_name_a_coach(practice: Practice) -> None:
    admin = await practice.admin()

    async with nothing_written(practice):
        of_window = await add(practice, admin)
        of_time_off = await take_off(practice, admin, NINE, TEN)

    assert refused(of_window) == refused(of_time_off) == ("INVALID_INPUT", "coachId")


async def test_a_coach_may_name_themselves(practice: Practice) -> None:
    coach = await practice.coach()

    answer = await add(practice, coach, coachId=coach.id)

    assert answer["__typename"] == "AvailabilityWindow"


async def test_only_a_coach_is_named(practice: Practice) -> None:
    admin, member = await practice.admin(), await practice.member()

    async with nothing_written(practice):
        answer = await add(practice, admin, coachId=member.id)

    assert refused(answer) == ("INVALID_INPUT", "coachId")


async def test_windows_of_another_coach_are_forbidden(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    window_id = await add_window(practice, coach)

    async with nothing_written(practice):
        refusals = [
            await practice.refusal(ADD_WINDOW, other, input=window(coachId=coach.id, dayOfWeek="TUESDAY")),
            await practice.refusal(UPDATE_WINDOW, other, input={"id": window_id, "endTime": "10:00"}),
            await practice.refusal(REMOVE_WINDOW, other, input={"id": window_id}),
        ]

    assert refusals == [FORBIDDEN] * 3


async def test_a_member_changes_no_windows(practice: Practice) -> None:
    coach = await practice.coach(booking_audience="PUBLIC")
    member = await practice.member(coach)
    window_id = await add_window(practice, coach)

    async with nothing_written(practice):
        refusals = [
            await practice.refusal(ADD_WINDOW, member, input=window(coachId=coach.id, dayOfWeek="TUESDAY")),
            await practice.refusal(UPDATE_WINDOW, member, input={"id": window_id, "endTime": "10:00"}),
            await practice.refusal(REMOVE_WINDOW, member, input={"id": window_id}),
        ]

    assert refusals == [FORBIDDEN] * 3


async def test_a_stranger_changes_no_windows(practice: Practice) -> None:
    coach = await practice.coach(booking_audience="PUBLIC")
    window_id = await add_window(practice, coach)

    async with nothing_written(practice):
        refusals = [
            await practice.refusal(ADD_WINDOW, None, input=window(coachId=coach.id, dayOfWeek="TUESDAY")),
            await practice.refusal(UPDATE_WINDOW, None, input={"id": window_id, "endTime": "10:00"}),
            await practice.refusal(REMOVE_WINDOW, None, input={"id": window_id}),
        ]

    assert refusals == [UNAUTHENTICATED] * 3


# Time off


async def test_time_off_is_stored_as_it_was_given(practice: Practice) -> None:
    coach = await practice.coach()

    answer = await take_off(practice, coach, "2026-03-02T10:00:00+01:00", TEN, kind="SICK", reason="A cold")

    assert answer == {
        "__typename": "TimeOff",
        "id": answer["id"],
        "startsAt": NINE,
        "endsAt": TEN,
        "kind": "SICK",
        "reason": "A cold",
    }
    assert await practice.count("time_off") == 1
    assert await calendar_version(practice, coach) == 1


async def test_time_off_is_a_vacation_unless_another_kind_is_given(practice: Practice) -> None:
    coach = await practice.coach()

    answer = await take_off(practice, coach, NINE, TEN)

    assert (answer["kind"], answer["reason"]) == ("VACATION", None)


async def test_time_off_blocks_every_slot_that_it_overlaps(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)

    await take_off(practice, coach, "2026-03-02T09:59:00Z", "2026-03-02T10:01:00Z")
    answer = await book(practice, member, coach, TEN)

    assert await starts(practice, member, coach) == ["11:00"]
    assert answer["reason"] == "TIME_OFF"
    assert await practice.count("sessions") == 0


async def test_time_off_may_touch_what_is_booked(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    await booked(practice, member, coach, TEN)

    before = await take_off(practice, coach, NINE, TEN)
    behind = await take_off(practice, coach, ELEVEN, NOON)

    assert [answer["__typename"] for answer in (before, behind)] == ["TimeOff"] * 2


async def test_time_off_over_bookings_is_refused_and_names_the_sessions(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(4, coach)
    await add_window(practice, coach, seats=2)
    at_nine = [await booked(practice, member, coach, NINE) for member in members[:2]]
    at_ten = await booked(practice, members[2], coach, TEN)
    await booked(practice, members[3], coach, ELEVEN)

    async with nothing_written(practice):
        answer = await take_off(practice, coach, "2026-03-02T09:59:00Z", ELEVEN)

    assert in_the_way(answer) == [*at_nine, at_ten]


async def test_cancelled_sessions_do_not_keep_a_coach_from_time_off(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    await cancelled(practice, member, await booked(practice, member, coach, NINE))

    answer = await take_off(practice, coach, *DAY)

    assert answer["__typename"] == "TimeOff"


async def test_a_booking_and_time_off_that_race_are_never_both_accepted(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)

    off, booking = await asyncio.gather(take_off(practice, coach, *DAY), book(practice, member, coach, NINE))

    outcomes = (off["__typename"], booking["__typename"])
    assert outcomes in {("TimeOff", "SlotUnavailable"), ("BookingsInTheWay", "Booking")}
    assert await practice.count("time_off") + await practice.count("sessions") == 1


async def test_time_off_ends_after_its_start(practice: Practice) -> None:
    coach = await practice.coach()

    async with nothing_written(practice):
        answers = [await take_off(practice, coach, NINE, until) for until in (NINE, EIGHT)]

    assert [refused(answer) for answer in answers] == [("INVALID_INPUT", "endsAt")] * 2


async def test_removed_time_off_gives_its_slots_back(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    time_off = await take_off(practice, coach, NINE, ELEVEN)
    meanwhile = await starts(practice, coach, coach)

    answer = await practice.ask(REMOVE_TIME_OFF, coach, input={"id": time_off["id"]})

    assert answer == {"__typename": "Removed", "id": time_off["id"]}
    assert (meanwhile, await starts(practice, coach, coach)) == (["11:00"], ["09:00", "10:00", "11:00"])
    assert await practice.count("time_off") == 0


async def test_an_admin_gives_and_takes_back_the_time_off_of_the_coach_that_is_named(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()
    await add_window(practice, coach)

    time_off = await take_off(practice, admin, *DAY, coachId=coach.id)
    meanwhile = await starts(practice, coach, coach)
    removed = await practice.ask(REMOVE_TIME_OFF, admin, input={"id": time_off["id"]})

    assert (time_off["__typename"], removed["__typename"]) == ("TimeOff", "Removed")
    assert (meanwhile, await starts(practice, coach, coach)) == ([], ["09:00", "10:00", "11:00"])


async def test_time_off_of_another_coach_is_forbidden(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    time_off = await take_off(practice, coach, NINE, TEN)
    given = {"startsAt": ELEVEN, "endsAt": NOON, "coachId": coach.id}

    async with nothing_written(practice):
        adding = await practice.refusal(ADD_TIME_OFF, other, input=given)
        removing = await practice.refusal(REMOVE_TIME_OFF, other, input={"id": time_off["id"]})

    assert [adding, removing] == [FORBIDDEN] * 2


async def test_members_and_strangers_change_no_time_off(practice: Practice) -> None:
    coach = await practice.coach(booking_audience="PUBLIC")
    member = await practice.member(coach)
    time_off = await take_off(practice, coach, NINE, TEN)
    given = {"startsAt": ELEVEN, "endsAt": NOON, "coachId": coach.id}

    async with nothing_written(practice):
        by_member = await practice.refusal(ADD_TIME_OFF, member, input=given)
        by_stranger = await practice.refusal(ADD_TIME_OFF, None, input=given)
        removed_by_member = await practice.refusal(REMOVE_TIME_OFF, member, input={"id": time_off["id"]})
        removed_by_stranger = await practice.refusal(REMOVE_TIME_OFF, None, input={"id": time_off["id"]})

    assert [by_member, removed_by_member] == [FORBIDDEN] * 2
    assert [by_stranger, removed_by_stranger] == [UNAUTHENTICATED] * 2


# Settings


async def test_a_larger_buffer_leaves_booked_sessions_and_keeps_new_ones_apart(practice: Practice) -> None:
    coach = await practice.coach(slot_interval_minutes=30)
    first, second, third = await practice.members(3, coach)
    await add_window(practice, coach, end="14:00")
    await booked(practice, first, coach, NINE)
    await booked(practice, second, coach, TEN)

    answer = await change_settings(practice, coach, bufferMinutes=30)

    assert answer["bufferMinutes"] == 30
    assert await practice.count("sessions", "status = 'SCHEDULED'") == 2
    assert await starts(practice, third, coach) == ["11:30", "12:00", "12:30", "13:00"]


async def test_a_smaller_buffer_opens_the_slots_beside_what_is_booked(practice: Practice) -> None:
    coach = await practice.coach(buffer_minutes=60, slot_interval_minutes=60)
    first, second, third = await practice.members(3, coach)
    await add_window(practice, coach)
    await booked(practice, first, coach, TEN)

    await change_settings(practice, coach, bufferMinutes=0)
    beside = [await book(practice, second, coach, NINE), await book(practice, third, coach, ELEVEN)]

    assert [answer["__typename"] for answer in beside] == ["Booking"] * 2
    await practice.nobody_is_overbooked()


async def test_another_session_length_leaves_booked_sessions_as_long_as_they_were(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    await booked(practice, first, coach, TEN)

    await change_settings(practice, coach, sessionMinutes=30)

    assert await starts(practice, second, coach) == ["09:00", "09:30", "11:00", "11:30"]
    assert await practice.count("sessions", "ends_at - starts_at = interval '1 hour'") == 1


async def test_a_longer_session_length_does_not_reach_into_what_is_booked(practice: Practice) -> None:
    coach = await practice.coach(session_minutes=30)
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    await booked(practice, first, coach, "2026-03-02T09:30:00Z")

    await change_settings(practice, coach, sessionMinutes=60, slotIntervalMinutes=30)
    beside = await book(practice, second, coach, NINE)

    assert beside["reason"] == "CONFLICTS_WITH_SESSION"
    assert await starts(practice, second, coach) == ["10:00", "10:30", "11:00"]


async def test_the_slot_interval_moves_the_starts_and_null_moves_them_back(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach, end="11:00")

    every_twenty = (await change_settings(practice, coach, slotIntervalMinutes=20))["slotIntervalMinutes"]
    meanwhile = await starts(practice, coach, coach)
    again = (await change_settings(practice, coach, slotIntervalMinutes=None))["slotIntervalMinutes"]

    assert (every_twenty, again) == (20, None)
    assert meanwhile == ["09:00", "09:20", "09:40", "10:00"]
    assert await starts(practice, coach, coach) == ["09:00", "10:00"]


async def test_the_minimum_notice_closes_the_next_slots(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)

    await change_settings(practice, coach, minNoticeMinutes=121)
    answer = await book(practice, member, coach, TEN)

    assert await starts(practice, member, coach) == ["11:00"]
    assert answer["reason"] == "TOO_SOON"


async def test_the_booking_window_ends_on_a_calendar_day(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    for day in ("MONDAY", "TUESDAY", "WEDNESDAY"):
        await add_window(practice, coach, day=day)

    await change_settings(practice, coach, bookingWindowDays=1)
    listed = await slots(practice, member, coach, DAY[0], "2026-03-09T00:00:00Z")
    answer = await book(practice, member, coach, "2026-03-04T09:00:00Z")

    assert sorted({slot["localDate"] for slot in listed}) == ["2026-03-02", "2026-03-03"]
    assert answer["reason"] == "TOO_FAR_AHEAD"


async def test_another_time_zone_moves_the_windows(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)

    answer = await change_settings(practice, coach, timeZone="Europe/Berlin")

    assert answer["timeZone"] == "Europe/Berlin"
    assert [slot["startsAt"] for slot in await slots(practice, coach, coach, *DAY, every=True)] == [EIGHT, NINE, TEN]


async def test_a_time_zone_that_strands_sessions_is_refused_and_names_them(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    await booked(practice, first, coach, TEN)
    stranded = await booked(practice, second, coach, ELEVEN)

    async with nothing_written(practice):
        answer = await change_settings(practice, coach, timeZone="Europe/Berlin", displayName="Moved")

    assert in_the_way(answer) == [stranded]


async def test_a_time_zone_in_which_sessions_keep_their_time_is_accepted(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    await booked(practice, member, coach, ELEVEN)

    answer = await change_settings(practice, coach, timeZone="Europe/London")

    assert answer["timeZone"] == "Europe/London"


async def test_a_time_zone_that_moves_a_group_into_a_smaller_window_is_refused(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(3, coach)
    await add_window(practice, coach, seats=3)
    await add_window(practice, coach, start="13:00", end="16:00", seats=2)
    session_ids = [await booked(practice, member, coach, NINE) for member in members]

    async with nothing_written(practice):
        answer = await change_settings(practice, coach, timeZone="Asia/Dubai")

    assert in_the_way(answer) == session_ids


async def test_what_is_listed_after_a_change_of_time_zone_is_bookable(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(4, coach)
    await add_window(practice, coach, seats=3)
    await add_window(practice, coach, start="13:00", end="16:00", seats=2)
    session_ids = [await booked(practice, member, coach, NINE) for member in members[:3]]
    for member, session_id in zip(members[:2], session_ids, strict=False):
        await cancelled(practice, member, session_id)

    await change_settings(practice, coach, timeZone="Asia/Dubai")
    [slot] = [slot for slot in await slots(practice, members[3], coach, *DAY) if slot["startsAt"] == NINE]
    answer = await book(practice, members[3], coach, NINE)

    assert (slot["capacity"], slot["booked"]) == (2, 1)
    assert answer["__typename"] == "Booking"
    await practice.nobody_is_overbooked()


async def test_settings_that_move_slots_raise_the_version_and_others_do_not(practice: Practice) -> None:
    coach = await practice.coach()

    await change_settings(practice, coach, displayName="Ada", maxMembers=3, isAcceptingMembers=False)
    before = await calendar_version(practice, coach)
    await change_settings(practice, coach, sessionMinutes=30)

    assert (before, await calendar_version(practice, coach)) == (0, 1)
