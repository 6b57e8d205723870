"""What members are to do: added by themselves or their coach, changed, begun, done, taken up again and removed."""

import asyncio
from typing import Any

import pytest

from app.events import ActionItemAdded, ActionItemCompleted
from tests.interventions import (
    ACTION_ITEMS,
    ADD_ITEM,
    COMPLETE_ITEM,
    REMOVE_ITEM,
    REOPEN_ITEM,
    UPDATE_ITEM,
    given,
    item,
    nodes,
)
from tests.operations import add_window, booked, nothing_written, transferred
from tests.practice import Person, Practice
from tests.statements import cost_alike, cost_of_page

NODE = "query ($id: ID!) { node(id: $id) { ... on ActionItem { title } } }"
NOTIFICATIONS = "{ notifications { edges { node { kind } } } }"
SESSIONS = "query ($first: Int) { sessions(first: $first) { edges { node { actionItems { title } } } } }"


@pytest.fixture
async def coach(practice: Practice) -> Person:
    return await practice.coach()


@pytest.fixture
async def member(practice: Practice, coach: Person) -> Person:
    return await practice.member(coach)


async def update(practice: Practice, who: Person, key: str, version: int, **changes: Any) -> dict[str, Any]:
    asked = {"id": key, "expectedVersion": version, **changes}
    answer: dict[str, Any] = await practice.ask(UPDATE_ITEM, who, input=asked)
    return answer


async def listed(practice: Practice, who: Person, **wanted: Any) -> list[str]:
    return [each["title"] for each in nodes(await practice.ask(ACTION_ITEMS, who, filter=wanted))]


async def test_both_sides_add_and_see_them_and_the_member_is_told_of_the_coachs(
    practice: Practice, coach: Person, member: Person
) -> None:
    mine = await item(practice, member, title="Mine")
    theirs = await item(practice, coach, member, title="Theirs", dueDate="2026-03-02", description="Today")
    assert [each["isAddedByMember"] for each in (mine, theirs)] == [True, False]
    assert [each["status"] for each in (mine, theirs)] == ["PENDING"] * 2
    events = await practice.told()
    assert [type(event) for event in events] == [ActionItemAdded, ActionItemAdded]
    await practice.work()

    assert await listed(practice, member) == await listed(practice, coach, memberId=member.id) == ["Theirs", "Mine"]
    assert nodes(await practice.ask(NOTIFICATIONS, member)) == [{"kind": "ACTION_ITEM_ADDED"}]
    whose = await practice.execute(ACTION_ITEMS, coach)
    assert whose["errors"][0]["extensions"]["field"] == "memberId"


async def test_others_see_and_write_nothing(practice: Practice, coach: Person, member: Person) -> None:
    other, beside = await practice.coach(), await practice.member(coach)
    key = (await item(practice, member))["id"]
    change = {"id": key, "expectedVersion": 1, "title": "Other"}

    async with nothing_written(practice):
        for who in (other, beside):
            asked = [(ACTION_ITEMS, {"filter": {"memberId": member.id}}), (NODE, {"id": key})]
            asked += [(mutation, {"input": {"id": key}}) for mutation in (COMPLETE_ITEM, REOPEN_ITEM, REMOVE_ITEM)]
            asked += [(UPDATE_ITEM, {"input": change}), (ADD_ITEM, {"input": {"memberId": member.id, "title": "x"}})]
            for query, given_ in asked:
                assert (await practice.refusal(query, who, **given_))["code"] == "FORBIDDEN", query
    await transferred(practice, member, other)
    assert (await practice.ask(NODE, other, id=key))["title"] == "Something to do"
    assert (await practice.refusal(NODE, coach, id=key))["code"] == "FORBIDDEN"


async def test_what_it_is_linked_to_is_the_same_members(practice: Practice, coach: Person, member: Person) -> None:
    await add_window(practice, coach, seats=2)
    beside = await practice.member(coach)
    session, foreign = [
        await booked(practice, who, coach, "2026-03-02T09:00:00Z", format="GROUP") for who in (member, beside)
    ]
    exercise, not_theirs = [(await given(practice, coach, who))["id"] for who in (member, beside)]

    async with nothing_written(practice):
        for field, value in (("sessionId", foreign), ("memberInterventionId", not_theirs)):
            asked = {"memberId": member.id, "title": "x", field: value}
            refused = await practice.ask(ADD_ITEM, coach, input=asked)
            assert (refused["__typename"], refused["field"]) == ("InvalidInput", field)
            del asked["memberId"]
            assert (await practice.refusal(ADD_ITEM, member, input=asked))["code"] == "FORBIDDEN"
    linked = await item(practice, coach, member, title="Linked", sessionId=session, memberInterventionId=exercise)
    await item(practice, coach, member, title="Free")

    assert (linked["session"], linked["memberIntervention"]) == ({"id": session}, {"id": exercise})
    assert await listed(practice, member, sessionId=session) == ["Linked"]
    assert await listed(practice, member, memberInterventionId=exercise) == ["Linked"]
    of_sessions = {
        who: [node["actionItems"] for node in nodes(await practice.ask(SESSIONS, person))]
        for who, person in (("member", member), ("beside", beside))
    }
    assert of_sessions == {"member": [[{"title": "Linked"}]], "beside": [[]]}


async def test_a_session_has_fifty_and_no_more(practice: Practice, coach: Person, member: Person) -> None:
    await add_window(practice, coach)
    session = await booked(practice, member, coach, "2026-03-02T09:00:00Z")
    await item(practice, coach, member, sessionId=session)
    await practice.rows(
        "INSERT INTO action_items (id, member_id, session_id, title, status, added_by_user_id, version, created_at,"
        " updated_at) SELECT gen_random_uuid(), member_id, session_id, title, status, added_by_user_id, 1, created_at,"
        " updated_at FROM action_items, generate_series(1, 48) RETURNING id"
    )
    asked = {"memberId": member.id, "title": "More", "sessionId": session}
    answers = await asyncio.gather(*(practice.ask(ADD_ITEM, coach, input=asked) for _ in range(3)))

    assert sorted(each["__typename"] for each in answers) == ["ActionItem", "InvalidInput", "InvalidInput"]


async def test_a_page_of_sessions_reads_them_all_at_once(practice: Practice, coach: Person, member: Person) -> None:
    await add_window(practice, coach, end="13:00")
    for hour in (9, 10, 11):
        session = await booked(practice, member, coach, f"2026-03-02T{hour:02}:00:00Z")
        await item(practice, coach, member, sessionId=session)
    costs = [await cost_of_page(practice, SESSIONS, coach, first) for first in (1, 3)]

    assert [rows for rows, _ in costs] == [1, 3]
    assert cost_alike(costs[0][1], costs[1][1])


async def test_a_retry_under_one_key_has_one_effect_and_one_answer(practice: Practice, member: Person) -> None:
    asked = {"title": "Once", "idempotencyKey": "once"}
    answers = await asyncio.gather(*(practice.ask(ADD_ITEM, member, input=asked) for _ in range(6)))

    assert len({each["id"] for each in answers}) == 1
    assert len(await practice.told()) == 1
    reused = await practice.ask(ADD_ITEM, member, input={**asked, "title": "Twice"})
    assert reused["__typename"] == "IdempotencyKeyReused"


async def test_a_member_does_what_they_were_given_and_words_what_they_have_added(
    practice: Practice, coach: Person, member: Person
) -> None:
    mine, theirs = await item(practice, member), await item(practice, coach, member)
    begun = await update(practice, member, theirs["id"], 1, isStarted=True)
    assert (begun["status"], begun["version"], begun["startedAt"]) == ("IN_PROGRESS", 2, "2026-03-02T08:00:00Z")
    async with nothing_written(practice):
        for changes in ({"title": "Less"}, {"description": "x"}, {"dueDate": None}):
            asked = {"id": theirs["id"], "expectedVersion": 2, **changes}
            assert (await practice.refusal(UPDATE_ITEM, member, input=asked))["code"] == "FORBIDDEN"
        refused = await practice.refusal(REMOVE_ITEM, member, input={"id": theirs["id"]})
        assert refused["code"] == "FORBIDDEN"

    worded = await update(practice, member, mine["id"], 1, title="Better", description="More", dueDate="2026-03-20")
    assert (worded["title"], worded["description"], worded["dueDate"]) == ("Better", "More", "2026-03-20")
    stale = await update(practice, coach, mine["id"], 1, title="From the coach")
    assert (stale["__typename"], stale["currentVersion"]) == ("VersionConflict", 2)
    assert (await update(practice, coach, mine["id"], 2, title="From the coach"))["version"] == 3
    not_begun = await update(practice, member, theirs["id"], 2, isStarted=False)
    assert (not_begun["status"], not_begun["startedAt"]) == ("PENDING", None)
    for who, which in ((member, mine), (coach, theirs)):
        assert await practice.ask(REMOVE_ITEM, who, input={"id": which["id"]}) == {
            "__typename": "Removed",
            "id": which["id"],
        }
    assert await listed(practice, member) == []


async def test_of_two_who_change_one_at_the_same_time_the_second_looks_again(
    practice: Practice, coach: Person, member: Person
) -> None:
    key = (await item(practice, member))["id"]
    answers = await asyncio.gather(*(update(practice, who, key, 1, title="New") for who in (coach, member) * 3))

    assert sorted(each["__typename"] for each in answers) == ["ActionItem"] + ["VersionConflict"] * 5


async def test_it_is_done_once_and_can_be_taken_up_again(practice: Practice, coach: Person, member: Person) -> None:
    key = (await item(practice, coach, member))["id"]
    await update(practice, member, key, 1, isStarted=True)
    for who in (member, coach):
        completed = await practice.ask(COMPLETE_ITEM, who, input={"id": key})
        assert (completed["status"], completed["completedAt"]) == ("COMPLETED", "2026-03-02T08:00:00Z")
    assert sum(isinstance(event, ActionItemCompleted) for event in await practice.told()) == 1
    assert await listed(practice, member, isOpen=True) == []
    assert await listed(practice, member, isOpen=False) == await listed(practice, member, status="COMPLETED")
    refused = await update(practice, member, key, completed["version"], isStarted=True)
    assert (refused["__typename"], refused["field"]) == ("InvalidInput", "isStarted")

    for _ in range(2):
        reopened = await practice.ask(REOPEN_ITEM, member, input={"id": key})
        assert (reopened["status"], reopened["completedAt"]) == ("IN_PROGRESS", None)
    assert await listed(practice, member, isOpen=True) == ["Something to do"]
