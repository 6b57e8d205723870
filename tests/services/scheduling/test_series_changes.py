"""Cancelling and moving sessions of a series: one, those that follow, or all that are to come."""

from typing import Any

import pytest

from tests.operations import PROBLEM, add_window, booked, calendar_version, cancelled, moved, nothing_written
from tests.practice import Person, Practice
from tests.services.scheduling.repeating import (
    CANCEL_SERIES,
    RESCHEDULE_SERIES,
    booked_series,
    cancel_series,
    move_series,
    reasons,
    starts,
)
from tests.services.scheduling.together import events_of

FIRST = "2026-03-02T09:00:00Z"
MONDAYS = [f"03-{day} 09:00" for day in ("02", "09", "16", "23")]
JOIN = f"mutation ($input: JoinWaitingListInput!) {{ joinWaitingList(input: $input) {{ __typename {PROBLEM} }} }}"


async def open_coach(practice: Practice, seats: int = 1, **changes: Any) -> Person:
    coach = await practice.coach(**{"booking_window_days": 400, **changes})
    for day in ("MONDAY", "WEDNESDAY"):
        await add_window(practice, coach, day, seats=seats)
    return coach


async def stand(practice: Practice) -> list[str]:
    """Where the sessions are that are not cancelled."""
    rows = await practice.rows("SELECT starts_at FROM sessions WHERE status <> 'CANCELLED' ORDER BY starts_at")
    return [row[0].strftime("%m-%d %H:%M") for row in rows]


# Cancelling


@pytest.mark.parametrize(("scope", "gone"), [("THIS", [1]), ("THIS_AND_FOLLOWING", [1, 2, 3]), ("ALL", [0, 1, 2, 3])])
async def test_a_scope_says_how_many_are_cancelled(practice: Practice, scope: str, gone: list[int]) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 4)
    before = await calendar_version(practice, coach)

    change = await cancel_series(practice, member, sessions[1], scope, reason="On tour")

    assert [each["id"] for each in change["sessions"]] == [sessions[number] for number in gone]
    assert {(each["status"], each["version"], each["cancellationReason"]) for each in change["sessions"]} == {
        ("CANCELLED", 2, "On tour")
    }
    assert {tuple(kind["kind"] for kind in each["history"]) for each in change["sessions"]} == {("BOOKED", "CANCELLED")}
    assert change["skipped"] == []
    assert await stand(practice) == [start for number, start in enumerate(MONDAYS) if number not in gone]
    assert (await events_of(practice, member)).count("SessionCancelled") == len(gone)
    assert await calendar_version(practice, coach) == before + len(gone)
    await practice.nobody_is_overbooked()


async def test_those_that_are_over_or_gone_are_skipped_and_named(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 4)
    await cancelled(practice, member, sessions[2])
    practice.clock.move(days=5)

    change = await cancel_series(practice, member, sessions[1], "ALL")

    assert [each["id"] for each in change["sessions"]] == [sessions[1], sessions[3]]
    assert [(each["session"]["id"], each["message"]) for each in change["skipped"]] == [
        (sessions[0], "This session has begun or is over"),
        (sessions[2], "This session is cancelled; only a scheduled one can be changed"),
    ]


async def test_a_coach_cancels_all_that_are_to_come_and_no_other(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 4)
    practice.clock.move(days=9)

    change = await cancel_series(practice, coach, sessions[3], "ALL")

    assert [each["id"] for each in change["sessions"]] == sessions[2:]
    assert [each["session"]["id"] for each in change["skipped"]] == sessions[:2]
    assert await stand(practice) == MONDAYS[:2]


async def test_what_forbids_the_change_of_the_named_one_is_the_answer(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 3)
    await cancelled(practice, member, sessions[1])
    practice.clock.move(hours=2)

    async with nothing_written(practice):
        begun = [
            await cancel_series(practice, member, sessions[0], "ALL"),
            await move_series(practice, member, sessions[0], "ALL", "2026-03-04T10:00:00Z"),
        ]
        gone = [
            await cancel_series(practice, member, sessions[1], "ALL"),
            await move_series(practice, member, sessions[1], "ALL", "2026-03-11T10:00:00Z"),
        ]

    assert [each["code"] for each in begun] == ["SESSION_HAS_BEGUN"] * 2
    assert [each["code"] for each in gone] == ["SESSION_NOT_SCHEDULED"] * 2


async def test_places_that_become_free_are_offered_to_who_waits(practice: Practice) -> None:
    coach = await open_coach(practice)
    member, waiting = await practice.member(coach), await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 3)
    await practice.ask(JOIN, waiting, input={"coachId": coach.id, "startsAt": "2026-03-09T09:00:00Z"})

    await cancel_series(practice, member, sessions[0], "ALL")

    assert await practice.count("slot_holds", "starts_at = '2026-03-09T09:00Z'") == 1
    assert "PlaceOffered" in await events_of(practice, waiting)
    await practice.nobody_is_overbooked()


async def test_who_has_no_part_in_it_is_forbidden(practice: Practice) -> None:
    coach, other = await open_coach(practice), await open_coach(practice)
    member, foreign = await practice.member(coach), await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 2)
    given = {"sessionId": sessions[0], "scope": "ALL"}

    async with nothing_written(practice):
        for who in (other, foreign):
            assert (await practice.refusal(CANCEL_SERIES, who, input=given))["code"] == "FORBIDDEN"
            to = {**given, "startsAt": "2026-03-04T09:00:00Z"}
            assert (await practice.refusal(RESCHEDULE_SERIES, who, input=to))["code"] == "FORBIDDEN"

    for who in (coach, await practice.admin()):
        assert (await cancel_series(practice, who, sessions.pop(), "THIS"))["__typename"] == "SeriesChange"


async def test_a_session_of_no_series_is_changed_alone(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    session = await booked(practice, member, coach, FIRST)

    refused = await cancel_series(practice, member, session, "ALL")

    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "sessionId")


# Moving


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("THIS", ["03-02 09:00", "03-11 10:00", "03-16 09:00", "03-23 09:00"]),
        ("THIS_AND_FOLLOWING", ["03-02 09:00", "03-11 10:00", "03-18 10:00", "03-25 10:00"]),
        ("ALL", ["03-04 10:00", "03-11 10:00", "03-18 10:00", "03-25 10:00"]),
    ],
)
async def test_a_scope_says_how_many_move_by_as_much(practice: Practice, scope: str, expected: list[str]) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 4)

    change = await move_series(practice, member, sessions[1], scope, "2026-03-11T10:00:00Z", expectedVersion=1)

    assert await stand(practice) == expected
    assert {each["version"] for each in change["sessions"]} == {2}
    assert [each["id"] for each in change["sessions"]] == {
        "THIS": sessions[1:2],
        "THIS_AND_FOLLOWING": sessions[1:],
        "ALL": sessions,
    }[scope]
    assert (await events_of(practice, member)).count("SessionRescheduled") == len(change["sessions"])
    await practice.nobody_is_overbooked()


@pytest.mark.parametrize("seats", [1, 2])
@pytest.mark.parametrize(("to", "weeks"), [("2026-03-16T09:00:00Z", 1), ("2026-03-30T09:00:00Z", 3)])
async def test_a_series_moves_onto_its_own_places_and_back(practice: Practice, seats: int, to: str, weeks: int) -> None:
    coach = await open_coach(practice, seats=seats)
    member, other = await practice.member(coach), await practice.member(coach)
    if seats > 1:
        await booked_series(practice, other, coach, FIRST, 12)
    sessions = await booked_series(practice, member, coach, FIRST, 4)
    before = await stand(practice)

    there = await move_series(practice, member, sessions[1], "ALL", to)
    after = starts(there["sessions"])
    await practice.nobody_is_overbooked()
    back = await move_series(practice, member, sessions[1], "ALL", "2026-03-09T09:00:00Z")

    assert after[0] == MONDAYS[weeks]
    assert len(after) == 4
    assert starts(back["sessions"]) == MONDAYS
    assert await stand(practice) == before
    await practice.nobody_is_overbooked()


async def test_a_series_moves_by_half_a_session_over_its_own_places(practice: Practice) -> None:
    coach = await open_coach(practice, slot_interval_minutes=30, buffer_minutes=15)
    member = await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 3)

    there = await move_series(practice, member, sessions[0], "ALL", "2026-03-02T09:30:00Z")
    back = await move_series(practice, member, sessions[0], "ALL", FIRST)

    assert starts(there["sessions"]) == ["03-02 09:30", "03-09 09:30", "03-16 09:30"]
    assert starts(back["sessions"]) == MONDAYS[:3]
    await practice.nobody_is_overbooked()


async def test_moving_nowhere_leaves_everybody_where_they_are(practice: Practice) -> None:
    coach = await open_coach(practice, seats=2)
    member, other = await practice.member(coach), await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 3)
    await booked_series(practice, other, coach, FIRST, 3)

    change = await move_series(practice, member, sessions[0], "ALL", FIRST)

    assert starts(change["sessions"]) == MONDAYS[:3]
    await practice.nobody_is_overbooked()


@pytest.mark.parametrize(
    ("zone", "first", "to", "expected"),
    [
        ("Europe/London", "2026-03-16T09", "2026-03-18T10", ["03-18 10:00", "03-25 10:00", "04-01 09:00"]),
        ("Europe/London", "2026-10-19T08", "2026-10-21T09", ["10-21 09:00", "10-28 10:00", "11-04 10:00"]),
        ("America/New_York", "2026-03-02T14", "2026-03-09T14", ["03-09 14:00", "03-16 14:00", "03-23 14:00"]),
    ],
)
async def test_all_move_by_as_much_on_the_coachs_clock(
    practice: Practice, zone: str, first: str, to: str, expected: list[str]
) -> None:
    coach = await open_coach(practice, time_zone=zone)
    member = await practice.member(coach)
    sessions = await booked_series(practice, member, coach, f"{first}:00:00Z", 3)

    change = await move_series(practice, member, sessions[0], "ALL", f"{to}:00:00Z")

    assert starts(change["sessions"]) == expected


async def test_one_that_was_moved_alone_keeps_its_distance(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 3)
    await moved(practice, member, sessions[1], "2026-03-09T10:00:00Z")

    change = await move_series(practice, member, sessions[0], "ALL", "2026-03-02T10:00:00Z")

    assert starts(change["sessions"]) == ["03-02 10:00", "03-09 11:00", "03-16 10:00"]


async def test_one_in_the_way_and_none_moves(practice: Practice) -> None:
    coach = await open_coach(practice)
    member, other = await practice.member(coach), await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 4)
    await booked(practice, other, coach, "2026-03-11T09:00:00Z")
    await booked(practice, other, coach, "2026-03-18T10:00:00Z")

    async with nothing_written(practice):
        refused = await move_series(practice, member, sessions[0], "ALL", "2026-03-04T09:00:00Z")
        nowhere = await move_series(practice, member, sessions[0], "THIS_AND_FOLLOWING", "2026-03-03T09:00:00Z")

    assert refused["code"] == "SERIES_NOT_BOOKABLE"
    assert (starts(refused["dates"]), reasons(refused["dates"])) == (["03-11 09:00"], [["FULL"]])
    assert reasons(nowhere["dates"]) == [["OUTSIDE_AVAILABILITY"]] * 4


async def test_a_place_that_becomes_free_is_whose_turn_it_is(practice: Practice) -> None:
    """The series leaves its second place, but somebody waits there."""
    coach = await open_coach(practice)
    member, waiting = await practice.member(coach), await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 3)
    await practice.ask(JOIN, waiting, input={"coachId": coach.id, "startsAt": "2026-03-09T09:00:00Z"})

    async with nothing_written(practice):
        refused = await move_series(practice, member, sessions[0], "ALL", "2026-03-09T09:00:00Z")
    change = await move_series(practice, member, sessions[0], "ALL", "2026-03-04T09:00:00Z")

    assert (starts(refused["dates"]), reasons(refused["dates"])) == (["03-09 09:00"], [["FULL"]])
    assert starts(change["sessions"]) == ["03-04 09:00", "03-11 09:00", "03-18 09:00"]
    assert await practice.count("slot_holds", "starts_at = '2026-03-09T09:00Z'") == 1
    await practice.nobody_is_overbooked()


async def test_what_the_asker_has_not_seen_is_not_moved(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 3)
    await moved(practice, coach, sessions[0], "2026-03-02T10:00:00Z")

    async with nothing_written(practice):
        refused = await move_series(practice, member, sessions[0], "ALL", "2026-03-04T09:00:00Z", expectedVersion=1)

    assert (refused["code"], refused["currentVersion"]) == ("VERSION_CONFLICT", 2)


async def test_a_member_keeps_the_right_to_a_series_with_a_former_coach(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    sessions = await booked_series(practice, member, coach, FIRST, 3)
    await practice.rows("UPDATE members SET coach_id = NULL RETURNING id")

    there = await move_series(practice, member, sessions[0], "ALL", "2026-03-04T09:00:00Z")
    gone = await cancel_series(practice, member, sessions[0], "ALL")

    assert len(there["sessions"]) == len(gone["sessions"]) == 3
