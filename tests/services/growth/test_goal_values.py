"""Values say how far a goal is; the target ends it once, and what a value has reached can be taken back on its day."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from app.events import GoalAdded, GoalReached, MilestoneReached
from tests.goals import (
    GOAL_UPDATES,
    RECORD,
    WITHDRAW,
    goal_now,
    goal_of,
    milestone_of,
    recorded,
)
from tests.operations import nodes, nothing_written
from tests.practice import Person, Practice


async def events(practice: Practice, *kinds: type) -> list[str]:
    return [type(each).__name__ for each in await practice.told() if isinstance(each, kinds)]


async def reached(practice: Practice, who: Person, goal: dict[str, Any]) -> list[str]:
    """The titles of the milestones that are reached, in their order."""
    milestones = (await goal_now(practice, who, goal))["milestones"]
    return [each["title"] for each in milestones if each["reachedAt"] is not None]


async def test_the_newest_value_says_how_far_it_is_whoever_recorded_it_and_all_stay_in_the_history(
    practice: Practice,
) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    goal = await goal_of(practice, member, baseline="90", target="80")

    for who, value, progress in ((member, "88", "20.0"), (coach, "95", "0.0"), (member, "86.25", "37.5")):
        practice.clock.move(days=1)
        answer = await recorded(practice, who, goal, value)
        assert (answer["value"], answer["goal"]["current"], answer["goal"]["progress"]) == (value, value, progress)

    newest = await practice.ask(GOAL_UPDATES, coach, goalId=goal["id"], first=2)
    (oldest,) = await nodes(
        practice, GOAL_UPDATES, coach, goalId=goal["id"], first=2, after=newest["pageInfo"]["endCursor"]
    )
    shown = [*(edge["node"] for edge in newest["edges"]), oldest]
    assert [(each["number"], each["value"]) for each in shown] == [(3, "86.25"), (2, "95"), (1, "88")]
    assert oldest["recordedAt"] == "2026-03-03T08:00:00Z"
    for who in (await practice.coach(), await practice.member()):
        assert (await practice.refusal(GOAL_UPDATES, who, goalId=goal["id"]))["code"] == "FORBIDDEN"


async def test_the_target_is_reached_once_however_many_record_it_at_the_same_time(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    goal = await goal_of(practice, member)
    await milestone_of(practice, member, goal, targetValue="5")

    answers = await asyncio.gather(*(recorded(practice, who, goal, "10") for who in (member, coach) * 4))

    assert Counter(answer["__typename"] for answer in answers) == {"GoalUpdate": 1, "GoalIsOver": 7}
    now = await goal_now(practice, member, goal)
    assert (now["status"], now["progress"], now["endedAt"]) == ("REACHED", "100.0", "2026-03-02T08:00:00Z")
    assert await events(practice, GoalReached, MilestoneReached) == ["MilestoneReached", "GoalReached"]
    assert await practice.count("goal_updates") == 1


async def test_values_at_the_same_time_are_all_kept_and_one_of_them_is_the_newest(practice: Practice) -> None:
    member = await practice.member()
    goal = await goal_of(practice, member)

    await asyncio.gather(*(recorded(practice, member, goal, str(value)) for value in range(1, 7)))

    history = await nodes(practice, GOAL_UPDATES, member, goalId=goal["id"])
    assert sorted(each["value"] for each in history) == ["1", "2", "3", "4", "5", "6"]
    assert [each["number"] for each in history] == [6, 5, 4, 3, 2, 1]
    assert (await goal_now(practice, member, goal))["current"] == history[0]["value"]


async def test_a_retry_records_nothing_more(practice: Practice) -> None:
    member = await practice.member()
    goal = await goal_of(practice, member)

    answers = [await recorded(practice, member, goal, "10", idempotencyKey="k") for _ in range(2)]

    assert answers[0] == answers[1], "the goal is over by then, and was reached by this very value"
    assert await practice.count("goal_updates") == 1
    other = await recorded(practice, member, goal, "9", idempotencyKey="k")
    assert other["__typename"] == "IdempotencyKeyReused"


async def test_a_value_reaches_the_milestones_behind_it_once_also_when_it_falls_back(practice: Practice) -> None:
    member = await practice.member()
    goal = await goal_of(practice, member, baseline="90", target="80")
    for value in ("88", "85", "80"):
        await milestone_of(practice, member, goal, title=value, targetValue=value)
    await milestone_of(practice, member, goal, title="By hand")

    for value in ("84.5", "89", "84"):
        await recorded(practice, member, goal, value)
        assert await reached(practice, member, goal) == ["88", "85"]
    await recorded(practice, member, goal, "79")

    assert await reached(practice, member, goal) == ["88", "85", "80"]
    assert await events(practice, MilestoneReached) == ["MilestoneReached"] * 3


async def test_the_newest_value_is_taken_back_on_its_day_with_all_that_it_has_reached(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    goal = await goal_of(practice, member)
    for value in ("2", "8"):
        await milestone_of(practice, member, goal, title=value, targetValue=value)
    first = await recorded(practice, member, goal, "2.5")
    slip = await recorded(practice, member, goal, "25")
    assert slip["goal"]["status"] == "REACHED"

    async with nothing_written(practice):
        assert (await practice.refusal(WITHDRAW, coach, input={"id": slip["id"]}))["code"] == "FORBIDDEN"
        older = await practice.ask(WITHDRAW, member, input={"id": first["id"]})
        assert (older["__typename"], older["field"]) == ("InvalidInput", "id")
    answers = await asyncio.gather(*(practice.ask(WITHDRAW, member, input={"id": slip["id"]}) for _ in range(4)))

    for answer in answers:
        assert answer["withdrawnAt"] == "2026-03-02T08:00:00Z"
        now = answer["goal"]
        assert (now["status"], now["endedAt"], now["current"], now["progress"]) == ("ACTIVE", None, "2.5", "25.0")
    assert await reached(practice, member, goal) == ["2"]
    history = await nodes(practice, GOAL_UPDATES, member, goalId=goal["id"])
    assert [(each["value"], each["withdrawnAt"] is None) for each in history] == [("25", False), ("2.5", True)]
    back = await practice.ask(WITHDRAW, await practice.admin(), input={"id": first["id"]})
    assert (back["goal"]["current"], back["goal"]["progress"]) == ("0", "0.0")
    again = await recorded(practice, member, goal, "10")
    assert (again["number"], again["goal"]["status"]) == (3, "REACHED")
    assert await events(practice, GoalAdded, GoalReached) == ["GoalAdded", "GoalReached", "GoalReached"]


async def test_the_day_on_which_something_can_be_taken_back_is_the_members_own(practice: Practice) -> None:
    member = await practice.member()
    await practice.rows(
        "UPDATE users SET time_zone = 'Pacific/Auckland' WHERE id = :id RETURNING id", id=member.user.id
    )
    # In Auckland clocks go back on 5 April 2026, at three in the morning: a day of 25 hours begins at 11:00 UTC.
    practice.clock.now = datetime(2026, 4, 4, 11, 30, tzinfo=UTC)
    goal = await goal_of(practice, member)
    slip = await recorded(practice, member, goal, "10")
    in_time = await recorded(practice, member, await goal_of(practice, member), "1")

    practice.clock.now = datetime(2026, 4, 5, 11, 59, tzinfo=UTC)
    taken = await practice.ask(WITHDRAW, member, input={"id": in_time["id"]})
    assert taken["__typename"] == "GoalUpdate"
    practice.clock.now = datetime(2026, 4, 5, 12, 0, tzinfo=UTC)
    async with nothing_written(practice):
        late = await practice.ask(WITHDRAW, member, input={"id": slip["id"]})
    assert late["__typename"] == "TooLateToUndo"


async def test_a_value_that_is_none_is_refused(practice: Practice) -> None:
    member = await practice.member()
    goal = await goal_of(practice, member)

    async with nothing_written(practice):
        for value in ("0.00001", "12345678901", "-12345678901"):
            answer = await recorded(practice, member, goal, value)
            assert (answer["__typename"], answer["field"]) == ("InvalidInput", "value")
        assert (await practice.execute(RECORD, member, input={"goalId": goal["id"], "value": "much"}))["errors"]
    assert (await recorded(practice, member, goal, "-0.0000"))["value"] == "0"
