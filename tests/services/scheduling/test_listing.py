"""Looking at slots: requirements 5 and 15, who may, and that what is listed is what can be booked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from pydantic.alias_generators import to_camel

from app.wire.relay import global_id
from tests.operations import (
    ADD_TIME_OFF,
    AVAILABLE,
    EVERY_DAY,
    EXPLAIN,
    SLOT,
    add_window,
    book,
    booked,
    calendar_version,
    cancelled,
    moved,
    slots,
)
from tests.practice import MONDAY, Person, Practice

NEXT = f"query ($coachId: ID!, $after: DateTime) {{ nextAvailableSlot(coachId: $coachId, after: $after) {{ {SLOT} }} }}"
NODE = f"query ($id: ID!) {{ node(id: $id) {{ __typename ... on Slot {{ {SLOT} }} }} }}"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on Slot { startsAt isBookable } } }"
LISTED = (
    "query ($coachId: ID!, $from: DateTime!, $to: DateTime!, $all: Boolean) { availableSlots(coachId: $coachId,"
    " from: $from, to: $to, includeUnavailable: $all) { slots { startsAt unavailableReason } } }"
)
CHANGE_COACH = "mutation ($input: UpdateCoachInput!) { updateCoach(input: $input) { __typename } }"
CHANGE_WINDOW = (
    "mutation ($input: UpdateAvailabilityWindowInput!) { updateAvailabilityWindow(input: $input) { __typename } }"
)

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
DAY = ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")
FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
STEPS = 30


async def starts(practice: Practice, who: Person | None, coach: Person, *, every: bool = False) -> list[str]:
    """Monday's slots, by their time on the coach's clock."""
    return [slot["localTime"][:5] for slot in await slots(practice, who, coach, *DAY, every=every)]


async def reasons(practice: Practice, who: Person | None, coach: Person, starts_at: str) -> list[str]:
    explained = await practice.ask(EXPLAIN, who, coachId=coach.id, startsAt=starts_at)
    assert explained["isBookable"] == (not explained["reasons"])
    return [reason["code"] for reason in explained["reasons"]]


async def next_slot(practice: Practice, who: Person | None, coach: Person, after: str | None = None) -> str | None:
    slot = await practice.ask(NEXT, who, coachId=coach.id, after=after)
    assert slot is None or slot["isBookable"] is True
    return slot and str(slot["startsAt"])


def key_of(coach: Person) -> UUID:
    assert coach.coach is not None
    return coach.coach.id


async def take_off(practice: Practice, coach: Person, since: str, until: str) -> None:
    answer = await practice.ask(ADD_TIME_OFF, coach, input={"startsAt": since, "endsAt": until})
    assert answer["__typename"] == "TimeOff", answer


# The list


async def test_5_1_only_slots_within_the_coachs_availability_are_listed(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach, "MONDAY", "09:00", "11:30")
    await add_window(practice, coach, "WEDNESDAY", "22:00", "23:59")

    listed = await slots(practice, member, coach, DAY[0], "2026-03-09T00:00:00Z")

    assert [slot["startsAt"] for slot in listed] == [NINE, TEN, "2026-03-04T22:00:00Z"]


async def test_15_1_a_slot_shows_what_is_taken_and_what_is_free(practice: Practice) -> None:
    coach = await practice.coach(time_zone="Asia/Kolkata")
    first, second = await practice.members(2, coach)
    await add_window(practice, coach, start="15:00", end="16:00", seats=3)
    await booked(practice, first, coach, "2026-03-02T09:30:00Z")

    [slot] = await slots(practice, second, coach, *DAY)

    assert slot == {
        "id": slot["id"],
        "startsAt": "2026-03-02T09:30:00Z",
        "endsAt": "2026-03-02T10:30:00Z",
        "capacity": 3,
        "booked": 1,
        "remaining": 2,
        "isBookable": True,
        "unavailableReason": None,
        "localDate": "2026-03-02",
        "localTime": "15:00:00",
        "utcOffsetMinutes": 330,
    }


async def test_5_2_slots_that_have_reached_their_capacity_are_not_listed(practice: Practice) -> None:
    coach = await practice.coach()
    first, second, third = await practice.members(3, coach)
    await add_window(practice, coach, seats=2)
    await booked(practice, first, coach, TEN)
    with_one = await starts(practice, third, coach)
    await booked(practice, second, coach, TEN)

    with_two = await starts(practice, third, coach)

    assert (with_one, with_two) == (["09:00", "10:00", "11:00"], ["09:00", "11:00"])


async def test_5_3_slots_that_conflict_with_the_buffer_are_not_listed(practice: Practice) -> None:
    coach = await practice.coach(buffer_minutes=15, slot_interval_minutes=15)
    first, second = await practice.members(2, coach)
    await add_window(practice, coach, start="08:00", end="13:00", seats=2)
    await booked(practice, first, coach, TEN)

    assert await starts(practice, second, coach) == [
        "08:00",
        "08:15",
        "08:30",
        "08:45",
        "10:00",
        "11:15",
        "11:30",
        "11:45",
        "12:00",
    ]


async def test_a_slot_beside_the_members_own_session_with_another_coach_is_listed(practice: Practice) -> None:
    one, other = await practice.coach(booking_audience="MEMBERS"), await practice.coach(booking_audience="MEMBERS")
    member, somebody_else = await practice.members(2)
    await add_window(practice, one)
    await add_window(practice, other)
    await booked(practice, member, one, TEN)

    assert await starts(practice, member, other) == ["09:00", "11:00"]
    assert await starts(practice, somebody_else, other) == ["09:00", "10:00", "11:00"]


async def test_15_5_a_slot_that_became_full_is_refused_and_gone_from_the_list(practice: Practice) -> None:
    coach = await practice.coach()
    quick, slow = await practice.members(2, coach)
    await add_window(practice, coach)
    seen = await starts(practice, slow, coach)
    await booked(practice, quick, coach, NINE)

    answer = await book(practice, slow, coach, NINE)

    assert seen == ["09:00", "10:00", "11:00"]
    assert answer["message"] == "This slot is now full, please choose another"
    assert await starts(practice, slow, coach) == ["10:00", "11:00"]


async def test_the_range_holds_its_first_instant_and_not_its_last(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)

    listed = await slots(practice, coach, coach, "2026-03-02T10:00:00+01:00", "2026-03-02T12:00:00+01:00")

    assert [slot["startsAt"] for slot in listed] == [NINE, TEN]


async def test_the_list_is_of_one_version_of_the_calendar(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    await moved(practice, member, session_id, TEN)
    await cancelled(practice, member, session_id)
    refused = await book(practice, member, coach, "2026-03-02T09:30:00Z")

    assert refused["__typename"] == "SlotUnavailable"
    assert await calendar_version(practice, coach) == 4


async def test_unavailable_slots_are_listed_with_their_first_reason_if_asked_for(practice: Practice) -> None:
    coach = await practice.coach(min_notice_minutes=90, booking_window_days=7, slot_interval_minutes=60)
    first, second = await practice.members(2, coach)
    await add_window(practice, coach, start="07:00", end="15:00")
    await booked(practice, first, coach, TEN)
    await practice.ask(CHANGE_COACH, coach, input={"id": coach.id, "bufferMinutes": 30})
    await take_off(practice, coach, "2026-03-02T13:00:00Z", "2026-03-02T14:00:00Z")

    listed = await slots(practice, second, coach, DAY[0], "2026-03-17T00:00:00Z", every=True)

    today = {slot["localTime"][:5]: slot["unavailableReason"] for slot in listed if slot["localDate"] == "2026-03-02"}
    assert today == {
        "07:00": "IN_THE_PAST",
        "08:00": "TOO_SOON",
        "09:00": "TOO_SOON",
        "10:00": "FULL",
        "11:00": "CONFLICTS_WITH_SESSION",
        "12:00": None,
        "13:00": "TIME_OFF",
        "14:00": None,
    }
    assert {slot["unavailableReason"] for slot in listed if slot["localDate"] == "2026-03-09"} == {None}
    assert {slot["unavailableReason"] for slot in listed if slot["localDate"] == "2026-03-16"} == {"TOO_FAR_AHEAD"}
    assert all(slot["isBookable"] == (slot["unavailableReason"] is None) for slot in listed)


async def test_a_coach_who_is_not_active_has_no_bookable_slots(practice: Practice) -> None:
    coach = await practice.coach(status="SUSPENDED")
    member = await practice.member(coach)
    await add_window(practice, coach)

    every = await slots(practice, member, coach, *DAY, every=True)

    assert await starts(practice, member, coach) == []
    assert [slot["unavailableReason"] for slot in every] == ["COACH_NOT_ACTIVE"] * 3


# Clocks


async def test_local_fields_are_of_the_coachs_clock_unless_another_is_asked_for(practice: Practice) -> None:
    coach = await practice.coach(time_zone="America/New_York")
    await add_window(practice, coach, start="20:00", end="21:00")
    asked = {"coachId": coach.id, "from": DAY[0], "to": "2026-03-04T00:00:00Z"}

    of_the_coach = await practice.ask(AVAILABLE, coach, **asked)
    of_tokyo = await practice.ask(AVAILABLE, coach, **asked, zone="Asia/Tokyo")

    local = ("startsAt", "localDate", "localTime", "utcOffsetMinutes")
    assert (of_the_coach["timeZone"], of_tokyo["timeZone"]) == ("America/New_York", "Asia/Tokyo")
    assert [[slot[name] for name in local] for slot in of_the_coach["slots"]] == [
        ["2026-03-03T01:00:00Z", "2026-03-02", "20:00:00", -300]
    ]
    assert [[slot[name] for name in local] for slot in of_tokyo["slots"]] == [
        ["2026-03-03T01:00:00Z", "2026-03-03", "10:00:00", 540]
    ]


async def test_a_zone_that_does_not_exist_is_refused(practice: Practice) -> None:
    coach = await practice.coach()
    asked = {"coachId": coach.id, "from": DAY[0], "to": DAY[1], "zone": "Mars/Olympus"}

    refusal = await practice.refusal(AVAILABLE, coach, **asked)

    assert (refusal["code"], refusal["status"]) == ("BAD_USER_INPUT", 400)


async def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change(practice: Practice) -> None:
    coach = await practice.coach(time_zone="America/New_York")
    await add_window(practice, coach, "SATURDAY", "09:00", "10:00")
    await add_window(practice, coach, "SUNDAY", "09:00", "10:00")

    listed = await slots(practice, coach, coach, "2026-03-07T00:00:00Z", "2026-03-09T00:00:00Z")

    assert [(slot["startsAt"], slot["localTime"], slot["utcOffsetMinutes"]) for slot in listed] == [
        ("2026-03-07T14:00:00Z", "09:00:00", -300),
        ("2026-03-08T13:00:00Z", "09:00:00", -240),
    ]


async def test_a_start_that_the_clock_skips_is_not_listed(practice: Practice) -> None:
    coach = await practice.coach(time_zone="America/New_York", session_minutes=30)
    await add_window(practice, coach, "SUNDAY", "01:30", "03:30")

    listed = await slots(practice, coach, coach, "2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z")

    assert [slot["localTime"] for slot in listed] == ["01:30:00", "03:00:00"]


async def test_the_booking_window_counts_days_of_the_coachs_calendar(practice: Practice) -> None:
    coach = await practice.coach(time_zone="Pacific/Auckland", booking_window_days=1)
    for day in EVERY_DAY:
        await add_window(practice, coach, day, "23:00", "23:59")
    await practice.ask(CHANGE_COACH, coach, input={"id": coach.id, "sessionMinutes": 30})
    practice.clock.move(hours=3, minutes=30)

    listed = await slots(practice, coach, coach, DAY[0], "2026-03-09T00:00:00Z")

    assert [slot["localDate"] for slot in listed] == ["2026-03-03", "2026-03-04"]


# Ranges


async def test_a_range_ends_after_its_beginning(practice: Practice) -> None:
    coach = await practice.coach()

    refusals = [
        await practice.refusal(AVAILABLE, coach, coachId=coach.id, **{"from": NINE}, to=until)
        for until in (NINE, "2026-03-02T08:59:59Z")
    ]

    assert refusals == [{"code": "BAD_USER_INPUT", "status": 400, "field": "to"}] * 2


async def test_a_range_is_at_most_93_days_long(practice: Practice) -> None:
    coach = await practice.coach(booking_window_days=365)
    await add_window(practice, coach)
    since = datetime(2026, 3, 2, tzinfo=UTC)
    longest, longer = since + timedelta(days=93), since + timedelta(days=93, seconds=1)

    listed = await slots(practice, coach, coach, since.isoformat(), longest.isoformat())
    refusal = await practice.refusal(
        AVAILABLE, coach, coachId=coach.id, **{"from": since.isoformat()}, to=longer.isoformat()
    )

    assert len(listed) == 3 * 14
    assert refusal == {"code": "BAD_USER_INPUT", "status": 400, "field": "to"}


async def test_a_range_lies_in_years_that_a_calendar_can_hold(practice: Practice) -> None:
    coach = await practice.coach()

    too_early = await practice.refusal(
        AVAILABLE, coach, coachId=coach.id, **{"from": "1969-12-31T00:00:00Z"}, to="1970-02-01T00:00:00Z"
    )
    too_late = await practice.refusal(
        AVAILABLE, coach, coachId=coach.id, **{"from": "2199-12-31T00:00:00Z"}, to="2200-02-01T00:00:00Z"
    )

    assert too_early == {"code": "BAD_USER_INPUT", "status": 400, "field": "from"}
    assert too_late == {"code": "BAD_USER_INPUT", "status": 400, "field": "to"}


async def test_an_id_that_is_not_a_coachs_is_refused(practice: Practice) -> None:
    member = await practice.member()

    refusals = [
        await practice.refusal(AVAILABLE, member, coachId=wrong, **{"from": DAY[0]}, to=DAY[1])
        for wrong in (member.id, "nonsense", "")
    ]

    assert refusals == [{"code": "BAD_USER_INPUT", "status": 400, "field": "coachId"}] * 3


# Who may


AUDIENCES = {
    "ASSIGNED": {"assigned member", "coach", "admin"},
    "MEMBERS": {"assigned member", "member", "coach", "admin"},
    "PUBLIC": {"assigned member", "member", "coach", "admin", "other coach", "stranger"},
}


@pytest.mark.parametrize("audience", AUDIENCES)
async def test_the_audience_sees_the_slots_and_nobody_else_does(practice: Practice, audience: str) -> None:
    coach = await practice.coach(booking_audience=audience)
    await add_window(practice, coach)
    [slot, *_] = await slots(practice, coach, coach, *DAY)
    doors: dict[str, tuple[str, dict[str, Any]]] = {
        "list": (AVAILABLE, {"coachId": coach.id, "from": DAY[0], "to": DAY[1]}),
        "next": (NEXT, {"coachId": coach.id}),
        "explanation": (EXPLAIN, {"coachId": coach.id, "startsAt": NINE}),
        "node": (NODE, {"id": slot["id"]}),
    }
    askers = {
        "stranger": None,
        "member": await practice.member(),
        "assigned member": await practice.member(coach),
        "coach": coach,
        "other coach": await practice.coach(),
        "admin": await practice.admin(),
    }

    opened: dict[str, set[str]] = {door: set() for door in doors}
    refusals = []
    for door, (query, variables) in doors.items():
        for name, who in askers.items():
            answer = await practice.execute(query, who, **variables)
            if "errors" not in answer:
                opened[door].add(name)
            else:
                refusals.append(answer["errors"][0]["extensions"])

    assert opened == dict.fromkeys(doors, AUDIENCES[audience])
    assert refusals == [FORBIDDEN] * len(doors) * (len(askers) - len(AUDIENCES[audience]))


async def test_a_public_calendar_is_open_though_the_coach_takes_no_new_members(practice: Practice) -> None:
    coach = await practice.coach(booking_audience="PUBLIC", is_accepting_members=False)
    await add_window(practice, coach)

    assert await starts(practice, None, coach) == ["09:00", "10:00", "11:00"]


async def test_a_calendar_that_does_not_exist_is_forbidden_too(practice: Practice) -> None:
    coach, member = await practice.coach(booking_audience="PUBLIC"), await practice.member()
    await practice.rows("DELETE FROM coaches RETURNING id")

    refusals = [
        await practice.refusal(AVAILABLE, who, coachId=coach.id, **{"from": DAY[0]}, to=DAY[1])
        for who in (None, member, await practice.admin())
    ]

    assert refusals == [FORBIDDEN] * 3


async def test_whoever_is_transferred_away_no_longer_sees_the_slots(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await practice.rows("UPDATE members SET coach_id = :new RETURNING id", new=key_of(new))

    refusal = await practice.refusal(AVAILABLE, member, coachId=old.id, **{"from": DAY[0]}, to=DAY[1])

    assert refusal == FORBIDDEN
    assert await starts(practice, member, new) == []


# The next free slot


async def test_the_next_free_slot_is_the_first_that_the_asker_can_book(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    await booked(practice, first, coach, NINE)

    assert await next_slot(practice, second, coach) == TEN


async def test_the_next_free_slot_begins_at_the_asked_instant_or_later(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)

    assert await next_slot(practice, member, coach, TEN) == TEN
    assert await next_slot(practice, member, coach, "2026-03-02T10:00:00.000001Z") == ELEVEN
    assert await next_slot(practice, member, coach, "2020-01-01T00:00:00Z") == NINE


async def test_the_next_free_slot_is_found_weeks_ahead(practice: Practice) -> None:
    coach = await practice.coach(booking_window_days=60)
    member = await practice.member(coach)
    await add_window(practice, coach)
    await take_off(practice, coach, "2026-03-01T00:00:00Z", "2026-04-25T00:00:00Z")

    assert await next_slot(practice, member, coach) == "2026-04-27T09:00:00Z"


async def test_there_is_no_next_free_slot_behind_the_booking_window(practice: Practice) -> None:
    coach = await practice.coach(booking_window_days=7)
    member = await practice.member(coach)
    await add_window(practice, coach)

    assert await next_slot(practice, member, coach, "2026-03-09T11:00:00Z") == "2026-03-09T11:00:00Z"
    assert await next_slot(practice, member, coach, "2026-03-09T11:00:01Z") is None
    assert await next_slot(practice, member, coach, "2190-01-01T00:00:00Z") is None


async def test_there_is_no_next_free_slot_without_a_window(practice: Practice) -> None:
    coach = await practice.coach()

    assert await next_slot(practice, coach, coach) is None


# Why not


async def test_every_reason_has_its_code_and_message(practice: Practice) -> None:
    coach = await practice.coach(
        min_notice_minutes=61, booking_window_days=1, slot_interval_minutes=60, booking_audience="MEMBERS"
    )
    elsewhere = await practice.coach(booking_audience="MEMBERS")
    first, second = await practice.members(2, coach)
    await add_window(practice, coach, start="07:00", end="15:00")
    await add_window(practice, elsewhere, start="13:00", end="14:00")
    await booked(practice, first, coach, "2026-03-02T10:00:00Z")
    await booked(practice, second, elsewhere, "2026-03-02T13:00:00Z")
    await practice.ask(CHANGE_COACH, coach, input={"id": coach.id, "bufferMinutes": 30})
    await take_off(practice, coach, "2026-03-02T14:00:00Z", "2026-03-02T15:00:00Z")
    asked = {
        "16:00": ("OUTSIDE_AVAILABILITY", "The coach is not available at this time"),
        "12:30": ("NOT_A_SLOT_START", "No slot starts at this time; choose one of the listed starts"),
        "07:00": ("IN_THE_PAST", "This slot lies in the past"),
        "09:00": ("TOO_SOON", "This slot starts too soon to be booked"),
        "14:00": ("TIME_OFF", "The coach has time off then"),
        "11:00": ("CONFLICTS_WITH_SESSION", "The coach has another session too close to this time"),
        "10:00": ("FULL", "This slot is now full, please choose another"),
        "13:00": ("MEMBER_BUSY", "You have another session at this time"),
    }

    explained = {
        time: await practice.ask(EXPLAIN, second, coachId=coach.id, startsAt=f"2026-03-02T{time}:00Z") for time in asked
    }
    far = await practice.ask(EXPLAIN, second, coachId=coach.id, startsAt="2026-03-09T12:00:00Z")
    await practice.rows("UPDATE coaches SET status = 'PENDING' RETURNING id")
    closed = await practice.ask(EXPLAIN, second, coachId=coach.id, startsAt="2026-03-02T12:00:00Z")

    assert {time: tuple(answer["reasons"][0].values()) for time, answer in explained.items()} == asked
    assert far["reasons"] == [{"code": "TOO_FAR_AHEAD", "message": "This slot is too far ahead to be booked yet"}]
    assert closed["reasons"] == [
        {"code": "COACH_NOT_ACTIVE", "message": "This coach does not take bookings at present"}
    ]


async def test_all_reasons_that_apply_are_given_in_order(practice: Practice) -> None:
    coach, elsewhere = await practice.coach(), await practice.coach(booking_audience="MEMBERS")
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    await add_window(practice, elsewhere)
    await booked(practice, first, coach, NINE)
    await booked(practice, second, elsewhere, NINE)
    await practice.rows("UPDATE sessions SET status = 'COMPLETED', completed_at = now() RETURNING id")
    await take_off(practice, coach, *DAY)
    await practice.rows("UPDATE coaches SET status = 'SUSPENDED' WHERE id = :id RETURNING id", id=key_of(coach))
    practice.clock.move(hours=2)

    on_the_grid = await reasons(practice, second, coach, NINE)
    beside_it = await reasons(practice, second, coach, "2026-03-02T09:30:00Z")
    outside = await reasons(practice, second, coach, "2026-03-02T08:30:00Z")

    assert on_the_grid == ["COACH_NOT_ACTIVE", "IN_THE_PAST", "TIME_OFF", "FULL", "MEMBER_BUSY"]
    assert beside_it == [
        "COACH_NOT_ACTIVE",
        "NOT_A_SLOT_START",
        "IN_THE_PAST",
        "TIME_OFF",
        "CONFLICTS_WITH_SESSION",
        "MEMBER_BUSY",
    ]
    assert outside == [
        "COACH_NOT_ACTIVE",
        "OUTSIDE_AVAILABILITY",
        "IN_THE_PAST",
        "TIME_OFF",
        "CONFLICTS_WITH_SESSION",
        "MEMBER_BUSY",
    ]


async def test_a_bookable_start_has_no_reason_and_its_slot(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    [listed, *_] = await slots(practice, member, coach, *DAY)

    explained = await practice.ask(EXPLAIN, member, coachId=coach.id, startsAt="2026-03-02T14:30:00+05:30")

    assert explained == {"isBookable": True, "reasons": [], "slot": {"id": listed["id"], "startsAt": NINE}}


async def test_a_start_that_cannot_be_booked_has_its_slot_if_it_is_one(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    await booked(practice, first, coach, NINE)

    full = await practice.ask(EXPLAIN, second, coachId=coach.id, startsAt=NINE)
    unlisted = await practice.ask(EXPLAIN, second, coachId=coach.id, startsAt="2026-03-02T09:00:00.5Z")

    assert (full["isBookable"], full["slot"]["startsAt"]) == (False, NINE)
    assert (unlisted["isBookable"], unlisted["slot"]) == (False, None)
    assert [reason["code"] for reason in unlisted["reasons"]] == ["NOT_A_SLOT_START", "CONFLICTS_WITH_SESSION"]


async def test_an_instant_that_no_calendar_can_hold_is_refused(practice: Practice) -> None:
    coach = await practice.coach()

    refusal = await practice.refusal(EXPLAIN, coach, coachId=coach.id, startsAt="9999-12-31T00:00:00Z")

    assert refusal == {"code": "BAD_USER_INPUT", "status": 400, "field": "startsAt"}


# Slots by their id


async def test_a_slot_is_fetched_again_by_its_id(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach, seats=2)
    [slot, *_] = await slots(practice, second, coach, *DAY)
    await booked(practice, first, coach, NINE)

    again = await practice.ask(NODE, second, id=slot["id"])

    assert again == {**slot, "__typename": "Slot", "booked": 1, "remaining": 1}


async def test_slots_are_fetched_in_the_order_of_their_ids_and_null_where_none_is_offered(practice: Practice) -> None:
    coach = await practice.coach()
    window_id = await add_window(practice, coach)
    ids = [slot["id"] for slot in await slots(practice, coach, coach, *DAY)]
    await practice.ask(CHANGE_WINDOW, coach, input={"id": window_id, "startTime": "10:00"})

    found = await practice.ask(NODES, coach, ids=list(reversed(ids)))

    assert found == [
        {"__typename": "Slot", "startsAt": ELEVEN, "isBookable": True},
        {"__typename": "Slot", "startsAt": TEN, "isBookable": True},
        None,
    ]


async def test_an_id_that_no_slot_can_have_is_refused(practice: Practice) -> None:
    coach = await practice.coach()
    key = key_of(coach)
    forged = (
        f"{key}",
        f"{key}/",
        f"{key}/noon",
        f"{key}/1e9",
        "nobody/1772442000",
        f"{key}/{10**30}",
        f"{key}/{10**11}",
    )

    refusals = [await practice.refusal(NODE, coach, id=global_id("Slot", each)) for each in forged]

    assert refusals == [{"code": "BAD_USER_INPUT", "status": 400, "field": "id"}] * len(forged)


# Listed means bookable


@dataclass
class Scenario:
    """A random calendar in a random state, and the moves that are made on it."""

    practice: Practice
    chance: Random
    coach: Person
    members: list[Person]
    window_ids: list[str]
    sessions: dict[str, Person]

    @classmethod
    async def made(cls, practice: Practice, chance: Random) -> "Scenario":
        coach = await practice.coach(
            booking_audience="MEMBERS",
            time_zone=chance.choice(["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Chatham", "Europe/London"]),
            **settings(chance),
        )
        elsewhere = await practice.coach(booking_audience="MEMBERS", session_minutes=20)
        window_ids = []
        for day in chance.sample(EVERY_DAY, 5):
            hours = sorted(chance.sample(range(24), 4))
            for start, end in chance.sample([hours[:2], hours[2:]], chance.randint(1, 2)):
                times = (f"{start:02}:{chance.choice([0, 20, 45]):02}", f"{end:02}:{chance.choice([45, 50, 59])}")
                window_ids.append(await add_window(practice, coach, day, *times, seats=chance.randint(1, 3)))
            await add_window(practice, elsewhere, day, "00:00", "23:59", seats=5)
        members = await practice.members(5)
        since = MONDAY + timedelta(hours=chance.randrange(240))
        await take_off(practice, coach, since.isoformat(), (since + timedelta(hours=7)).isoformat())
        scenario = cls(practice, chance, coach, members, window_ids, {})
        for member in members[:3]:
            for slot in chance.sample(await scenario.listed(member, of=elsewhere), 4):
                await book(practice, member, elsewhere, slot["startsAt"])
        return scenario

    async def listed(self, who: Person, *, of: Person | None = None, every: bool = False) -> list[dict[str, Any]]:
        coach, until = of or self.coach, MONDAY + timedelta(days=10)
        asked = {"coachId": coach.id, "from": MONDAY.isoformat(), "to": until.isoformat(), "all": every}
        listed: list[dict[str, Any]] = (await self.practice.ask(LISTED, who, **asked))["slots"]
        return listed

    async def book_what_is_listed(self) -> None:
        who = self.chance.choice(self.members)
        listed = await self.listed(who)
        if not listed:
            return
        starts_at = self.chance.choice(listed)["startsAt"]
        explained = await reasons(self.practice, who, self.coach, starts_at)
        answer = await book(self.practice, who, self.coach, starts_at)
        assert (explained, answer["__typename"]) == ([], "Booking"), (starts_at, explained, answer)
        self.sessions[answer["session"]["id"]] = who

    async def move_to_what_is_listed(self) -> None:
        """Listed for the member beside their own session means bookable in its place, too."""
        if not self.sessions:
            return
        session_id, who = self.chance.choice(list(self.sessions.items()))
        listed = await self.listed(who)
        if listed:
            answer = await moved(self.practice, who, session_id, self.chance.choice(listed)["startsAt"])
            assert answer["__typename"] == "Session", answer

    async def book_what_is_not_listed(self) -> None:
        who = self.chance.choice(self.members)
        shown = {slot["startsAt"]: slot["unavailableReason"] for slot in await self.listed(who, every=True)}
        closed = [starts_at for starts_at, reason in shown.items() if reason is not None]
        anywhere = MONDAY + timedelta(minutes=self.chance.randrange(-1_440, 14_400, 5))
        for starts_at in (*self.chance.sample(closed, min(2, len(closed))), f"{anywhere:%Y-%m-%dT%H:%M:%SZ}"):
            if shown.get(starts_at, "unlisted") is None:
                continue
            first, *_ = await reasons(self.practice, who, self.coach, starts_at)
            answer = await book(self.practice, who, self.coach, starts_at)
            told = "FULL" if answer["__typename"] == "SlotFull" else answer.get("reason")
            assert told == first == shown.get(starts_at, first), (starts_at, first, answer)

    async def cancel(self) -> None:
        if self.sessions:
            session_id = self.chance.choice(list(self.sessions))
            await cancelled(self.practice, self.sessions.pop(session_id), session_id)

    async def change_the_rules(self) -> None:
        """Of the coach or of a window; a refusal is as good."""
        changes = settings(self.chance)
        name = self.chance.choice(list(changes))
        camel = {"id": self.coach.id, to_camel(name): changes[name]}
        await self.practice.ask(CHANGE_COACH, self.coach, input=camel)
        given = {"id": self.chance.choice(self.window_ids), "maxSessionsPerSlot": self.chance.randint(1, 3)}
        await self.practice.ask(CHANGE_WINDOW, self.coach, input=given)


def settings(chance: Random) -> dict[str, Any]:
    return {
        "session_minutes": chance.choice([15, 25, 30, 45, 60, 90]),
        "buffer_minutes": chance.choice([0, 0, 5, 10, 15, 30]),
        "slot_interval_minutes": chance.choice([None, 10, 15, 30, 60]),
        "min_notice_minutes": chance.choice([0, 30, 120, 1_440]),
        "booking_window_days": chance.choice([2, 6, 8, 14]),
    }


@pytest.mark.parametrize("seed", range(5))
async def test_what_is_listed_is_confirmed_and_what_is_not_is_refused_for_the_explained_reason(
    practice: Practice, seed: int
) -> None:
    chance = Random(seed)
    practice.clock.move(minutes=1)  # no slot starts at this very moment, when its session would have begun
    scenario = await Scenario.made(practice, chance)
    moves = [scenario.book_what_is_listed] * 4 + [scenario.book_what_is_not_listed] * 3
    moves += [scenario.move_to_what_is_listed] * 2 + [scenario.cancel, scenario.change_the_rules]

    for _ in range(STEPS):
        await chance.choice(moves)()

    await practice.nobody_is_overbooked()
