"""Plans for sessions: made, changed, shared with the member and hidden again, and reminded of once."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import SessionPlanReminderDue, SessionPlanShared, SessionPlanUnshared
from app.services.sessions import remind_of_plans
from tests.operations import (
    ADD_ITEM,
    ASSIGN,
    CREATE_PLAN,
    PROBLEM,
    SHARE_PLAN,
    UPDATE_PLAN,
    add_window,
    booked,
    cancelled,
    completed,
    nothing_written,
    planned,
    transferred,
)
from tests.practice import Person, Practice

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
HALF_PAST = "2026-03-02T08:30:00Z"
FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
OF_SESSION = "query ($id: ID!) { session(id: $id) { plan { id notes isShared items { title } } } }"
NODE = "query ($id: ID!) { node(id: $id) { ... on SessionPlan { id } } }"
UNSHARE = (
    "mutation ($input: UnshareSessionPlanInput!) { unshareSessionPlan(input: $input) { __typename"
    f" ... on SessionPlan {{ isShared sharedAt }} {PROBLEM} }} }}"
)
REMOVE = (
    "mutation ($input: RemoveSessionPlanInput!) { removeSessionPlan(input: $input) {"
    f" ... on Removed {{ id }} {PROBLEM} }} }}"
)


async def one_session(practice: Practice) -> tuple[Person, Person, str]:
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    return coach, member, await booked(practice, member, coach, NINE)


async def create(practice: Practice, who: Person, session_id: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(CREATE_PLAN, who, input={"sessionId": session_id, **more})
    return answer


async def update(practice: Practice, who: Person, plan: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(UPDATE_PLAN, who, input={"id": plan["id"], **changes})
    return answer


async def share(practice: Practice, who: Person, plan: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(SHARE_PLAN, who, input={"id": plan["id"]})
    return answer


async def unshare(practice: Practice, who: Person, plan: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(UNSHARE, who, input={"id": plan["id"]})
    return answer


async def seen(practice: Practice, who: Person, session_id: str) -> Any:
    return (await practice.ask(OF_SESSION, who, id=session_id))["plan"]


# Making and changing


async def test_a_plan_is_made_empty_and_not_shared(practice: Practice) -> None:
    coach, _, session = await one_session(practice)

    plan = await create(practice, coach, session)

    assert plan == {
        "__typename": "SessionPlan",
        "id": plan["id"],
        "notes": None,
        "isShared": False,
        "sharedAt": None,
        "remindAt": None,
        "remindedAt": None,
        "version": 1,
        "createdAt": "2026-03-02T08:00:00Z",
        "updatedAt": "2026-03-02T08:00:00Z",
        "session": {"id": session},
        "items": [],
    }


async def test_a_plan_is_made_of_a_past_sessions_plan_without_its_notes(practice: Practice) -> None:
    coach, member, session = await one_session(practice)
    later = await booked(practice, member, coach, TEN)
    past = await planned(practice, coach, session, "First", "Second")
    await update(practice, coach, past, notes="Of last time")
    await completed(practice, session)

    plan = await create(practice, coach, later, fromSessionId=session)

    assert [item["title"] for item in plan["items"]] == ["First", "Second"]
    assert {item["id"] for item in plan["items"]}.isdisjoint(item["id"] for item in past["items"])
    assert plan["notes"] is None


async def test_the_members_coach_of_today_makes_theirs_of_an_earlier_coachs_plan(practice: Practice) -> None:
    coach, member, session = await one_session(practice)
    await planned(practice, coach, session, "First")
    new, stranger = await practice.coach(), await practice.coach()
    await add_window(practice, new)
    await transferred(practice, member, new)
    later = await booked(practice, member, new, ELEVEN)
    given = {"sessionId": await booked_with(practice, stranger), "fromSessionId": session}

    plan = await create(practice, new, later, fromSessionId=session)

    assert [item["title"] for item in plan["items"]] == ["First"]
    assert await practice.refusal(CREATE_PLAN, stranger, input=given) == FORBIDDEN


async def booked_with(practice: Practice, coach: Person) -> str:
    await add_window(practice, coach)
    return await booked(practice, await practice.member(coach), coach, NINE)


async def test_a_plan_is_made_of_one_thing_that_there_is(practice: Practice) -> None:
    coach, member, session = await one_session(practice)
    bare = await booked(practice, member, coach, TEN)
    templates = await practice.ask("{ planTemplates { id } }", coach)

    async with nothing_written(practice):
        both = await create(practice, coach, session, templateId=templates[0]["id"], fromSessionId=bare)
        none = await create(practice, coach, session, fromSessionId=bare)

    assert [(each["code"], each["field"]) for each in (both, none)] == [("INVALID_INPUT", "fromSessionId")] * 2


async def test_a_session_has_one_plan_however_many_make_it_at_once(practice: Practice) -> None:
    coach, _, session = await one_session(practice)

    answers = await asyncio.gather(*(create(practice, coach, session) for _ in range(5)))

    assert sorted(each["__typename"] for each in answers) == ["AlreadyPlanned"] * 4 + ["SessionPlan"]


async def test_only_a_scheduled_session_gets_a_plan(practice: Practice) -> None:
    coach, member, session = await one_session(practice)
    await cancelled(practice, member, session)

    async with nothing_written(practice):
        refused = await create(practice, coach, session)

    assert refused["code"] == "SESSION_NOT_SCHEDULED"


async def test_a_change_may_be_meant_for_one_version_only(practice: Practice) -> None:
    coach, _, session = await one_session(practice)
    plan = await create(practice, coach, session)

    first = await update(practice, coach, plan, notes="Bring a pen", expectedVersion=1)
    second = await update(practice, coach, plan, notes="Bring nothing", expectedVersion=1)

    assert (first["notes"], first["version"]) == ("Bring a pen", 2)
    assert (second["code"], second["currentVersion"]) == ("VERSION_CONFLICT", 2)
    assert (await update(practice, coach, plan, notes=None))["notes"] is None


async def test_plans_are_written_by_the_coach_of_the_session_and_admins(practice: Practice) -> None:
    coach, member, session = await one_session(practice)
    held_by = await practice.coach(booking_audience="MEMBERS")
    await add_window(practice, held_by)
    elsewhere = await booked(practice, member, held_by, TEN)
    plan = await share(practice, held_by, await planned(practice, held_by, elsewhere))
    given = {"id": plan["id"]}

    async with nothing_written(practice):
        refusals = [
            *[await practice.refusal(CREATE_PLAN, who, input={"sessionId": session}) for who in (held_by, member)],
            # Also the member's coach of today, who sees it.
            *[
                await practice.refusal(query, who, input=given)
                for query in (UPDATE_PLAN, SHARE_PLAN, UNSHARE, REMOVE)
                for who in (coach, member)
            ],
        ]

    assert refusals == [FORBIDDEN] * 10
    admin = await practice.admin()
    assert (await update(practice, admin, plan, notes="By an admin"))["notes"] == "By an admin"
    assert await practice.ask(REMOVE, admin, input=given) == given


# Sharing


async def test_a_member_sees_a_plan_and_its_items_only_while_it_is_shared(practice: Practice) -> None:
    coach, member, session = await one_session(practice)
    plan = await planned(practice, coach, session, "First")

    before = await seen(practice, member, session), await practice.refusal(NODE, member, id=plan["id"])
    shared = await share(practice, coach, plan)
    while_shared = await seen(practice, member, session)
    await practice.ask(ADD_ITEM, coach, input={"planId": plan["id"], "title": "Second"})
    with_more = await seen(practice, member, session)
    hidden = await unshare(practice, coach, plan)

    assert before == (None, FORBIDDEN)
    assert (shared["isShared"], shared["sharedAt"]) == (True, "2026-03-02T08:00:00Z")
    assert while_shared == {"id": plan["id"], "notes": None, "isShared": True, "items": [{"title": "First"}]}
    assert [item["title"] for item in with_more["items"]] == ["First", "Second"]
    assert (hidden["isShared"], hidden["sharedAt"]) == (False, None)
    assert await seen(practice, member, session) is None
    assert await practice.count("plan_items", "is_shared") == 0


async def test_a_plan_is_seen_by_the_coaches_who_see_its_session_and_admins(practice: Practice) -> None:
    coach, member, session = await one_session(practice)
    await planned(practice, coach, session, "First")
    new, admin = await practice.coach(), await practice.admin()
    await practice.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": new.id})

    for who in (coach, new, admin):
        assert (await seen(practice, who, session))["items"] == [{"title": "First"}]


async def test_sharing_is_told_once_and_hiding_too(practice: Practice) -> None:
    coach, _, session = await one_session(practice)
    plan = await planned(practice, coach, session)

    for change in (share, share, unshare, unshare, share):
        assert (await change(practice, coach, plan))["__typename"] == "SessionPlan"
    await practice.ask(REMOVE, coach, input={"id": plan["id"]})

    told = [type(event) for event in await practice.told() if "Plan" in type(event).__name__]
    assert told == [SessionPlanShared, SessionPlanUnshared] * 2
    assert await practice.count("session_plans") == await practice.count("plan_items") == 0


# Reminders


async def due_plan(practice: Practice) -> tuple[Person, Person, str, dict[str, Any]]:
    """One that is shared, and due at half past."""
    coach, member, session = await one_session(practice)
    plan = await share(practice, coach, await planned(practice, coach, session))
    return coach, member, session, await update(practice, coach, plan, remindAt=HALF_PAST)


async def remind(practice: Practice) -> int:
    async with practice.context().unit_of_work() as db:
        return await remind_of_plans(db, practice.clock())


async def reminders(practice: Practice) -> int:
    return sum(isinstance(event, SessionPlanReminderDue) for event in await practice.told())


async def test_a_plan_that_is_due_is_reminded_of_once(practice: Practice) -> None:
    coach, member, _, plan = await due_plan(practice)

    early = await remind(practice)
    practice.clock.move(minutes=30)
    counted = [await remind(practice), await remind(practice)]

    assert (early, counted) == (0, [1, 0])
    event = (await practice.told())[-1]
    assert isinstance(event, SessionPlanReminderDue)
    assert coach.coach is not None
    assert member.member is not None
    assert (event.coach_id, event.member_id) == (coach.coach.id, member.member.id)
    again = await update(practice, coach, plan, notes="Still")
    assert (again["remindAt"], again["remindedAt"]) == (HALF_PAST, HALF_PAST)


async def test_two_who_remind_at_the_same_time_do_not_remind_twice(practice: Practice) -> None:
    await due_plan(practice)
    practice.clock.move(minutes=30)

    async with practice.context().unit_of_work() as one, practice.context().unit_of_work() as other:
        counted = [await remind_of_plans(db, practice.clock()) for db in (one, other)]

    assert counted == [1, 0]
    assert await reminders(practice) == 1


async def test_a_reminder_that_was_rolled_back_is_given_again(practice: Practice) -> None:
    await due_plan(practice)
    practice.clock.move(minutes=30)

    async def fail(db: AsyncSession) -> None:
        assert await remind_of_plans(db, practice.clock()) == 1
        await db.execute(text("SELECT 1 / 0"))

    with pytest.raises(Exception, match="division by zero"):
        async with practice.context().unit_of_work() as db:
            await fail(db)

    assert await remind(practice) == 1
    assert await reminders(practice) == 1


@pytest.mark.parametrize("reason", ["hidden", "cancelled", "completed", "begun", "taken back"])
async def test_what_is_not_shared_or_not_to_come_is_not_reminded_of(practice: Practice, reason: str) -> None:
    coach, member, session, plan = await due_plan(practice)
    if reason == "hidden":
        await unshare(practice, coach, plan)
    elif reason == "cancelled":
        await cancelled(practice, member, session)
    elif reason == "completed":
        await completed(practice, session)
    elif reason == "begun":
        practice.clock.move(minutes=30)
    else:
        await update(practice, coach, plan, remindAt=None)
    practice.clock.move(minutes=30)

    assert await remind(practice) == 0
    assert await reminders(practice) == 0


async def test_another_time_to_remind_at_counts_afresh(practice: Practice) -> None:
    coach, _, _, plan = await due_plan(practice)
    practice.clock.move(minutes=30)
    await remind(practice)

    changed = await update(practice, coach, plan, remindAt="2026-03-02T08:45:00Z")
    practice.clock.move(minutes=15)

    assert changed["remindedAt"] is None
    assert await remind(practice) == 1


@pytest.mark.parametrize("at", ["2026-03-02T08:00:00Z", NINE, "2026-03-03T09:00:00Z"])
async def test_a_reminder_lies_between_now_and_the_session(practice: Practice, at: str) -> None:
    coach, _, session = await one_session(practice)
    plan = await create(practice, coach, session)

    async with nothing_written(practice):
        refused = await update(practice, coach, plan, remindAt=at)

    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "remindAt")
