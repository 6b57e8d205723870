"""Milestones stand in an order, are reached once, and what was reached stays as it is."""

import asyncio
from collections import Counter
from typing import Any

from app.events import MilestoneReached
from tests.goals import (
    ADD_MILESTONE,
    REACH_MILESTONE,
    REMOVE_MILESTONE,
    REOPEN_MILESTONE,
    UPDATE_MILESTONE,
    goal_now,
    goal_of,
    milestone_of,
    recorded,
)
from tests.operations import nothing_written
from tests.practice import Person, Practice


async def in_order(practice: Practice, who: Person, goal: dict[str, Any]) -> list[str]:
    milestones = (await goal_now(practice, who, goal))["milestones"]
    assert [each["position"] for each in milestones] == list(range(1, len(milestones) + 1))
    return [each["title"] for each in milestones]


async def changed(practice: Practice, who: Person, milestone: dict[str, Any], **changes: Any) -> dict[str, Any]:
    given = {"id": milestone["id"], "expectedVersion": milestone["version"], **changes}
    answer: dict[str, Any] = await practice.ask(UPDATE_MILESTONE, who, input=given)
    return answer


async def test_milestones_stand_where_they_are_put_and_the_others_make_room(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    goal = await goal_of(practice, member)
    made = {title: await milestone_of(practice, member, goal, title=title) for title in "abc"}
    made["d"] = await milestone_of(practice, coach, goal, title="d", position=1)
    assert await in_order(practice, member, goal) == ["d", "a", "b", "c"]

    made["d"] = await changed(practice, member, made["d"], position=3)
    assert await in_order(practice, member, goal) == ["a", "b", "d", "c"]
    made["c"] = await changed(practice, coach, made["c"], position=1, title="C", targetDate="2026-03-02")
    assert await in_order(practice, member, goal) == ["C", "a", "b", "d"]
    assert (await changed(practice, member, made["a"], position=20))["position"] == 4
    removed = await practice.ask(REMOVE_MILESTONE, coach, input={"id": made["b"]["id"]})
    assert removed["__typename"] == "Removed"
    assert await in_order(practice, member, goal) == ["C", "d", "a"]
    stale = await changed(practice, member, made["c"] | {"version": 1}, title="Other")
    assert (stale["__typename"], stale["currentVersion"]) == ("VersionConflict", 2)


async def test_moves_at_the_same_time_leave_an_order(practice: Practice) -> None:
    member = await practice.member()
    goal = await goal_of(practice, member)
    made = [await milestone_of(practice, member, goal, title=title) for title in "abcd"]

    await asyncio.gather(*(changed(practice, member, each, position=5 - each["position"]) for each in made))

    assert sorted(await in_order(practice, member, goal)) == ["a", "b", "c", "d"]


async def test_a_goal_has_at_most_20_milestones_also_when_they_come_at_once(practice: Practice) -> None:
    member = await practice.member()
    goal = await goal_of(practice, member)
    for _ in range(18):
        await milestone_of(practice, member, goal)

    given = {"goalId": goal["id"], "title": "One more"}
    answers = await asyncio.gather(*(practice.ask(ADD_MILESTONE, member, input=given) for _ in range(5)))

    assert Counter(answer["__typename"] for answer in answers) == {"Milestone": 2, "TooManyMilestones": 3}
    first = await practice.ask(ADD_MILESTONE, member, input=given | {"position": 21})
    assert (first["__typename"], first["field"]) == ("InvalidInput", "position")


async def test_one_without_a_value_is_reached_by_hand_once_and_reopened_on_its_day(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    goal = await goal_of(practice, member)
    milestone = await milestone_of(practice, member, goal)
    given = {"id": milestone["id"]}

    answers = await asyncio.gather(*(practice.ask(REACH_MILESTONE, who, input=given) for who in (member, coach) * 3))
    assert {answer["reachedAt"] for answer in answers} == {"2026-03-02T08:00:00Z"}
    assert [type(each) for each in await practice.told()].count(MilestoneReached) == 1
    async with nothing_written(practice):
        for answer in (
            await changed(practice, member, milestone, title="Other"),
            await practice.ask(REMOVE_MILESTONE, member, input=given),
        ):
            assert answer["__typename"] == "MilestoneIsReached"

    practice.clock.move(hours=15, minutes=59)
    assert (await practice.ask(REOPEN_MILESTONE, coach, input=given))["reachedAt"] is None
    assert (await practice.ask(REACH_MILESTONE, member, input=given))["reachedAt"] == "2026-03-02T23:59:00Z"
    practice.clock.move(minutes=1)
    async with nothing_written(practice):
        assert (await practice.ask(REOPEN_MILESTONE, member, input=given))["__typename"] == "TooLateToUndo"
    assert (await changed(practice, member, milestone, position=1))["__typename"] == "Milestone"


async def test_one_with_a_value_is_reached_and_reopened_by_values_alone(practice: Practice) -> None:
    member = await practice.member()
    goal = await goal_of(practice, member)
    milestone = await milestone_of(practice, member, goal, targetValue="5")
    given = {"id": milestone["id"]}

    async with nothing_written(practice):
        answer = await practice.ask(REACH_MILESTONE, member, input=given)
    assert (answer["__typename"], answer["field"]) == ("InvalidInput", "id")
    await recorded(practice, member, goal, "6")
    async with nothing_written(practice):
        answer = await practice.ask(REOPEN_MILESTONE, member, input=given)
        assert (answer["__typename"], answer["field"]) == ("InvalidInput", "id")
        for value in ("0", "-1", "11", "6", "5.5"):
            given = {"goalId": goal["id"], "title": "Off the way", "targetValue": value}
            answer = await practice.ask(ADD_MILESTONE, member, input=given)
            assert (answer["__typename"], answer["field"]) == ("InvalidInput", "targetValue"), value
        given = {"goalId": goal["id"], "title": "Too late", "targetDate": "2026-03-01"}
        assert (await practice.ask(ADD_MILESTONE, member, input=given))["field"] == "targetDate"
    assert (await milestone_of(practice, member, goal, targetValue="10"))["targetValue"] == "10"


async def test_a_goal_that_is_over_keeps_its_milestones_as_they_are(practice: Practice) -> None:
    member = await practice.member()
    goal = await goal_of(practice, member)
    milestone = await milestone_of(practice, member, goal)
    await recorded(practice, member, goal, "10")

    async with nothing_written(practice):
        for answer in (
            await changed(practice, member, milestone, title="Other"),
            await practice.ask(REACH_MILESTONE, member, input={"id": milestone["id"]}),
            await practice.ask(REMOVE_MILESTONE, member, input={"id": milestone["id"]}),
        ):
            assert (answer["__typename"], answer["status"]) == ("GoalIsOver", "REACHED")


async def test_milestones_of_others_are_forbidden(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    milestone = await milestone_of(practice, member, await goal_of(practice, member))
    for who in (await practice.coach(), await practice.member(coach)):
        async with nothing_written(practice):
            for mutation, more in (
                (UPDATE_MILESTONE, {"expectedVersion": 1, "title": "Other"}),
                (REACH_MILESTONE, {}),
                (REOPEN_MILESTONE, {}),
                (REMOVE_MILESTONE, {}),
            ):
                refused = await practice.refusal(mutation, who, input={"id": milestone["id"], **more})
                assert refused["code"] == "FORBIDDEN"


async def test_a_retry_adds_no_second_milestone(practice: Practice) -> None:
    member = await practice.member()
    goal = await goal_of(practice, member)

    first, second = [await milestone_of(practice, member, goal, idempotencyKey="k") for _ in range(2)]

    assert first == second
    assert await practice.count("milestones") == 1
