"""A coach's changes and what is held or waited for: it ends where it is offered no longer, and only there."""

from typing import Any

import pytest

from tests.holding import (
    ELEVEN,
    NINE,
    TEN,
    entry_of,
    held,
    holds,
    joined,
    let_holds_expire,
    offered_to,
    seats_are_numbered,
    shown,
)
from tests.operations import (
    ADD_TIME_OFF,
    REMOVE_WINDOW,
    UPDATE_COACH,
    UPDATE_WINDOW,
    add_window,
    book,
    booked,
    cancelled,
)
from tests.practice import Person, Practice
from tests.services.scheduling.together import version_of


async def changed(practice: Practice, mutation: str, who: Person, **given: Any) -> None:
    answer = await practice.ask(mutation, who, input=given)
    assert "code" not in answer, answer


async def statuses(practice: Practice, *members: Person, starts_at: str = NINE) -> list[str]:
    return [(await entry_of(practice, member, starts_at))["status"] for member in members]


@pytest.mark.parametrize("how", ["removed", "moved", "earlier", "another day", "time off"])
async def test_a_start_that_is_offered_no_longer_is_neither_held_nor_waited_for(practice: Practice, how: str) -> None:
    coach = await practice.coach()
    window = await add_window(practice, coach)
    one, two, stays = await practice.members(3, coach)
    await held(practice, one, coach, ELEVEN)
    await joined(practice, two, coach, ELEVEN)
    if how not in {"removed", "moved", "another day"}:
        await held(practice, stays, coach, NINE)
    version = await version_of(practice, coach)

    if how == "removed":
        await changed(practice, REMOVE_WINDOW, coach, id=window)
    elif how == "moved":
        await changed(practice, UPDATE_WINDOW, coach, id=window, startTime="09:30")
    elif how == "earlier":
        await changed(practice, UPDATE_WINDOW, coach, id=window, endTime="11:30")
    elif how == "another day":
        await changed(practice, UPDATE_WINDOW, coach, id=window, dayOfWeek="TUESDAY")
    else:
        away = {"startsAt": "2026-03-02T11:30:00Z", "endsAt": "2026-03-02T18:00:00Z"}
        await changed(practice, ADD_TIME_OFF, coach, **away)

    assert await statuses(practice, two, starts_at=ELEVEN) == ["CLOSED"]
    assert await holds(practice, one) == []
    assert (
        len(await holds(practice, stays)) == await practice.count("calendar_slots") == (how in {"earlier", "time off"})
    )
    assert await version_of(practice, coach) == version + 1
    await seats_are_numbered(practice)


async def test_a_raised_capacity_is_offered_to_who_waits(practice: Practice) -> None:
    coach = await practice.coach()
    window = await add_window(practice, coach)
    first, one, two, three = await practice.members(4, coach)
    await booked(practice, first, coach, NINE)
    for member in (one, two, three):
        await joined(practice, member, coach)
    version = await version_of(practice, coach)

    await changed(practice, UPDATE_WINDOW, coach, id=window, maxSessionsPerSlot=3)

    assert await offered_to(practice, coach) == [one.id, two.id]
    assert await shown(practice, three, coach) == (1, 2, 0, "FULL")
    assert await version_of(practice, coach) == version + 1
    await booked(practice, two, coach, NINE)
    await seats_are_numbered(practice)


async def test_a_raised_capacity_is_offered_where_only_holds_are(practice: Practice) -> None:
    coach = await practice.coach()
    window = await add_window(practice, coach)
    first, one = await practice.members(2, coach)
    await held(practice, first, coach)
    await joined(practice, one, coach)

    await changed(practice, UPDATE_WINDOW, coach, id=window, maxSessionsPerSlot=2)

    assert await offered_to(practice, coach) == [one.id]
    await seats_are_numbered(practice)


async def test_who_loses_an_offer_to_a_lowered_capacity_is_first_in_line_again(practice: Practice) -> None:
    coach = await practice.coach()
    window = await add_window(practice, coach, seats=2)
    first, second, one, two = await practice.members(4, coach)
    session = await booked(practice, first, coach, NINE)
    other = await booked(practice, second, coach, NINE)
    for member in (one, two):
        await joined(practice, member, coach)
    await cancelled(practice, first, session)
    assert await offered_to(practice, coach) == [one.id]

    await changed(practice, UPDATE_WINDOW, coach, id=window, maxSessionsPerSlot=1)

    assert [
        (entry["status"], entry["position"]) for entry in [await entry_of(practice, each) for each in (one, two)]
    ] == [
        ("WAITING", 1),
        ("WAITING", 2),
    ]
    assert await shown(practice, two, coach) == (1, 0, 0, "FULL")
    await cancelled(practice, second, other)
    assert await offered_to(practice, coach) == [one.id]
    await seats_are_numbered(practice)


async def test_a_change_ends_what_has_expired_before_it_counts(practice: Practice) -> None:
    coach = await practice.coach()
    window = await add_window(practice, coach, seats=2)
    first, second, one, two = await practice.members(4, coach)
    await held(practice, first, coach)
    await held(practice, second, coach)
    await joined(practice, one, coach)
    await let_holds_expire(practice, first)
    await let_holds_expire(practice, second)
    stays = await held(practice, two, coach, TEN)
    assert await offered_to(practice, coach) == [one.id]
    await let_holds_expire(practice, one)

    await changed(practice, UPDATE_WINDOW, coach, id=window, maxSessionsPerSlot=1)

    assert await statuses(practice, one) == ["LAPSED"]
    assert [each["id"] for each in await holds(practice, coach)] == [stays]
    await seats_are_numbered(practice)


async def test_a_capacity_that_falls_below_the_sessions_is_refused_and_ends_nothing(practice: Practice) -> None:
    coach = await practice.coach()
    window = await add_window(practice, coach, seats=3)
    first, second, one = await practice.members(3, coach)
    await booked(practice, first, coach, NINE)
    await booked(practice, second, coach, NINE)
    hold_id = await held(practice, one, coach)

    answer = await practice.ask(UPDATE_WINDOW, coach, input={"id": window, "maxSessionsPerSlot": 1})

    assert answer["code"] == "BOOKINGS_IN_THE_WAY"
    await booked(practice, one, coach, NINE, holdId=hold_id)


async def test_longer_sessions_end_what_lies_between_and_lengthen_what_is_held(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    one, two, three = await practice.members(3, coach)
    await held(practice, one, coach, NINE)
    await held(practice, two, coach, TEN)
    await joined(practice, three, coach, TEN)

    await changed(practice, UPDATE_COACH, coach, id=coach.id, sessionMinutes=90)

    assert await statuses(practice, three, starts_at=TEN) == ["CLOSED"]
    (left,) = await holds(practice, coach)
    assert (left["startsAt"], left["endsAt"], left["member"]["id"]) == (NINE, "2026-03-02T10:30:00Z", one.id)
    await booked(practice, two, coach, "2026-03-02T10:30:00Z")
    await booked(practice, one, coach, NINE, holdId=left["id"])
    await seats_are_numbered(practice)


async def test_shorter_sessions_free_what_a_hold_would_have_taken(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    one, two, _three = await practice.members(3, coach)
    await held(practice, one, coach, NINE)

    await changed(practice, UPDATE_COACH, coach, id=coach.id, sessionMinutes=30)

    await booked(practice, two, coach, "2026-03-02T09:30:00Z")
    await booked(practice, one, coach, NINE)
    await seats_are_numbered(practice)


async def test_of_two_holds_that_a_buffer_puts_too_close_one_stays(practice: Practice) -> None:
    coach = await practice.coach(slot_interval_minutes=60)
    await add_window(practice, coach)
    one, two = await practice.members(2, coach)
    await held(practice, one, coach, NINE)
    later = await held(practice, two, coach, TEN)

    await changed(practice, UPDATE_COACH, coach, id=coach.id, bufferMinutes=15)

    assert [each["id"] for each in await holds(practice, coach)] == [later]
    await booked(practice, two, coach, TEN, holdId=later)
    await seats_are_numbered(practice)


async def test_a_line_for_a_start_that_a_buffer_has_closed_is_closed(practice: Practice) -> None:
    coach = await practice.coach(slot_interval_minutes=60)
    await add_window(practice, coach)
    first, second, one = await practice.members(3, coach)
    session = await booked(practice, first, coach, NINE)
    await booked(practice, second, coach, TEN)
    await joined(practice, one, coach)

    await changed(practice, UPDATE_COACH, coach, id=coach.id, bufferMinutes=15)

    assert await statuses(practice, one) == ["CLOSED"]
    await cancelled(practice, first, session)
    await seats_are_numbered(practice)


async def test_nothing_is_offered_that_a_longer_session_could_not_be_held_in(practice: Practice) -> None:
    """Ten was booked after sessions became longer than the one at nine is."""
    coach = await practice.coach(slot_interval_minutes=60)
    await add_window(practice, coach, end="13:00")
    first, second, one = await practice.members(3, coach)
    session = await booked(practice, first, coach, NINE)
    await joined(practice, one, coach)
    await changed(practice, UPDATE_COACH, coach, id=coach.id, sessionMinutes=90)
    assert await statuses(practice, one) == ["WAITING"]
    await booked(practice, second, coach, TEN)

    await cancelled(practice, first, session)

    assert await statuses(practice, one) == ["CLOSED"]
    await seats_are_numbered(practice)


async def test_an_offer_lasts_as_long_as_a_session_does_today(practice: Practice) -> None:
    coach = await practice.coach(slot_interval_minutes=60)
    await add_window(practice, coach, end="13:00")
    first, second, one = await practice.members(3, coach)
    session = await booked(practice, first, coach, NINE)
    await joined(practice, one, coach)
    await changed(practice, UPDATE_COACH, coach, id=coach.id, sessionMinutes=90)

    await cancelled(practice, first, session)

    (offer,) = await holds(practice, one)
    assert offer["endsAt"] == "2026-03-02T10:30:00Z"
    assert (await book(practice, second, coach, TEN))["reason"] == "CONFLICTS_WITH_SESSION"
    await booked(practice, one, coach, NINE, holdId=offer["id"])
    await seats_are_numbered(practice)


async def test_another_time_zone_moves_the_slots_away_from_what_is_held(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    one, two = await practice.members(2, coach)
    await held(practice, one, coach, NINE)
    await joined(practice, two, coach, NINE)

    await changed(practice, UPDATE_COACH, coach, id=coach.id, timeZone="Asia/Tokyo")

    assert await statuses(practice, two) == ["CLOSED"]
    assert await practice.count("calendar_slots") == 0


async def test_more_notice_closes_the_line_and_leaves_what_is_held(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    one, two = await practice.members(2, coach)
    hold_id = await held(practice, one, coach, NINE)
    await joined(practice, two, coach, NINE)

    await changed(practice, UPDATE_COACH, coach, id=coach.id, minNoticeMinutes=120)

    assert await statuses(practice, two) == ["CLOSED"]
    await booked(practice, one, coach, NINE, holdId=hold_id)


async def test_what_touches_no_slot_touches_no_hold(practice: Practice) -> None:
    coach = await practice.coach()
    window = await add_window(practice, coach)
    one, two = await practice.members(2, coach)
    before = [await held(practice, one, coach)]
    await joined(practice, two, coach)

    await changed(practice, UPDATE_COACH, coach, id=coach.id, bio="Another one")
    await changed(practice, UPDATE_COACH, coach, id=coach.id, bookingWindowDays=30)
    await changed(practice, UPDATE_WINDOW, coach, id=window, location="Room 2")
    await add_window(practice, coach, "TUESDAY")

    assert [each["id"] for each in await holds(practice, coach)] == before
    assert await statuses(practice, two) == ["WAITING"]
