"""The operations on risk that several tests ask, written once."""

from typing import Any

from tests.practice import Person, Practice

PROBLEM = "... on Problem { code message } ... on InvalidInput { field }"
NOT_OPEN = f"{PROBLEM} ... on RiskAlertNotOpen {{ status }}"
ALERT = (
    "id level status step raisedAt nextEscalationAt acknowledgedAt acknowledgedBy { id } resolvedAt resolvedBy { id }"
    " note member { id } assessment { id }"
)
ASSESSMENT = (
    "id level indicators notes assessedAt createdAt member { id } assessedBy { id } session { id }"
    " alert { id status level }"
)
RECORD = (
    "mutation ($input: RecordRiskInput!) { recordRisk(input: $input) { __typename"
    f" ... on RiskAssessment {{ {ASSESSMENT} }} {PROBLEM} }} }}"
)
ACKNOWLEDGE = (
    "mutation ($input: AcknowledgeRiskAlertInput!) { acknowledgeRiskAlert(input: $input) { __typename"
    f" ... on RiskAlert {{ {ALERT} }} {NOT_OPEN} }} }}"
)
RESOLVE = (
    "mutation ($input: ResolveRiskAlertInput!) { resolveRiskAlert(input: $input) { __typename"
    f" ... on RiskAlert {{ {ALERT} }} {NOT_OPEN} }} }}"
)
ASSESSMENTS = (
    "query ($memberId: ID, $level: RiskLevel, $first: Int, $after: String) { riskAssessments(memberId: $memberId,"
    f" level: $level, first: $first, after: $after) {{ edges {{ cursor node {{ {ASSESSMENT} }} }}"
    " pageInfo { hasNextPage endCursor } } }"
)
ALERTS = (
    "query ($memberId: ID, $status: RiskAlertStatus, $first: Int, $after: String) { riskAlerts(memberId: $memberId,"
    f" status: $status, first: $first, after: $after) {{ edges {{ cursor node {{ {ALERT} }} }}"
    " pageInfo { hasNextPage endCursor } } }"
)
STATISTICS = (
    "query ($coachId: ID, $from: DateTime!, $to: DateTime!) { riskStatistics(coachId: $coachId, from: $from, to: $to)"
    " { levels { level assessments alerts } assessments alerts acknowledged escalated escalatedShare"
    " medianSecondsToAcknowledgement ninetiethPercentileSecondsToAcknowledgement openNow } }"
)
WATCH = (
    "subscription ($coachId: ID) { riskAlertRaised(coachId: $coachId) { isSnapshot removed"
    " alerts { id level status step member { id coach { id } } } } }"
)
NODE = (
    f"query ($id: ID!) {{ node(id: $id) {{ __typename ... on RiskAlert {{ {ALERT} }}"
    f" ... on RiskAssessment {{ {ASSESSMENT} }} }} }}"
)


async def assessed(
    practice: Practice, who: Person, member: Person, level: str = "CRISIS", **more: Any
) -> dict[str, Any]:
    """The assessment, with the alert that it raised."""
    given = {"memberId": member.id, "level": level, "indicators": ["ACUTE_DISTRESS"], **more}
    answer: dict[str, Any] = await practice.ask(RECORD, who, input=given)
    assert answer["__typename"] == "RiskAssessment", answer
    return answer


async def alarmed(practice: Practice, who: Person, member: Person, level: str = "CRISIS") -> str:
    """The id of an alert."""
    return str((await assessed(practice, who, member, level))["alert"]["id"])


async def acknowledged(practice: Practice, who: Person, alert_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(ACKNOWLEDGE, who, input={"id": alert_id})
    assert answer["__typename"] == "RiskAlert", answer
    return answer


async def alert(practice: Practice, who: Person, alert_id: str) -> dict[str, Any]:
    """As somebody sees it now."""
    found: dict[str, Any] = await practice.ask(NODE, who, id=alert_id)
    return found


async def risk_of(practice: Practice, coach: Person, member: Person) -> dict[str, str]:
    """Ids of an assessment and of its alert; by their types."""
    made = await assessed(practice, coach, member, "HIGH", notes="Words")
    return {"RiskAssessment": made["id"], "RiskAlert": made["alert"]["id"]}


async def lived_through_risk(practice: Practice, coach: Person, member: Person, words: str) -> None:
    """Everything that is told of risks has happened by the next scan."""
    over = await assessed(practice, coach, member, notes=words)
    await practice.ask(RESOLVE, coach, input={"id": over["alert"]["id"], "note": words})
    await assessed(practice, coach, member, notes=words)
    practice.clock.move(minutes=10)
