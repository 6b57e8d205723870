"""Completing sessions and marking no-shows: requirements 4.5, 4.6 and 14.5; who did it, when and why is kept."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.events import SessionCancelled, SessionCompleted, SessionNoShow
from tests.lifecycle import (
    CANCEL_LIFE,
    CANCEL_SLOT,
    COMPLETE,
    COMPLETE_SLOT,
    MARK_NO_SHOW,
    SCHEDULE,
    cancel,
    complete,
    life,
    no_show,
)
from tests.operations import RESCHEDULE, add_window, booked, calendar_version, moved, nothing_written
from tests.practice import MONDAY, Person, Practice

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
UNAUTHENTICATED = {"code": "UNAUTHENTICATED", "status": 401}


async def booked_at_nine(practice: Practice) -> tuple[Person, Person, str]:
    """A coach, their member, and the session that they have."""
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    return coach, member, await booked(practice, member, coach, NINE)


async def stored(practice: Practice) -> Any:
    columns = "status, completed_at, completed_by_user_id, no_show_at, no_show_by_user_id, seat_no"
    ((row),) = await practice.rows(f"SELECT {columns} FROM sessions")
    return tuple(row)


def of(history: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(change[name] for name in names) for change in history]


# Completing


@pytest.mark.parametrize("role", ["COACH", "ADMIN"])
async def test_4_5_a_completed_session_has_its_status_and_its_stamp(practice: Practice, role: str) -> None:
    coach, _, session_id = await booked_at_nine(practice)
    who = coach if role == "COACH" else await practice.admin()
    practice.clock.move(hours=2)

    answer = await complete(practice, who, session_id)

    assert (answer["id"], answer["status"], answer["version"]) == (session_id, "COMPLETED", 2)
    assert (answer["completedAt"], answer["updatedAt"], answer["noShowAt"]) == (TEN, TEN, None)
    assert answer["history"][1:] == [
        {
            "version": 2,
            "kind": "COMPLETED",
            "fromStartsAt": NINE,
            "toStartsAt": NINE,
            "reason": None,
            "overrideReason": None,
            "changedBy": role,
            "changedAt": TEN,
        }
    ]
    assert await stored(practice) == ("COMPLETED", practice.clock.now, who.user.id, None, None, 1)
    await practice.nobody_is_overbooked()


async def test_4_5_a_session_is_completed_from_its_very_start_on(practice: Practice) -> None:
    coach, _, session_id = await booked_at_nine(practice)
    practice.clock.move(minutes=59, seconds=59)

    async with nothing_written(practice):
        too_soon = await complete(practice, coach, session_id)
    practice.clock.move(seconds=1)
    answer = await complete(practice, coach, session_id)

    assert too_soon == {
        "__typename": "SessionNotBegun",
        "code": "SESSION_NOT_BEGUN",
        "message": "This session has not begun yet",
    }
    assert answer["status"] == "COMPLETED"


async def test_4_6_a_completed_session_is_told_of_so_that_its_member_is_asked_for_a_rating(practice: Practice) -> None:
    coach, member, session_id = await booked_at_nine(practice)
    practice.clock.move(hours=2)

    await complete(practice, coach, session_id)

    ((key,),) = await practice.rows("SELECT id FROM sessions")
    told = await practice.told()
    assert told[1:] == [
        SessionCompleted(
            session_id=key, coach_id=id_of(coach), member_id=id_of(member), starts_at=MONDAY.replace(hour=9)
        )
    ]


async def test_14_5_only_a_scheduled_session_is_completed(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()
    member = await practice.member(coach)
    await add_window(practice, coach)
    cancelled, completed = await booked(practice, member, coach, NINE), await booked(practice, member, coach, TEN)
    await cancel(practice, member, cancelled)
    practice.clock.move(hours=3)
    await complete(practice, coach, completed)

    async with nothing_written(practice):
        answers = [
            await complete(practice, who, session_id, **more)
            for who in (coach, admin)
            for session_id in (cancelled, completed)
            for more in ({}, {"overrideReason": "It took place all the same"})
        ]

    said = {answer["message"] for answer in answers}
    assert {answer["code"] for answer in answers} == {"SESSION_NOT_SCHEDULED"}
    assert said == {
        f"This session is {status}; only a scheduled one can be changed" for status in ("cancelled", "completed")
    }


async def test_14_6_a_completed_session_is_neither_cancelled_nor_moved_nor_a_no_show(practice: Practice) -> None:
    coach, _, session_id = await booked_at_nine(practice)
    practice.clock.move(hours=1, minutes=30)
    await complete(practice, coach, session_id)

    async with nothing_written(practice):
        answers = [
            await cancel(practice, coach, session_id),
            await moved(practice, coach, session_id, ELEVEN, overrideReason="By mistake"),
            await no_show(practice, coach, session_id),
        ]

    assert [answer["code"] for answer in answers] == ["SESSION_NOT_SCHEDULED"] * 3


async def test_closing_a_session_is_a_change_of_its_calendar(practice: Practice) -> None:
    coach, _, session_id = await booked_at_nine(practice)
    practice.clock.move(hours=2)
    before = await calendar_version(practice, coach)

    await no_show(practice, coach, session_id)
    await complete(practice, coach, session_id, overrideReason="Was in the other room")

    assert await calendar_version(practice, coach) == before + 2


# No-shows


@pytest.mark.parametrize("role", ["COACH", "ADMIN"])
async def test_who_did_not_come_is_marked_with_who_says_so_when_and_why(practice: Practice, role: str) -> None:
    coach, member, session_id = await booked_at_nine(practice)
    who = coach if role == "COACH" else await practice.admin()
    practice.clock.move(hours=2)

    answer = await no_show(practice, who, session_id, reason=" Did not pick up ")

    assert (answer["status"], answer["noShowAt"], answer["completedAt"]) == ("NO_SHOW", TEN, None)
    assert of(answer["history"][1:], "version", "kind", "reason", "overrideReason", "changedBy", "changedAt") == [
        (2, "NO_SHOW", "Did not pick up", None, role, TEN)
    ]
    assert await stored(practice) == ("NO_SHOW", None, None, practice.clock.now, who.user.id, 1)
    (told,) = [each for each in await practice.told() if isinstance(each, SessionNoShow)]
    assert (told.coach_id, told.member_id) == (id_of(coach), id_of(member))


async def test_nobody_has_missed_what_has_not_begun(practice: Practice) -> None:
    coach, _, session_id = await booked_at_nine(practice)

    async with nothing_written(practice):
        answer = await no_show(practice, coach, session_id)

    assert answer["code"] == "SESSION_NOT_BEGUN"


async def test_a_no_show_becomes_completed_for_a_reason_only_which_is_kept_and_shown(practice: Practice) -> None:
    coach, member, session_id = await booked_at_nine(practice)
    practice.clock.move(hours=2)
    await no_show(practice, coach, session_id)
    practice.clock.move(hours=1)

    async with nothing_written(practice):
        without = await complete(practice, coach, session_id)
        empty = await complete(practice, coach, session_id, overrideReason=" ")
    answer = await complete(practice, coach, session_id, overrideReason=" Waited in the other room ")

    assert (without["code"], empty["code"], empty["field"]) == ("OVERRIDE_NEEDED", "INVALID_INPUT", "overrideReason")
    assert (answer["status"], answer["completedAt"], answer["noShowAt"]) == ("COMPLETED", ELEVEN, None)
    assert await stored(practice) == ("COMPLETED", practice.clock.now, coach.user.id, None, None, 1)
    for who in (coach, member):
        seen = await life(practice, who, session_id)
        assert of(seen["history"], "kind", "reason", "overrideReason", "changedBy", "changedAt") == [
            ("BOOKED", None, None, "MEMBER", "2026-03-02T08:00:00Z"),
            ("NO_SHOW", None, None, "COACH", TEN),
            ("COMPLETED", None, "Waited in the other room", "COACH", ELEVEN),
        ]


async def test_a_reason_that_overrides_nothing_is_not_kept_as_one(practice: Practice) -> None:
    coach, _, session_id = await booked_at_nine(practice)
    practice.clock.move(hours=2)

    answer = await complete(practice, coach, session_id, overrideReason="To be on the safe side")

    assert (answer["status"], answer["history"][1]["overrideReason"]) == ("COMPLETED", None)


# Who may


@pytest.mark.parametrize("operation", [COMPLETE, MARK_NO_SHOW])
async def test_whoever_did_not_hold_it_does_not_close_it(practice: Practice, operation: str) -> None:
    """Neither its member, nor the coach whom the member has today, nor anybody else."""
    coach, present = await practice.coach(booking_audience="MEMBERS"), await practice.coach()
    member = await practice.member(present)
    await add_window(practice, coach)
    session_id = await booked(practice, member, coach, NINE)
    others = [member, present, await practice.coach(), await practice.member(coach)]
    practice.clock.move(hours=2)

    async with nothing_written(practice):
        refusals = [await practice.refusal(operation, who, input={"sessionId": session_id}) for who in others]
        stranger = await practice.refusal(operation, None, input={"sessionId": session_id})

    assert refusals == [FORBIDDEN] * 4
    assert stranger == UNAUTHENTICATED


async def test_12_4_without_the_permission_no_session_is_made_changed_or_closed(practice: Practice) -> None:
    coach, member, session_id = await booked_at_nine(practice)
    without = replace(coach, actor=replace(coach.actor, permissions=coach.actor.permissions - {"sessions:write"}))
    one, slot = {"sessionId": session_id}, {"startsAt": NINE}
    practice.clock.move(hours=1)

    async with nothing_written(practice):
        refusals = [
            await practice.refusal(operation, without, input=given)
            for operation, given in (
                (SCHEDULE, {"memberId": member.id, "startsAt": TEN}),
                (CANCEL_LIFE, one),
                (RESCHEDULE, one | {"startsAt": TEN}),
                (COMPLETE, one),
                (MARK_NO_SHOW, one),
                (CANCEL_SLOT, slot),
                (COMPLETE_SLOT, slot),
            )
        ]

    assert refusals == [FORBIDDEN] * 7


# A whole life


async def test_every_change_tells_who_when_and_why(practice: Practice) -> None:
    coach, member, session_id = await booked_at_nine(practice)
    admin = await practice.admin()
    practice.clock.move(minutes=1)
    await moved(practice, member, session_id, TEN)
    practice.clock.move(minutes=1)
    await moved(practice, coach, session_id, "2026-03-02T13:00:00Z", overrideReason="Lunch is the only time left")
    practice.clock.move(hours=6)
    await no_show(practice, coach, session_id, reason="Nobody there")
    practice.clock.move(minutes=1)
    await complete(practice, admin, session_id, overrideReason="The coach was in the wrong room")

    seen = await life(practice, member, session_id)

    one = "2026-03-02T13:00:00Z"
    names = ("version", "kind", "fromStartsAt", "toStartsAt", "reason", "overrideReason", "changedBy", "changedAt")
    assert of(seen["history"], *names) == [
        (1, "BOOKED", None, NINE, None, None, "MEMBER", "2026-03-02T08:00:00Z"),
        (2, "RESCHEDULED", NINE, TEN, None, None, "MEMBER", "2026-03-02T08:01:00Z"),
        (3, "RESCHEDULED", TEN, one, None, "Lunch is the only time left", "COACH", "2026-03-02T08:02:00Z"),
        (4, "NO_SHOW", one, one, "Nobody there", None, "COACH", "2026-03-02T14:02:00Z"),
        (5, "COMPLETED", one, one, None, "The coach was in the wrong room", "ADMIN", "2026-03-02T14:03:00Z"),
    ]
    by = await practice.rows("SELECT changed_by_user_id FROM session_changes ORDER BY version")
    assert [each for (each,) in by] == [who.user.id for who in (member, member, coach, coach, admin)]


@pytest.mark.parametrize("role", ["MEMBER", "COACH", "ADMIN"])
async def test_4_7_a_cancellation_tells_who_when_and_why_and_both_are_told(practice: Practice, role: str) -> None:
    coach, member, session_id = await booked_at_nine(practice)
    who = {"MEMBER": member, "COACH": coach, "ADMIN": await practice.admin()}[role]
    practice.clock.move(minutes=1)

    answer = await cancel(practice, who, session_id, reason="Flu")

    at = "2026-03-02T08:01:00Z"
    assert (answer["cancelledAt"], answer["cancellationReason"]) == (at, "Flu")
    assert of(answer["history"][1:], "kind", "fromStartsAt", "toStartsAt", "reason", "changedBy", "changedAt") == [
        ("CANCELLED", NINE, None, "Flu", role, at)
    ]
    assert await practice.rows("SELECT cancelled_by_user_id FROM sessions") == [(who.user.id,)]
    (told,) = [each for each in await practice.told() if isinstance(each, SessionCancelled)]
    assert (told.coach_id, told.member_id) == (id_of(coach), id_of(member))


@pytest.mark.parametrize("among", [(complete,), (complete, no_show), (complete, no_show, cancel)])
async def test_of_many_who_close_a_session_at_once_one_does(practice: Practice, among: tuple[Any, ...]) -> None:
    coach, _, session_id = await booked_at_nine(practice)
    practice.clock.move(hours=2)

    answers = await asyncio.gather(*(among[i % len(among)](practice, coach, session_id) for i in range(12)))

    done = [answer for answer in answers if answer["__typename"] == "Session"]
    refused = {answer["code"] for answer in answers if answer["__typename"] != "Session"}
    assert len(done) == 1
    assert refused <= {"SESSION_NOT_SCHEDULED", "OVERRIDE_NEEDED"}
    assert await practice.count("session_changes") == 2
    assert len(await practice.told()) == 2
    await practice.nobody_is_overbooked()


def id_of(person: Person) -> UUID:
    profile = person.coach or person.member
    assert profile is not None
    return profile.id
