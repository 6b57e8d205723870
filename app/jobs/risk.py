"""Seeing to it that alerts are seen to."""

from collections.abc import Mapping
from typing import Any, Final

from app.context import Context
from app.events import CoachAssigned, Happened, RiskAlertEscalated, RiskAlertRaised
from app.jobs.job import Job, Scan
from app.services import risk as risk_service


async def _escalate_due(context: Context) -> None:
    """Some alerts at a time, each time in a transaction."""
    may_be_more = True
    while may_be_more:
        async with context.unit_of_work() as db:
            may_be_more = await risk_service.escalate_due(db, now=context.now()) == risk_service.BATCH


async def _escalate_at_once(context: Context, payload: Mapping[str, Any]) -> None:
    """An alert that no coach hears of is due from its beginning."""
    event = Happened.model_validate(payload).read()
    assert isinstance(event, RiskAlertRaised)
    async with context.unit_of_work() as db:
        await risk_service.escalate_due(db, now=context.now(), alert_id=event.risk_alert_id)


async def _tell(context: Context, payload: Mapping[str, Any]) -> None:
    async with context.unit_of_work() as db:
        await risk_service.tell_of_escalation(db, Happened.model_validate(payload), now=context.now())


async def _hand_over(context: Context, payload: Mapping[str, Any]) -> None:
    async with context.unit_of_work() as db:
        await risk_service.hand_over_alerts(db, Happened.model_validate(payload), now=context.now())


JOBS: Final = (
    Job("escalate_risk_alert", _escalate_at_once, hears={RiskAlertRaised}),
    Job("tell_of_risk_alert", _tell, hears={RiskAlertEscalated}),
    Job("hand_over_risk_alerts", _hand_over, hears={CoachAssigned}),
)
ESCALATE_DUE: Final = Scan("escalate risk alerts", _escalate_due, every_seconds=15)
