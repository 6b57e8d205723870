"""What becomes of alerts that nobody acknowledges, and of those whose member has another coach. For the system."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import CoachAssigned, Happened, RiskAlertEscalated, RiskAlertsChanged, emit
from app.models.coaches import Coach
from app.models.identity import Role, User
from app.models.notifications import NotificationKind
from app.models.risk import RiskAlert, RiskAlertStatus, RiskLevel
from app.platform.escalation import escalation_of
from app.services.notifications import Record, notify, record

log = structlog.get_logger(__name__)

BATCH: Final = 50


def pause_before(db: AsyncSession, level: RiskLevel) -> timedelta:
    """How long an alert waits for the next step."""
    times = escalation_of(db)
    return times.crisis if level is RiskLevel.CRISIS else times.high


async def escalate_due(db: AsyncSession, *, now: datetime, alert_id: UUID | None = None) -> int:
    """Takes the next step of some alerts that are due, or of this one if it is; how many.

    Whoever acknowledges one of them at this moment holds its row, which is passed by; whoever has to wait for this
    finds the step taken. So each step is taken once, and none after the acknowledgement. After a pause in which nobody
    worked there is one step, not all that were missed.
    """
    statement = (
        select(RiskAlert)
        .where(col(RiskAlert.next_escalation_at) <= now)
        .order_by(col(RiskAlert.next_escalation_at), col(RiskAlert.id))
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    if alert_id is not None:
        statement = statement.where(RiskAlert.id == alert_id)
    due = (await db.exec(statement)).all()
    most = escalation_of(db).most
    for alert in due:
        alert.step += 1
        alert.next_escalation_at = now + pause_before(db, alert.level) if alert.step < most else None
        emit(
            db,
            RiskAlertEscalated(
                member_id=alert.member_id,
                coach_id=alert.member_coach_id,
                risk_alert_id=alert.id,
                level=alert.level.value,
                step=alert.step,
            ),
        )
    for coach_id in {alert.member_coach_id for alert in due}:
        emit(db, RiskAlertsChanged(coach_id=coach_id))
    await db.flush()
    return len(due)


async def tell_of_escalation(db: AsyncSession, happened: Happened, *, now: datetime) -> None:
    """The admins, and the member's coach of today; nobody where the alert is acknowledged by now.

    What they read is the alert's: it was taken from its row, whoever put the event there.
    """
    event = happened.read()
    assert isinstance(event, RiskAlertEscalated)
    alert = await db.get(RiskAlert, event.risk_alert_id)
    if alert is None or alert.status is not RiskAlertStatus.OPEN or event.step > alert.step:
        return
    admins = (await db.exec(select(User.id).where(User.role == Role.ADMIN, col(User.is_active)))).all()
    if not admins:
        log.error("an alert waits, and there is no admin to be told", alert_id=str(alert.id), step=event.step)
    coach = (await db.exec(select(Coach.user_id).where(Coach.id == alert.member_coach_id))).all()
    facts = _facts(alert) | {"step": event.step}
    users = [*admins, *coach]
    kind = NotificationKind.RISK_ALERT_ESCALATED
    await notify(db, kind, users, occasion=f"event:{happened.id}", facts=facts, now=now)


async def hand_over_alerts(db: AsyncSession, happened: Happened, *, now: datetime) -> None:
    """Tells a member's new coach of each alert that is not resolved, once for each time that they become the coach."""
    event = happened.read()
    assert isinstance(event, CoachAssigned)
    user_id = (await db.exec(select(Coach.user_id).where(Coach.id == event.coach_id))).one_or_none()
    unresolved = select(RiskAlert).where(
        RiskAlert.member_id == event.member_id,
        RiskAlert.member_coach_id == event.coach_id,
        RiskAlert.status != RiskAlertStatus.RESOLVED,
    )
    alerts = (await db.exec(unresolved.order_by(col(RiskAlert.id)))).all()
    if user_id is None:
        return
    told = [
        Record(
            user_id,
            NotificationKind.RISK_ALERT,
            f"event:{happened.id}:{alert.id}",
            _facts(alert),
        )
        for alert in alerts
    ]
    await record(db, told, now=now)


def _facts(alert: RiskAlert) -> dict[str, Any]:
    """Those of its events."""
    coach_id = alert.member_coach_id
    return {
        "member_id": str(alert.member_id),
        "coach_id": None if coach_id is None else str(coach_id),
        "risk_alert_id": str(alert.id),
        "level": alert.level.value,
    }
