"""Risk in the small practice, which no member sees, and who may do what with its rows."""

from tests.models.rows import Rows

NAMED_BY = dict.fromkeys(("risk_assessments", "risk_alerts"), ("member_coach_id", "member_id", "level"))
TOUCHED = {"risk_assessments": "created_at = now()", "risk_alerts": "step = step"}
SEEN: dict[str, Rows] = {
    coach: {table: [f"{coach}/{member}/CRISIS"] for table in NAMED_BY}
    for coach, member in (("one", "anna"), ("other", "carl"))
}
UPDATED: dict[str, Rows] = {coach: {"risk_alerts": rows["risk_alerts"]} for coach, rows in SEEN.items()}
INSERTED = SEEN
TOLD = [f"{event}/{member}" for event in ("RiskAlertRaised", "RiskAssessed") for member in ("anna", "carl")]
