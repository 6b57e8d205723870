"""The mutations of interventions and action items, with the kind of each of their fields."""

from tests.api.mutation import Mutation, naming
from tests.interventions import an_intervention

_LISTS = {"steps": (20, 500), "successMeasures": (20, 500), "resources": (20, 500)}
_CHOICES = ("dimension", "element", "difficulty")
_REQUIRED = ("name", "dimension", "difficulty", "timeMinutes", "description", "steps")

MUTATIONS = {
    "addIntervention": Mutation(
        "coach",
        lambda world: an_intervention(),
        texts={"name": 120, "description": 2_000, "code": 64},
        lists=_LISTS,
        ints={"timeMinutes": (1, 600)},
        choices=_CHOICES,
        required=_REQUIRED,
        never_null=("successMeasures", "resources"),
    ),
    "updateIntervention": Mutation(
        "coach",
        lambda world: {"id": world.ids["Intervention"], "timeMinutes": 20},
        ids={"id": "Intervention"},
        texts={"name": 120, "description": 2_000},
        lists=_LISTS,
        ints={"timeMinutes": (1, 600)},
        choices=_CHOICES,
        flags=("isActive",),
        required=("id",),
        never_null=(*_REQUIRED, "successMeasures", "resources", "isActive"),
    ),
    "assignIntervention": Mutation(
        "coach",
        lambda world: {"memberId": world.ids["Member"], "interventionId": world.ids["Intervention"]},
        ids={"memberId": "Member", "interventionId": "Intervention"},
        days=("dueDate",),
        texts={"idempotencyKey": 200},
        required=("memberId", "interventionId"),
    ),
    "updateInterventionProgress": Mutation(
        "member",
        lambda world: {"id": world.ids["MemberIntervention"], "status": "COMPLETED"},
        ids={"id": "MemberIntervention"},
        ints={"progressPercent": (0, 100)},
        choices=("status",),
        required=("id",),
        never_null=("status", "progressPercent"),
    ),
    "rateIntervention": Mutation(
        "member",
        lambda world: {"id": world.ids["MemberIntervention"], "rating": 4},
        ids={"id": "MemberIntervention"},
        texts={"feedback": 5_000},
        ints={"rating": (1, 5)},
        required=("id", "rating"),
    ),
    "writeInterventionNote": Mutation(
        "coach",
        lambda world: {"id": world.ids["MemberIntervention"], "text": "Words"},
        ids={"id": "MemberIntervention"},
        texts={"text": 5_000},
        required=("id",),
    ),
    "addActionItem": Mutation(
        "coach",
        lambda world: {"memberId": world.ids["Member"], "title": "Words"},
        ids={"memberId": "Member", "sessionId": "Session", "memberInterventionId": "MemberIntervention"},
        days=("dueDate",),
        texts={"title": 200, "description": 2_000, "idempotencyKey": 200},
        required=("title",),
    ),
    "updateActionItem": Mutation(
        "coach",
        lambda world: {"id": world.ids["ActionItem"], "expectedVersion": 1, "title": "Words"},
        ids={"id": "ActionItem"},
        days=("dueDate",),
        texts={"title": 200, "description": 2_000},
        versions=("expectedVersion",),
        flags=("isStarted",),
        required=("id", "expectedVersion"),
        never_null=("title", "isStarted"),
    ),
    "completeActionItem": naming("coach", "id", "ActionItem"),
    "reopenActionItem": naming("coach", "id", "ActionItem"),
    "removeActionItem": naming("coach", "id", "ActionItem"),
}
