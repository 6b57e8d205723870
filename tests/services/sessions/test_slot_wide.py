"""Cancelling and completing every session of one start in one call: each on its own, and nobody sees the others."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.events import SessionCancelled, SessionCompleted, WaitingListLeft
from app.models.sessions import CoachingSession
from app.services.scheduling import CalendarWriter
from tests.lifecycle import CANCEL_SLOT, COMPLETE_SLOT, cancel, complete, life, no_show
from tests.operations import PROBLEM, SESSIONS, add_window, book, booked, calendar_version, nodes, nothing_written
from tests.practice import MONDAY, Person, Practice

NINE, TEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"
FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
JOIN = (
    "mutation ($input: JoinWaitingListInput!) { joinWaitingList(input: $input) { __typename"
    f" ... on WaitingListEntry {{ id }} {PROBLEM} }} }}"
)
HOLD = f"mutation ($input: HoldSlotInput!) {{ holdSlot(input: $input) {{ __typename {PROBLEM} }} }}"


async def group(practice: Practice, count: int = 3, seats: int = 3) -> tuple[Person, list[Person], list[str]]:
    """A coach, and members of theirs who sit in one slot."""
    coach = await practice.coach(max_members=count + 5)
    await add_window(practice, coach, seats=seats)
    members = await practice.members(count, coach)
    return coach, members, [await booked(practice, member, coach, NINE) for member in members]


async def cancel_slot(practice: Practice, who: Person, start: str = NINE, **more: Any) -> list[dict[str, Any]]:
    answer = await practice.ask(CANCEL_SLOT, who, input={"startsAt": start, **more})
    assert answer["__typename"] == "SlotSessions", answer
    results: list[dict[str, Any]] = answer["results"]
    return results


async def complete_slot(practice: Practice, who: Person, start: str = NINE, **more: Any) -> list[dict[str, Any]]:
    answer = await practice.ask(COMPLETE_SLOT, who, input={"startsAt": start, **more})
    assert answer["__typename"] == "SlotSessions", answer
    results: list[dict[str, Any]] = answer["results"]
    return results


def became(results: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    """The id and the status of each session, and the code of what prevented its change."""
    return [
        (each["session"]["id"], each["session"]["status"], each["problem"] and each["problem"]["code"])
        for each in results
    ]


# Cancelling


@pytest.mark.parametrize("role", ["COACH", "ADMIN"])
async def test_every_scheduled_session_of_the_start_is_cancelled(practice: Practice, role: str) -> None:
    coach, members, session_ids = await group(practice)
    who, whose = (coach, {}) if role == "COACH" else (await practice.admin(), {"coachId": coach.id})
    later = await booked(practice, members[0], coach, TEN)

    results = await cancel_slot(practice, who, reason="Ill", **whose)

    assert became(results) == [(session_id, "CANCELLED", None) for session_id in session_ids]
    assert {each["session"]["cancellationReason"] for each in results} == {"Ill"}
    assert {each["session"]["isLateCancellation"] for each in results} == {False}
    told = [each for each in await practice.told() if isinstance(each, SessionCancelled)]
    assert {each.member_id for each in told} == {member.member.id for member in members if member.member}
    for member, session_id in zip(members, session_ids, strict=True):
        change = (await life(practice, member, session_id))["history"][-1]
        assert (change["kind"], change["reason"], change["changedBy"]) == ("CANCELLED", "Ill", role)
    assert (await life(practice, coach, later))["status"] == "SCHEDULED"
    await practice.nobody_is_overbooked()


async def test_each_member_sees_their_own_session_and_no_other(practice: Practice) -> None:
    coach, members, session_ids = await group(practice)

    await cancel_slot(practice, coach)

    for member, session_id in zip(members, session_ids, strict=True):
        seen = await nodes(practice, SESSIONS, member)
        assert [(each["id"], each["status"]) for each in seen] == [(session_id, "CANCELLED")]


async def test_the_places_are_free_again(practice: Practice) -> None:
    coach, members, _ = await group(practice)
    before = await calendar_version(practice, coach)

    await cancel_slot(practice, coach)

    assert await calendar_version(practice, coach) == before + 4  # the line is closed, and three sessions go
    assert await practice.count("calendar_slots") == await practice.count("calendar_seats") == 0
    assert (await book(practice, members[0], coach, NINE))["__typename"] == "Booking"


async def test_who_waits_and_who_holds_a_place_leaves_first_and_is_offered_nothing(practice: Practice) -> None:
    coach, _, session_ids = await group(practice, count=2, seats=3)
    holding, waiting, next_in_line = await practice.members(3, coach)
    slot = {"coachId": coach.id, "startsAt": NINE}
    assert (await practice.ask(HOLD, holding, input=slot))["__typename"] == "SlotHold"
    for member in (waiting, next_in_line):
        assert (await practice.ask(JOIN, member, input=slot))["__typename"] == "WaitingListEntry"

    results = await cancel_slot(practice, coach)

    assert became(results) == [(session_id, "CANCELLED", None) for session_id in session_ids]
    assert await practice.rows("SELECT status, closed_at FROM waiting_list_entries") == [("CLOSED", MONDAY)] * 2
    for table in ("slot_holds", "calendar_seats", "calendar_slots"):
        assert await practice.count(table) == 0, table
    told = [each for each in await practice.told() if isinstance(each, WaitingListLeft)]
    assert len(told) == 2
    assert {(each.member_id, each.starts_at, each.outcome) for each in told} == {
        (member.member.id, MONDAY + timedelta(hours=1), "CLOSED") for member in (waiting, next_in_line) if member.member
    }
    assert "PlaceOffered" not in {type(each).__name__ for each in await practice.told()}


async def test_who_has_been_offered_a_place_loses_it_too(practice: Practice) -> None:
    coach, members, session_ids = await group(practice, count=2, seats=2)
    waiting = await practice.member(coach)
    await practice.ask(JOIN, waiting, input={"coachId": coach.id, "startsAt": NINE})
    await cancel(practice, members[0], session_ids[0])
    assert await practice.count("slot_holds") == 1

    results = await cancel_slot(practice, coach)

    assert became(results) == [(session_ids[1], "CANCELLED", None)]
    assert await practice.count("slot_holds") == await practice.count("calendar_seats") == 0
    assert [each.outcome for each in await practice.told() if isinstance(each, WaitingListLeft)] == ["CLOSED"]


async def test_a_running_slot_is_cancelled_too(practice: Practice) -> None:
    coach, _, session_ids = await group(practice)
    practice.clock.move(minutes=90)

    assert became(await cancel_slot(practice, coach)) == [(each, "CANCELLED", None) for each in session_ids]


# Completing


@pytest.mark.parametrize("role", ["COACH", "ADMIN"])
async def test_4_5_every_scheduled_session_of_the_start_is_completed(practice: Practice, role: str) -> None:
    coach, members, session_ids = await group(practice, seats=4)
    who, whose = (coach, {}) if role == "COACH" else (await practice.admin(), {"coachId": coach.id})
    away = await booked(practice, await practice.member(coach), coach, NINE)
    practice.clock.move(hours=2)
    await no_show(practice, coach, away)

    results = await complete_slot(practice, who, **whose)

    assert became(results) == [(session_id, "COMPLETED", None) for session_id in session_ids]
    assert (await life(practice, coach, away))["status"] == "NO_SHOW"
    stamps = await practice.rows(
        "SELECT DISTINCT completed_at, completed_by_user_id FROM sessions WHERE no_show_at IS NULL"
    )
    assert stamps == [(practice.clock.now, who.user.id)]
    told = [each for each in await practice.told() if isinstance(each, SessionCompleted)]
    assert {each.member_id for each in told} == {member.member.id for member in members if member.member}


async def test_what_has_not_begun_is_not_completed(practice: Practice) -> None:
    coach, _, session_ids = await group(practice)

    async with nothing_written(practice):
        results = await complete_slot(practice, coach)

    assert became(results) == [(session_id, "SCHEDULED", "SESSION_NOT_BEGUN") for session_id in session_ids]
    assert results[0]["problem"] == {
        "__typename": "SessionNotBegun",
        "code": "SESSION_NOT_BEGUN",
        "message": "This session has not begun yet",
    }


async def test_a_second_time_there_is_nothing_left(practice: Practice) -> None:
    coach, _, _ = await group(practice)
    practice.clock.move(hours=2)
    await complete_slot(practice, coach)

    async with nothing_written(practice):
        assert await complete_slot(practice, coach) == []
    assert await cancel_slot(practice, coach) == []
    assert await practice.count("sessions", "status = 'COMPLETED'") == 3


# One is no matter of the others


@pytest.mark.parametrize("operation", ["cancelSlot", "completeSlot"])
async def test_what_is_refused_of_one_leaves_the_others_alone(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """One session is closed in between: after the slot was looked at, before its changes."""
    coach, _, session_ids = await group(practice)
    practice.clock.move(hours=2)
    ask = CalendarWriter.change_each

    async def late(writer: CalendarWriter, *args: Any) -> Any:
        assert (await complete(practice, coach, session_ids[1]))["status"] == "COMPLETED"
        return await ask(writer, *args)

    monkeypatch.setattr(CalendarWriter, "change_each", late)
    results = await (cancel_slot if operation == "cancelSlot" else complete_slot)(practice, coach)

    status = "CANCELLED" if operation == "cancelSlot" else "COMPLETED"
    assert became(results) == [
        (session_ids[0], status, None),
        (session_ids[1], "COMPLETED", "SESSION_NOT_SCHEDULED"),
        (session_ids[2], status, None),
    ]


async def test_members_who_cancel_at_the_same_time_get_along_with_it(practice: Practice) -> None:
    coach, members, session_ids = await group(practice, count=6, seats=6)

    results, *answers = await asyncio.gather(
        cancel_slot(practice, coach),
        *(cancel(practice, member, each) for member, each in zip(members, session_ids, strict=True)),
    )

    codes = {each["code"] for each in answers if each["__typename"] != "Session"}
    assert codes <= {"SESSION_NOT_SCHEDULED"}
    assert {problem for _, _, problem in became(results)} <= {None, "SESSION_NOT_SCHEDULED"}
    assert await practice.count("sessions", "status = 'CANCELLED'") == 6
    assert await practice.count("session_changes", "kind = 'CANCELLED'") == 6
    await practice.nobody_is_overbooked()


async def test_a_hundred_sessions_go_in_one_call(practice: Practice) -> None:
    coach, _, session_ids = await group(practice, count=100, seats=100)

    results = await cancel_slot(practice, coach)

    assert became(results) == [(session_id, "CANCELLED", None) for session_id in session_ids]
    assert await practice.count("calendar_seats") == 0


async def test_what_goes_wrong_with_all_of_them_is_no_answer_of_one(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach, _, session_ids = await group(practice)

    async def away(*_: Any) -> CoachingSession:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(CalendarWriter, "_ask", away)
        refused = await practice.refusal(CANCEL_SLOT, coach, input={"startsAt": NINE})
    again = await cancel_slot(practice, coach)

    assert refused["code"] == "INTERNAL"
    assert became(again) == [(session_id, "CANCELLED", None) for session_id in session_ids]


# Who may


@pytest.mark.parametrize("operation", [CANCEL_SLOT, COMPLETE_SLOT])
async def test_only_its_coach_and_admins_close_a_slot(practice: Practice, operation: str) -> None:
    coach, members, _ = await group(practice)
    other, admin = await practice.coach(), await practice.admin()
    practice.clock.move(hours=2)
    slot = {"startsAt": NINE}
    foreign = slot | {"coachId": coach.id}

    async with nothing_written(practice):
        refusals = [
            await practice.refusal(operation, who, input=given)
            for who, given in ((members[0], slot), (members[0], foreign), (other, foreign))
        ]
        stranger = await practice.refusal(operation, None, input=foreign)
        whose = await practice.ask(operation, admin, input=slot)
        elsewhere = await practice.ask(COMPLETE_SLOT, other, input=slot)

    assert refusals == [FORBIDDEN] * 3
    assert stranger["code"] == "UNAUTHENTICATED"
    assert (whose["code"], whose["field"]) == ("INVALID_INPUT", "coachId")
    assert elsewhere["results"] == []  # their own calendar has nothing then
