"""The names of the small practice's rows about risk, which no member sees: who may do what with which."""

RISK_OF_ONE = {table: ["one/anna/CRISIS"] for table in ("risk_assessments", "risk_alerts")}
RISK_OF_OTHER = {table: ["other/carl/CRISIS"] for table in ("risk_assessments", "risk_alerts")}
ALERTS_OF_ONE = {"risk_alerts": RISK_OF_ONE["risk_alerts"]}
ALERTS_OF_OTHER = {"risk_alerts": RISK_OF_OTHER["risk_alerts"]}
TOLD_OF_RISK = [f"{event}/{member}" for event in ("RiskAlertRaised", "RiskAssessed") for member in ("anna", "carl")]
