"""The rows of the access table about interventions and action items."""

from typing import Any

from tests.house.rows import LOGIN, MEMBERS, STAFF, Row, given, inputs, its
from tests.interventions import an_intervention, item


async def spare_item(world: Any) -> str:
    return str((await item(world.practice, world.coach, world.member))["id"])


NODES = dict.fromkeys(("ActionItem", "Intervention", "MemberIntervention"), LOGIN)
ROWS = {
    "Query.interventions": Row(LOGIN, given(), ("growth:read",)),
    "Query.memberInterventions": Row(LOGIN, given(memberId=its("Member")), ("growth:read",)),
    "Query.actionItems": Row(LOGIN, given(filter=lambda world: {"memberId": world.ids["Member"]}), ("growth:read",)),
    "Mutation.addIntervention": Row(LOGIN, inputs(**an_intervention()), ("interventions:manage",), STAFF),
    "Mutation.updateIntervention": Row(
        LOGIN, inputs(id=its("Intervention"), timeMinutes=20), ("interventions:manage",), STAFF
    ),
    "Mutation.assignIntervention": Row(
        LOGIN, inputs(memberId=its("Member"), interventionId=its("Intervention")), ("growth:write",), only=STAFF
    ),
    "Mutation.updateInterventionProgress": Row(
        LOGIN, inputs(id=its("MemberIntervention"), progressPercent=10), ("growth:write",)
    ),
    "Mutation.rateIntervention": Row(
        LOGIN, inputs(id=its("MemberIntervention"), rating=4), ("growth:write",), only=MEMBERS
    ),
    "Mutation.writeInterventionNote": Row(
        LOGIN, inputs(id=its("MemberIntervention"), text="Words"), ("growth:write",), only=STAFF
    ),
    "Mutation.addActionItem": Row(LOGIN, inputs(memberId=its("Member"), title="New"), ("growth:write",)),
    "Mutation.updateActionItem": Row(
        LOGIN, inputs(id=its("ActionItem"), expectedVersion=1, isStarted=True), ("growth:write",)
    ),
    "Mutation.completeActionItem": Row(LOGIN, inputs(id=its("ActionItem")), ("growth:write",)),
    "Mutation.reopenActionItem": Row(LOGIN, inputs(id=its("ActionItem")), ("growth:write",)),
    "Mutation.removeActionItem": Row(LOGIN, inputs(id=spare_item), ("growth:write",), only=STAFF),
}
