"""Alerts of high and acute risks: seeing, acknowledging and resolving them."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import RiskAlertAcknowledged, RiskAlertsChanged, emit
from app.forms import Form, text
from app.loaders.risk import ReadRiskAlert, alerts_read
from app.models.risk import RiskAlert, RiskAlertStatus
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden, RiskAlertNotOpen
from app.services.identity.permissions import require, require_login
from app.services.privacy.keys import key_for_member
from app.services.risk.rights import access_other, coach_in_sight


class ResolveRiskAlert(Form):
    id: UUID
    note: text(2_000) | None = None  # type: ignore[valid-type]


async def access_risk_alert(db: AsyncSession, actor: Actor, alert_id: UUID) -> ReadRiskAlert:
    """Of a member of one's own, or as an admin any; else `Forbidden`, found or not."""
    require(actor, "risk:read")
    rows = (await db.exec(select(RiskAlert).where(RiskAlert.id == alert_id))).all()
    found = await alerts_read(db, rows)
    if alert_id not in found:
        raise Forbidden
    return found[alert_id]


async def list_risk_alerts(
    db: AsyncSession, actor: Actor, *, member_id: UUID | None, status: RiskAlertStatus | None, page: PageRequest
) -> Page[ReadRiskAlert]:
    """Of one member, or of all of one's own; as an admin of everybody. The newest first."""
    require(actor, "risk:read")
    statement = select(RiskAlert).order_by(col(RiskAlert.raised_at).desc(), col(RiskAlert.id).desc())
    if member_id is not None:
        await access_other(db, actor, member_id)
        statement = statement.where(RiskAlert.member_id == member_id)
    elif (coach_id := coach_in_sight(actor, None)) is not None:
        statement = statement.where(RiskAlert.member_coach_id == coach_id)
    if status is not None:
        statement = statement.where(RiskAlert.status == status)
    found: Page[RiskAlert] = await read_page(db, statement, page)
    read = await alerts_read(db, found.rows)
    kept = [(read[row.id], at) for row, at in zip(found.rows, found.cursors, strict=True) if row.id in read]
    return Page([row for row, _ in kept], [at for _, at in kept], found.has_next, found.has_previous)


async def acknowledge_risk_alert(db: AsyncSession, actor: Actor, *, alert_id: UUID, now: datetime) -> ReadRiskAlert:
    """Says that somebody sees to it, which ends its escalation. Who has done so is answered the same again.

    Raises `RiskAlertNotOpen` where somebody else was first, or it is resolved.
    """
    alert = await _locked(db, actor, alert_id)
    is_again = alert.acknowledged_by_user_id == actor.user_id and alert.status is RiskAlertStatus.ACKNOWLEDGED
    if not is_again:
        if alert.status is not RiskAlertStatus.OPEN:
            raise RiskAlertNotOpen(alert.status.value)
        _acknowledge(db, actor, alert, now)
        alert.status = RiskAlertStatus.ACKNOWLEDGED
        db.add(alert)
        await db.flush()
    return ReadRiskAlert.of(alert, None)


async def resolve_risk_alert(db: AsyncSession, actor: Actor, *, form: ResolveRiskAlert, now: datetime) -> ReadRiskAlert:
    """Says that it is over, and what was done; of an open one, that it was seen to as well.

    Raises `RiskAlertNotOpen` where it is resolved already.
    """
    alert = await _locked(db, actor, form.id)
    if alert.status is RiskAlertStatus.RESOLVED:
        raise RiskAlertNotOpen(alert.status.value)
    if alert.status is RiskAlertStatus.OPEN:
        _acknowledge(db, actor, alert, now)
    assert alert.acknowledged_at is not None
    alert.status = RiskAlertStatus.RESOLVED
    alert.resolved_at, alert.resolved_by_user_id = max(now, alert.acknowledged_at), require_login(actor)
    if form.note is not None:
        alert.note = (await key_for_member(db, alert.member_id)).seal(form.note.encode(), alert.place)
    db.add(alert)
    await db.flush()
    emit(db, RiskAlertsChanged(coach_id=alert.member_coach_id))
    return ReadRiskAlert.of(alert, form.note)


async def _locked(db: AsyncSession, actor: Actor, alert_id: UUID) -> RiskAlert:
    """Whoever comes second, an escalation too, sees what the first has done; else `Forbidden`, found or not."""
    require(actor, "risk:write")
    statement = select(RiskAlert).where(RiskAlert.id == alert_id).with_for_update(key_share=True)
    alert = (await db.exec(statement)).one_or_none()
    if alert is None:
        raise Forbidden
    return alert


def _acknowledge(db: AsyncSession, actor: Actor, alert: RiskAlert, now: datetime) -> None:
    """Servers' clocks differ: nothing is acknowledged before it was raised."""
    alert.acknowledged_at, alert.acknowledged_by_user_id = max(now, alert.raised_at), require_login(actor)
    alert.next_escalation_at = None
    emit(
        db,
        RiskAlertAcknowledged(
            member_id=alert.member_id, coach_id=alert.member_coach_id, risk_alert_id=alert.id, level=alert.level.value
        ),
    )
    emit(db, RiskAlertsChanged(coach_id=alert.member_coach_id))
