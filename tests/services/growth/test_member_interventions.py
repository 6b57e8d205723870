"""What a coach gives a member to practise, how the member gets on with it, and how much it has helped."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text

from app.events import InterventionAssigned, InterventionRated, InterventionUpdated
from app.services import privacy
from tests.interventions import (
    ASSIGN,
    MEMBER_INTERVENTIONS,
    PROGRESS,
    RATE,
    UPDATE_INTERVENTION,
    WRITE_NOTE,
    done,
    given,
    made,
    nodes,
)
from tests.models.small_practice import refused_with
from tests.operations import nothing_written, transferred
from tests.practice import Person, Practice
from tests.statements import cost_alike, cost_of_page

NODE = "query ($id: ID!) { node(id: $id) { ... on MemberIntervention { name feedback coachNote } } }"
NOTIFICATIONS = "{ notifications { edges { node { kind } } } }"


@pytest.fixture
async def coach(practice: Practice) -> Person:
    return await practice.coach()


@pytest.fixture
async def member(practice: Practice, coach: Person) -> Person:
    return await practice.member(coach)


async def progress(practice: Practice, who: Person, key: str, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(PROGRESS, who, input={"id": key, **changes})
    return answer


async def told_kinds(practice: Practice) -> list[str]:
    return [type(event).__name__ for event in await practice.told()]


async def test_the_member_is_told_and_has_the_text_as_it_was_given(
    practice: Practice, coach: Person, member: Person
) -> None:
    own = await made(practice, coach, name="Breathe", steps=["In", "Out"])
    assigned = await given(practice, coach, member, interventionId=own, dueDate="2026-03-09")
    assert (assigned["status"], assigned["progressPercent"], assigned["dueDate"]) == ("ASSIGNED", 0, "2026-03-09")
    (event,) = await practice.told()
    assert isinstance(event, InterventionAssigned)
    assert (event.member_id, event.coach_id) == (member.actor.member_id, coach.actor.coach_id)

    await practice.ask(UPDATE_INTERVENTION, coach, input={"id": own, "name": "Changed", "steps": ["Otherwise"]})
    await practice.work()

    (kept,) = nodes(await practice.ask(MEMBER_INTERVENTIONS, member))
    assert (kept["name"], kept["steps"]) == ("Breathe", ["In", "Out"])
    assert kept["intervention"] is None, "a coach's own is out of the member's sight"
    (kept,) = nodes(await practice.ask(MEMBER_INTERVENTIONS, coach, memberId=member.id))
    assert kept["intervention"] == {"id": own}
    assert nodes(await practice.ask(NOTIFICATIONS, member)) == [{"kind": "INTERVENTION_ASSIGNED"}]
    assert nodes(await practice.ask(NOTIFICATIONS, coach)) == []


async def test_only_who_coaches_the_member_gives_and_only_what_is_theirs_to_give(
    practice: Practice, coach: Person, member: Person
) -> None:
    other, admin = await practice.coach(), await practice.admin()
    own, foreign = await made(practice, coach), await made(practice, other)
    shared = await made(practice, admin)

    async with nothing_written(practice):
        for who, which in ((other, shared), (member, shared), (member, own), (coach, foreign), (other, foreign)):
            asked = {"memberId": member.id, "interventionId": which}
            assert (await practice.refusal(ASSIGN, who, input=asked))["code"] == "FORBIDDEN"
        not_theirs = await practice.ask(ASSIGN, admin, input={"memberId": member.id, "interventionId": foreign})
        assert (not_theirs["__typename"], not_theirs["field"]) == ("InvalidInput", "interventionId")
    for who, which in ((coach, shared), (admin, own)):
        await given(practice, who, member, interventionId=which)


async def test_a_day_that_is_over_where_the_member_is_is_refused(
    practice: Practice, coach: Person, member: Person
) -> None:
    await practice.rows("UPDATE users SET time_zone = 'Pacific/Kiritimati' WHERE role = 'MEMBER' RETURNING id")
    practice.clock.move(hours=4)  # Monday noon in UTC; Tuesday on Christmas Island
    own = await made(practice, coach)

    async with nothing_written(practice):
        asked = {"memberId": member.id, "interventionId": own, "dueDate": "2026-03-02"}
        refused = await practice.ask(ASSIGN, coach, input=asked)
    assert (refused["__typename"], refused["field"]) == ("InvalidInput", "dueDate")
    await given(practice, coach, member, interventionId=own, dueDate="2026-03-03")


async def test_a_member_is_at_the_same_one_once_and_may_be_given_it_anew_when_it_is_over(
    practice: Practice, coach: Person, member: Person
) -> None:
    own = await made(practice, coach)
    asked = {"memberId": member.id, "interventionId": own}
    at_once = await asyncio.gather(*(practice.ask(ASSIGN, coach, input=asked) for _ in range(6)))
    assert Counter(each["__typename"] for each in at_once) == {
        "MemberIntervention": 1,
        "InterventionAlreadyAssigned": 5,
    }
    (first,) = nodes(await practice.ask(MEMBER_INTERVENTIONS, member))
    await progress(practice, member, first["id"], status="ABANDONED")
    second = await given(practice, coach, member, interventionId=own)

    listed = [each["id"] for each in nodes(await practice.ask(MEMBER_INTERVENTIONS, member))]
    assert listed == [second["id"], first["id"]], "the newest first"
    given_up = nodes(await practice.ask(MEMBER_INTERVENTIONS, member, status="ABANDONED"))
    assert [each["id"] for each in given_up] == [first["id"]]


async def test_a_retry_under_one_key_has_one_effect_and_one_answer(
    practice: Practice, coach: Person, member: Person
) -> None:
    asked = {"memberId": member.id, "interventionId": await made(practice, coach), "idempotencyKey": "once"}
    answers = await asyncio.gather(*(practice.ask(ASSIGN, coach, input=asked) for _ in range(6)))

    assert len({each["id"] for each in answers}) == 1
    assert await told_kinds(practice) == ["InterventionAssigned"]
    reused = await practice.ask(ASSIGN, coach, input={**asked, "dueDate": "2026-04-01"})
    assert reused["__typename"] == "IdempotencyKeyReused"


async def test_some_progress_begins_it_a_hundred_completes_it_and_each_step_is_told_once(
    practice: Practice, coach: Person, member: Person
) -> None:
    key = (await given(practice, coach, member))["id"]
    begun = await progress(practice, member, key, progressPercent=10)
    assert (begun["status"], begun["startedAt"], begun["completedAt"]) == ("IN_PROGRESS", "2026-03-02T08:00:00Z", None)
    practice.clock.move(hours=1)
    further = await progress(practice, coach, key, progressPercent=60)
    assert (further["progressPercent"], further["startedAt"]) == (60, "2026-03-02T08:00:00Z")
    for _ in range(2):
        completed = await progress(practice, member, key, progressPercent=100)
        assert (completed["status"], completed["completedAt"]) == ("COMPLETED", "2026-03-02T09:00:00Z")

    moved = [event.status for event in await practice.told() if isinstance(event, InterventionUpdated)]
    assert moved == ["IN_PROGRESS", "COMPLETED"]
    async with nothing_written(practice):
        for changes in ({"status": "IN_PROGRESS"}, {"progressPercent": 50}, {"status": "ABANDONED"}):
            over = await progress(practice, member, key, **changes)
            assert (over["__typename"], over["now"]) == ("InterventionIsOver", "COMPLETED")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "status"),
        ({"status": "ASSIGNED"}, "status"),
        ({"status": "COMPLETED", "progressPercent": 90}, "progressPercent"),
        ({"status": "IN_PROGRESS", "progressPercent": 100}, "progressPercent"),
        ({"status": "ABANDONED", "progressPercent": 100}, "progressPercent"),
    ],
)
async def test_what_contradicts_itself_is_refused(
    practice: Practice, coach: Person, member: Person, changes: dict[str, Any], field: str
) -> None:
    key = (await given(practice, coach, member))["id"]
    await progress(practice, member, key, progressPercent=10)

    async with nothing_written(practice):
        refused = await progress(practice, member, key, **changes)
    assert (refused["__typename"], refused["field"]) == ("InvalidInput", field)


async def test_the_member_alone_rates_what_is_completed_and_may_say_it_anew(
    practice: Practice, coach: Person, member: Person
) -> None:
    key = (await given(practice, coach, member))["id"]
    asked = {"id": key, "rating": 4, "feedback": "It helped at night."}
    async with nothing_written(practice):
        too_soon = await practice.ask(RATE, member, input=asked)
        assert (too_soon["__typename"], too_soon["now"]) == ("InterventionNotCompleted", "ASSIGNED")
    await progress(practice, member, key, status="COMPLETED")
    others = (coach, await practice.admin(), await practice.member(coach))
    async with nothing_written(practice):
        for who in others:
            assert (await practice.refusal(RATE, who, input=asked))["code"] == "FORBIDDEN"

    rated = await practice.ask(RATE, member, input=asked)
    assert (rated["effectivenessRating"], rated["feedback"]) == (4, "It helped at night.")
    practice.clock.move(hours=1)
    for rating in (4, 2):
        rated = await practice.ask(RATE, member, input={"id": key, "rating": rating})
    assert (rated["effectivenessRating"], rated["feedback"]) == (2, "It helped at night.")
    assert rated["ratedAt"] == "2026-03-02T09:00:00Z"
    told = [event.rating for event in await practice.told() if isinstance(event, InterventionRated)]
    assert told == [4, 2], "what was said again is not told again"

    assert (await practice.ask(NODE, coach, id=key))["feedback"] == "It helped at night."
    taken = await practice.ask(RATE, member, input={"id": key, "rating": 2, "feedback": None})
    assert taken["feedback"] is None


async def test_what_is_written_is_stored_encrypted_and_the_coachs_note_is_not_the_members(
    practice: Practice, coach: Person, member: Person
) -> None:
    key = await done(practice, coach, member)
    await practice.ask(RATE, member, input={"id": key, "rating": 5, "feedback": "Kanarienvogel"})
    async with nothing_written(practice):
        asked = {"id": key, "text": "Mine"}
        assert (await practice.refusal(WRITE_NOTE, member, input=asked))["code"] == "FORBIDDEN"
    await asyncio.gather(
        *(practice.ask(WRITE_NOTE, coach, input={"id": key, "text": f"Kanarienvogel {n}"}) for n in range(4))
    )

    shown = await practice.ask(NODE, coach, id=key)
    assert shown["coachNote"].startswith("Kanarienvogel ")
    assert await practice.ask(NODE, member, id=key) == {**shown, "coachNote": None}
    stored = await practice.rows(
        "SELECT g::text || n::text FROM member_interventions g JOIN member_intervention_notes n USING (id)"
    )
    in_anothers_name = "UPDATE member_intervention_notes SET author_user_id = :user"
    async with practice.as_actor(coach.actor) as db:
        assert await refused_with(db, in_anothers_name, user=member.user.id) == "42501"
    assert "Kanarienvogel" not in str(stored)
    assert b"Kanarienvogel".hex() not in str(stored)
    for gone in ({"text": None}, {}):
        assert (await practice.ask(WRITE_NOTE, coach, input={"id": key, **gone}))["coachNote"] is None


async def test_a_page_reads_what_was_written_all_at_once(practice: Practice, coach: Person, member: Person) -> None:
    for _ in range(3):
        key = await done(practice, coach, member)
        await practice.ask(RATE, member, input={"id": key, "rating": 5, "feedback": "Words"})
        await practice.ask(WRITE_NOTE, coach, input={"id": key, "text": "Words"})
    costs = [await cost_of_page(practice, MEMBER_INTERVENTIONS, coach, n, memberId=member.id) for n in (1, 3)]

    assert [rows for rows, _ in costs] == [1, 3]
    assert cost_alike(costs[0][1], costs[1][1])


async def test_a_text_that_was_moved_to_another_row_is_found_by_the_check_of_keys(
    practice: Practice, coach: Person, member: Person
) -> None:
    for _ in range(2):
        key = await done(practice, coach, member)
        await practice.ask(RATE, member, input={"id": key, "rating": 5, "feedback": "Words"})
        await practice.ask(WRITE_NOTE, coach, input={"id": key, "text": "Words"})

    async def failures() -> list[str]:
        return [each async for each in privacy.check_keys(practice.as_system, practice.house.keys)]

    assert await failures() == []
    async with practice.as_system() as db:
        for table, column in (("member_interventions", "feedback"), ("member_intervention_notes", "content")):
            await db.execute(text(f"UPDATE {table} SET {column} = (SELECT max({column}) FROM {table})"))
    assert [each.partition(" ")[0] for each in await failures()] == [
        "member_interventions",
        "member_intervention_notes",
    ]


async def test_after_a_transfer_the_new_coach_has_the_history_and_the_old_one_nothing(
    practice: Practice, coach: Person, member: Person
) -> None:
    new = await practice.coach()
    key = await done(practice, coach, member)
    await practice.ask(WRITE_NOTE, coach, input={"id": key, "text": "Handed on"})
    await transferred(practice, member, new)

    seen = await practice.ask(NODE, new, id=key)
    assert (seen["name"].startswith("An exercise"), seen["coachNote"]) == (True, "Handed on")
    assert (await practice.refusal(NODE, coach, id=key))["code"] == "FORBIDDEN"
    listing = await practice.refusal(MEMBER_INTERVENTIONS, coach, memberId=member.id)
    assert listing["code"] == "FORBIDDEN"
    async with nothing_written(practice):
        for mutation, changes in ((PROGRESS, {"progressPercent": 5}), (WRITE_NOTE, {"text": "Too late"})):
            refused = await practice.refusal(mutation, coach, input={"id": key, **changes})
            assert refused["code"] == "FORBIDDEN"
