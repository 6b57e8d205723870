"""The rows of the access table about goals."""

from typing import Any

from tests.goals import TALKS, goal_of, milestone_of, recorded
from tests.house.rows import LOGIN, STAFF, Row, given, inputs, its

READS, WRITES = ("growth:read",), ("growth:write",)


async def spare_goal(world: Any) -> str:
    return str((await goal_of(world.practice, world.member))["id"])


async def spare_milestone(world: Any) -> str:
    goal = await goal_of(world.practice, world.member)
    return str((await milestone_of(world.practice, world.member, goal))["id"])


async def spare_value(world: Any) -> str:
    """Whoever recorded it takes it back, or an admin."""
    goal = await goal_of(world.practice, world.member)
    return str((await recorded(world.practice, world.coach, goal, "1"))["id"])


NODES = dict.fromkeys(("Goal", "GoalUpdate", "Milestone"), LOGIN)
ROWS = {
    "Query.goals": Row(LOGIN, given(filter=lambda world: {"memberId": world.ids["Member"]}), READS),
    "Query.goalUpdates": Row(LOGIN, given(goalId=its("Goal")), READS),
    "Query.goalOutcomes": Row(LOGIN, given(memberId=its("Member")), READS),
    "Mutation.addGoal": Row(LOGIN, inputs(**TALKS, memberId=its("Member")), WRITES),
    "Mutation.updateGoal": Row(LOGIN, inputs(id=spare_goal, expectedVersion=1, title="Other"), WRITES),
    "Mutation.abandonGoal": Row(LOGIN, inputs(id=spare_goal, expectedVersion=1), WRITES),
    "Mutation.recordGoalProgress": Row(LOGIN, inputs(goalId=its("Goal"), value="1"), WRITES),
    "Mutation.withdrawGoalUpdate": Row(LOGIN, inputs(id=spare_value), WRITES, only=STAFF),
    "Mutation.addMilestone": Row(LOGIN, inputs(goalId=spare_goal, title="A step"), WRITES),
    "Mutation.updateMilestone": Row(LOGIN, inputs(id=spare_milestone, expectedVersion=1, title="Other"), WRITES),
    "Mutation.removeMilestone": Row(LOGIN, inputs(id=spare_milestone), WRITES),
    "Mutation.reachMilestone": Row(LOGIN, inputs(id=spare_milestone), WRITES),
    "Mutation.reopenMilestone": Row(LOGIN, inputs(id=spare_milestone), WRITES),
}
