"""Goals are set by members and coaches alike, specific and measured; neither overwrites what the other has changed."""

import asyncio
from collections import Counter
from typing import Any

from app.events import GoalAdded
from tests.goals import (
    ABANDON_GOAL,
    ADD_GOAL,
    ADD_MILESTONE,
    GOALS,
    ONE_GOAL,
    RECORD,
    TALKS,
    UPDATE_GOAL,
    goal_now,
    goal_of,
    milestone_of,
    recorded,
)
from tests.operations import nodes, nothing_written, transferred
from tests.practice import Practice
from tests.statements import cost_alike, cost_of_page


async def test_a_goal_is_specific_measured_achievable_relevant_and_due(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    given = {
        **TALKS,
        "specific": "Say what I think in front of others.",
        "unit": "talks",
        "achievable": "The club has an open evening each week.",
        "relevant": "I want to lead.",
        "dimension": "Q",
    }

    goal = await practice.ask(ADD_GOAL, coach, input=given | {"memberId": member.id})

    assert {name: goal[name] for name in given} == given
    assert (goal["current"], goal["progress"], goal["status"], goal["version"]) == ("0", "0.0", "ACTIVE", 1)
    assert (goal["member"], goal["milestones"], goal["endedAt"]) == ({"id": member.id}, [], None)
    assert await goal_now(practice, member, goal) == goal_without_kind(goal)
    assert [type(each) for each in await practice.told()] == [GoalAdded]


def goal_without_kind(goal: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in goal.items() if name != "__typename"}


async def test_member_and_coach_both_set_change_and_list_them_the_newest_first(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    for who, title in ((member, "First"), (coach, "Second"), (await practice.admin(), "Third")):
        practice.clock.move(minutes=1)
        await goal_of(practice, who, title=title, memberId=member.id)

    for who, wanted in ((member, {}), (coach, {}), (coach, {"memberId": member.id})):
        listed = await nodes(practice, GOALS, who, filter=wanted)
        assert [goal["title"] for goal in listed] == ["Third", "Second", "First"]
    for who in (member, coach):
        goal = (await nodes(practice, GOALS, who))[-1]
        given = {"id": goal["id"], "expectedVersion": goal["version"], "relevant": "It matters", "dimension": "PSI"}
        changed = await practice.ask(UPDATE_GOAL, who, input=given)
        assert (changed["version"], changed["relevant"], changed["title"]) == (
            goal["version"] + 1,
            "It matters",
            "First",
        )
    (about,) = await nodes(practice, GOALS, member, filter={"dimension": "PSI", "status": "ACTIVE"})
    assert about["title"] == "First"
    page = await practice.ask(GOALS, member, first=2)
    (last,) = await nodes(practice, GOALS, member, first=2, after=page["pageInfo"]["endCursor"])
    assert last["title"] == "First"


async def test_who_has_not_seen_the_newest_version_changes_nothing(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    goal = await goal_of(practice, member)

    def change(who: Any, title: str) -> Any:
        return practice.ask(UPDATE_GOAL, who, input={"id": goal["id"], "expectedVersion": 1, "title": title})

    answers = await asyncio.gather(*(change(who, f"Words {n}") for n, who in enumerate((coach, member) * 3)))

    assert Counter(answer["__typename"] for answer in answers) == {"Goal": 1, "VersionConflict": 5}
    assert {answer["currentVersion"] for answer in answers if "currentVersion" in answer} == {2}
    assert (await goal_now(practice, member, goal))["version"] == 2
    refused = await practice.ask(ABANDON_GOAL, coach, input={"id": goal["id"], "expectedVersion": 1})
    assert refused["__typename"] == "VersionConflict"


async def test_values_do_not_get_in_the_way_of_who_edits(practice: Practice) -> None:
    member = await practice.member()
    goal = await goal_of(practice, member)
    await recorded(practice, member, goal, "2")

    changed = await practice.ask(UPDATE_GOAL, member, input={"id": goal["id"], "expectedVersion": 1, "unit": "talks"})

    assert (changed["__typename"], changed["unit"], changed["progress"]) == ("Goal", "talks", "20.0")


WRONG = [
    ({"target": "0"}, "target"),
    ({"target": "0.00"}, "target"),
    ({"targetDate": "2026-03-01"}, "targetDate"),
    ({"title": " "}, "title"),
    ({"measure": ""}, "measure"),
    ({"baseline": "1.23456"}, "baseline"),
    ({"target": "10000000000"}, "target"),
    ({"memberId": "nobody"}, "memberId"),
]


async def test_a_goal_that_makes_no_sense_is_refused(practice: Practice) -> None:
    coach, member = await practice.coach(), await practice.member()

    async with nothing_written(practice):
        for changes, field in WRONG:
            answer = await practice.ask(ADD_GOAL, member, input=TALKS | changes)
            assert (answer["__typename"], answer["field"]) == ("InvalidInput", field), changes
        assert (await practice.ask(ADD_GOAL, coach, input=TALKS))["field"] == "memberId", "a coach says whose"


async def test_another_baseline_or_target_moves_progress_and_reaches_nothing_by_itself(practice: Practice) -> None:
    member = await practice.member()
    goal = await goal_of(practice, member, baseline="90", target="80")

    async def changed(**changes: Any) -> tuple[Any, ...]:
        version = (await goal_now(practice, member, goal))["version"]
        given = {"id": goal["id"], "expectedVersion": version, **changes}
        answer = await practice.ask(UPDATE_GOAL, member, input=given)
        shown = ("current", "progress") if answer["__typename"] == "Goal" else ("__typename", "field")
        return tuple(answer[name] for name in shown)

    assert await changed(baseline="100") == ("100", "0.0"), "nothing was measured yet"
    await recorded(practice, member, goal, "90")
    assert await changed(target="60") == ("90", "25.0")
    assert await changed(baseline="110") == ("90", "40.0")
    assert await changed(target="90") == ("InvalidInput", "target")
    assert await changed(target="110") == ("InvalidInput", "target")
    assert await changed(baseline="50") == ("InvalidInput", "baseline"), "from there, 90 is beyond 60"
    await milestone_of(practice, member, goal, targetValue="65")
    assert await changed(target="70") == ("InvalidInput", "target"), "the milestone would lie behind it"
    assert await changed(target="65") == ("90", "44.4")


async def test_what_is_given_up_stays_so(practice: Practice) -> None:
    member = await practice.member()
    goal = await goal_of(practice, member)
    given = {"id": goal["id"], "expectedVersion": 1}

    over = await practice.ask(ABANDON_GOAL, member, input=given)
    assert (over["status"], over["endedAt"]) == ("ABANDONED", "2026-03-02T08:00:00Z")
    async with nothing_written(practice):
        assert (await practice.ask(ABANDON_GOAL, member, input=given))["version"] == 2
        for mutation, more in (
            (UPDATE_GOAL, {"id": goal["id"], "expectedVersion": 2, "title": "Other"}),
            (RECORD, {"goalId": goal["id"], "value": "1"}),
            (ADD_MILESTONE, {"goalId": goal["id"], "title": "A step"}),
        ):
            answer = await practice.ask(mutation, member, input=more)
            assert (answer["__typename"], answer["status"]) == ("GoalIsOver", "ABANDONED")


async def test_a_retry_finds_the_goal_that_the_first_try_made(practice: Practice) -> None:
    member = await practice.member()
    given = TALKS | {"idempotencyKey": "k"}

    answers = await asyncio.gather(*(practice.ask(ADD_GOAL, member, input=given) for _ in range(6)))

    assert len({answer["id"] for answer in answers}) == await practice.count("goals") == 1
    other = await practice.ask(ADD_GOAL, member, input=given | {"title": "Other"})
    assert other["__typename"] == "IdempotencyKeyReused"


async def test_a_member_has_at_most_50_goals_at_a_time_whoever_sets_them(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    goal = await goal_of(practice, member)
    await practice.rows(
        "INSERT INTO goals SELECT (jsonb_populate_record(g, jsonb_build_object('id', gen_random_uuid()))).*"
        " FROM goals g, generate_series(1, 48) RETURNING id"
    )

    given = TALKS | {"memberId": member.id}
    answers = await asyncio.gather(*(practice.ask(ADD_GOAL, who, input=given) for who in (coach, member) * 2))

    assert Counter(answer["__typename"] for answer in answers) == {"Goal": 1, "TooManyGoals": 3}
    await practice.ask(ABANDON_GOAL, member, input={"id": goal["id"], "expectedVersion": 1})
    await goal_of(practice, member)


async def test_goals_of_others_are_forbidden_as_those_that_are_not_there(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member, stranger = await practice.member(coach), await practice.member(other)
    goal = await goal_of(practice, member)
    for who in (other, stranger):
        async with nothing_written(practice):
            for query, variables in (
                (ONE_GOAL, {"id": goal["id"]}),
                (GOALS, {"filter": {"memberId": member.id}}),
                (GOALS, {"filter": {"coachId": coach.id}}),
                (ADD_GOAL, {"input": TALKS | {"memberId": member.id}}),
                (UPDATE_GOAL, {"input": {"id": goal["id"], "expectedVersion": 1, "title": "Other"}}),
                (ABANDON_GOAL, {"input": {"id": goal["id"], "expectedVersion": 1}}),
                (RECORD, {"input": {"goalId": goal["id"], "value": "1"}}),
                (ADD_MILESTONE, {"input": {"goalId": goal["id"], "title": "A step"}}),
            ):
                assert (await practice.refusal(query, who, **variables))["code"] == "FORBIDDEN", query


async def test_after_a_transfer_the_new_coach_has_the_goals_and_the_old_one_nothing(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    goal = await goal_of(practice, old, memberId=member.id)
    await recorded(practice, old, goal, "3")
    await milestone_of(practice, old, goal)

    await transferred(practice, member, new)

    assert await nodes(practice, GOALS, old) == []
    assert (await practice.refusal(ONE_GOAL, old, id=goal["id"]))["code"] == "FORBIDDEN"
    (seen,) = await nodes(practice, GOALS, new)
    assert (seen["current"], len(seen["milestones"])) == ("3", 1)
    assert (await recorded(practice, new, goal, "4"))["goal"]["progress"] == "40.0"


async def test_a_long_page_with_milestones_takes_as_many_statements_as_a_short_one(practice: Practice) -> None:
    member = await practice.member()
    for _ in range(4):
        await milestone_of(practice, member, await goal_of(practice, member))

    (one, few), (four, many) = [await cost_of_page(practice, GOALS, member, first) for first in (1, 4)]

    assert (one, four) == (1, 4)
    assert cost_alike(few, many)
