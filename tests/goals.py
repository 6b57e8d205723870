"""Goals in tests: the operations, and goals made quickly."""

from typing import Any

from tests.operations import PROBLEM
from tests.practice import Person, Practice

MILESTONE = "id title targetValue targetDate position reachedAt version"
GOAL = (
    "id title specific measure unit baseline target current progress achievable relevant targetDate dimension status"
    f" endedAt version createdAt updatedAt member {{ id }} milestones {{ {MILESTONE} }}"
)
UPDATE = f"id number value recordedAt withdrawnAt goal {{ {GOAL} }}"
SHOWN = {"Goal": GOAL, "GoalUpdate": UPDATE, "Milestone": f"{MILESTONE} goal {{ id }}", "Removed": "id"}


def _mutation(name: str, answer: str, *more: str) -> str:
    kind = name[0].upper() + name[1:]
    rest = " ".join((PROBLEM, "... on InvalidInput { field }", *more))
    return (
        f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ __typename"
        f" ... on {answer} {{ {SHOWN[answer]} }} {rest} }} }}"
    )


CONFLICT, OVER = "... on VersionConflict { currentVersion }", "... on GoalIsOver { status }"
ADD_GOAL = _mutation("addGoal", "Goal")
UPDATE_GOAL = _mutation("updateGoal", "Goal", CONFLICT, OVER)
ABANDON_GOAL = _mutation("abandonGoal", "Goal", CONFLICT, OVER)
RECORD = _mutation("recordGoalProgress", "GoalUpdate", OVER)
WITHDRAW = _mutation("withdrawGoalUpdate", "GoalUpdate", OVER)
ADD_MILESTONE = _mutation("addMilestone", "Milestone", OVER)
UPDATE_MILESTONE = _mutation("updateMilestone", "Milestone", CONFLICT, OVER)
REMOVE_MILESTONE = _mutation("removeMilestone", "Removed", OVER)
REACH_MILESTONE = _mutation("reachMilestone", "Milestone", OVER)
REOPEN_MILESTONE = _mutation("reopenMilestone", "Milestone", OVER)
GOALS = (
    "query ($filter: GoalFilter, $first: Int, $after: String) { goals(filter: $filter, first: $first, after: $after) {"
    f" edges {{ cursor node {{ {GOAL} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)
GOAL_UPDATES = (
    "query ($goalId: ID!, $first: Int, $after: String) { goalUpdates(goalId: $goalId, first: $first, after: $after) {"
    " edges { cursor node { id number value recordedAt withdrawnAt } } pageInfo { hasNextPage endCursor } } }"
)
OUTCOMES = (
    "query ($memberId: ID, $coachId: ID) { goalOutcomes(memberId: $memberId, coachId: $coachId) { active reached"
    " reachedInTime abandoned overdue reachedPercent meanProgress } }"
)
ONE_GOAL = f"query ($id: ID!) {{ node(id: $id) {{ ... on Goal {{ {GOAL} }} }} }}"

TALKS = {"title": "Speak up", "measure": "Talks held", "baseline": "0", "target": "10", "targetDate": "2026-06-30"}


async def goal_of(practice: Practice, who: Person, **changes: Any) -> dict[str, Any]:
    """A goal that was added: ten talks by the end of June, unless changed."""
    goal: dict[str, Any] = await practice.ask(ADD_GOAL, who, input=TALKS | changes)
    assert goal["__typename"] == "Goal", goal
    return goal


async def milestone_of(practice: Practice, who: Person, goal: dict[str, Any], **changes: Any) -> dict[str, Any]:
    given = {"goalId": goal["id"], "title": "A step", **changes}
    milestone: dict[str, Any] = await practice.ask(ADD_MILESTONE, who, input=given)
    assert milestone["__typename"] == "Milestone", milestone
    return milestone


async def recorded(practice: Practice, who: Person, goal: dict[str, Any], value: object, **more: Any) -> dict[str, Any]:
    """Whatever the recording answers."""
    given = {"goalId": goal["id"], "value": value, **more}
    answer: dict[str, Any] = await practice.ask(RECORD, who, input=given)
    return answer


async def goal_now(practice: Practice, who: Person, goal: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await practice.ask(ONE_GOAL, who, id=goal["id"])
    return found


async def goals_made_in(practice: Practice, who: Person, member: Person, **changes: Any) -> dict[str, str]:
    """Ids by type, of a goal with a milestone and a value that somebody has recorded."""
    goal = await goal_of(practice, who, memberId=member.id, **changes)
    milestone = await milestone_of(practice, who, goal, title=goal["title"])
    update = await recorded(practice, who, goal, "1")
    return {"Goal": goal["id"], "GoalUpdate": update["id"], "Milestone": milestone["id"]}


async def lived_for_a_goal(practice: Practice, coach: Person, member: Person, words: str) -> None:
    """All that is told of a goal: it was set, a milestone and then the goal itself was reached."""
    goal = await goal_of(practice, coach, memberId=member.id, **dict.fromkeys(("title", "specific", "measure"), words))
    await milestone_of(practice, member, goal, title=words, targetValue="5")
    await recorded(practice, member, goal, "10")
