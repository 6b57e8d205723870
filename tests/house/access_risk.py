"""The rows of the access table about risk."""

from typing import Any

from tests.house.rows import LOGIN, STAFF, Row, given, inputs, its
from tests.risks import alarmed

TIME = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-03T00:00:00Z"}
READS, WRITES = ("risk:read",), ("risk:write",)


async def spare_alert(world: Any) -> str:
    return await alarmed(world.practice, world.coach, world.member)


NODES = dict.fromkeys(("RiskAlert", "RiskAssessment"), LOGIN)
ROWS = {
    "Query.riskAssessments": Row(LOGIN, given(memberId=its("Member")), READS, STAFF),
    "Query.riskAlerts": Row(LOGIN, given(memberId=its("Member")), READS, STAFF),
    "Query.riskStatistics": Row(LOGIN, given(coachId=its("Coach"), **TIME), READS, STAFF),
    "Mutation.recordRisk": Row(
        LOGIN, inputs(memberId=its("Member"), level="CRISIS", indicators=["ISOLATION"]), WRITES, STAFF
    ),
    "Mutation.acknowledgeRiskAlert": Row(LOGIN, inputs(id=spare_alert), WRITES, STAFF),
    "Mutation.resolveRiskAlert": Row(LOGIN, inputs(id=spare_alert), WRITES, STAFF),
    "Subscription.riskAlertRaised": Row(LOGIN, given(), READS, STAFF),
}
