"""Risk: assessing it, the alerts that it raises, and who is told while nobody acknowledges them."""

from app.services.risk.alerts import (
    ResolveRiskAlert,
    access_risk_alert,
    acknowledge_risk_alert,
    list_risk_alerts,
    resolve_risk_alert,
)
from app.services.risk.assessments import RecordRisk, access_risk_assessment, list_risk_assessments, record_risk
from app.services.risk.escalating import BATCH, escalate_due, hand_over_alerts, tell_of_escalation
from app.services.risk.following import MOST_FOLLOWED, SeenAlert, follow_risk_alerts
from app.services.risk.rights import coach_in_sight
from app.services.risk.statistics import RiskLevelCount, RiskQuestion, RiskStatistics, find_risk_statistics

__all__ = [
    "BATCH",
    "MOST_FOLLOWED",
    "RecordRisk",
    "ResolveRiskAlert",
    "RiskLevelCount",
    "RiskQuestion",
    "RiskStatistics",
    "SeenAlert",
    "access_risk_alert",
    "access_risk_assessment",
    "acknowledge_risk_alert",
    "coach_in_sight",
    "escalate_due",
    "find_risk_statistics",
    "follow_risk_alerts",
    "hand_over_alerts",
    "list_risk_alerts",
    "list_risk_assessments",
    "record_risk",
    "resolve_risk_alert",
    "tell_of_escalation",
]
