"""The mutations of goals."""

from typing import Any

from tests.api.mutation import Mutation, naming
from tests.goals import TALKS

NO_VALUES: list[Any] = [
    *("", " ", "much", "1e5", "NaN", "Infinity", "1,5", "0x10", "12345678901", "-12345678901", "0.00001", "1\0"),
    *(1.5, True, [], ["1"], {}, 10**30),
]
TEXTS = {"title": 200, "specific": 2_000, "measure": 200, "unit": 40, "achievable": 2_000, "relevant": 2_000}

MUTATIONS = {
    "addGoal": Mutation(
        "coach",
        lambda world: TALKS | {"memberId": world.ids["Member"]},
        ids={"memberId": "Member"},
        days=("targetDate",),
        texts=TEXTS | {"idempotencyKey": 200},
        choices=("dimension",),
        wrong={"baseline": NO_VALUES, "target": NO_VALUES},
        required=("title", "measure", "baseline", "target", "targetDate"),
    ),
    "updateGoal": Mutation(
        "member",
        lambda world: {"id": world.ids["Goal"], "expectedVersion": 1, "title": "Other"},
        ids={"id": "Goal"},
        days=("targetDate",),
        texts=TEXTS,
        versions=("expectedVersion",),
        choices=("dimension",),
        wrong={"baseline": NO_VALUES, "target": NO_VALUES},
        required=("id", "expectedVersion"),
        never_null=("title", "measure", "baseline", "target", "targetDate"),
    ),
    "addMilestone": Mutation(
        "member",
        lambda world: {"goalId": world.ids["Goal"], "title": "A step"},
        ids={"goalId": "Goal"},
        days=("targetDate",),
        texts={"title": 200, "idempotencyKey": 200},
        ints={"position": (1, 20)},
        wrong={"targetValue": [*NO_VALUES, "0", "10.5"]},
        required=("goalId", "title"),
    ),
    "updateMilestone": Mutation(
        "coach",
        lambda world: {"id": world.ids["Milestone"], "expectedVersion": 1, "title": "Other"},
        ids={"id": "Milestone"},
        days=("targetDate",),
        texts={"title": 200},
        ints={"position": (1, 20)},
        versions=("expectedVersion",),
        wrong={"targetValue": [*NO_VALUES, "0", "10.5"]},
        required=("id", "expectedVersion"),
        never_null=("title", "position"),
    ),
    "reachMilestone": naming("member", "id", "Milestone"),
    "reopenMilestone": naming("coach", "id", "Milestone"),
    "removeMilestone": naming("coach", "id", "Milestone"),
    "withdrawGoalUpdate": naming("coach", "id", "GoalUpdate"),
    "recordGoalProgress": Mutation(
        "member",
        lambda world: {"goalId": world.ids["Goal"], "value": "2"},
        ids={"goalId": "Goal"},
        texts={"idempotencyKey": 200},
        wrong={"value": NO_VALUES},
        required=("goalId", "value"),
    ),
    "abandonGoal": Mutation(
        "admin",
        lambda world: {"id": world.foreign["Goal"], "expectedVersion": 1},
        ids={"id": "Goal"},
        versions=("expectedVersion",),
        required=("id", "expectedVersion"),
    ),
}
