"""Risk assessments: recording one, which may raise an alert, and the history of them."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import RiskAlertRaised, RiskAlertsChanged, RiskAssessed, emit
from app.forms import Form, IdempotencyKey, Instant, text
from app.loaders.risk import ReadRiskAssessment, assessments_read
from app.models.coaches import Coach
from app.models.identity import User
from app.models.members import Member
from app.models.risk import ALARMING, RiskAlert, RiskAssessment, RiskIndicator, RiskLevel
from app.models.sessions import CoachingSession
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden, InvalidInput
from app.services.identity.permissions import require, require_login
from app.services.identity.retries import made_before, remember
from app.services.privacy.keys import key_for_member
from app.services.risk.escalating import pause_before
from app.services.risk.rights import access_other, coach_in_sight

_SOON: Final = timedelta(minutes=5)
"""Clocks differ: what is recorded may be so much later than now."""
_MUTATION: Final = "recordRisk"


class RecordRisk(Form):
    """`assessed_at` is now unless it is said; an alarming level says why, in indicators or notes."""

    member_id: UUID
    level: RiskLevel
    indicators: Annotated[list[RiskIndicator], Field(max_length=len(RiskIndicator))] = []
    notes: text(5_000) | None = None  # type: ignore[valid-type]
    session_id: UUID | None = None
    assessed_at: Instant | None = None
    idempotency_key: IdempotencyKey | None = None


async def record_risk(db: AsyncSession, actor: Actor, *, form: RecordRisk, now: datetime) -> ReadRiskAssessment:
    """Writes down what is thought of one's member; HIGH and CRISIS raise an alert in the same transaction.

    The member's row is locked, so that the alert is their coach's of this moment. Under an idempotency key a retry
    finds what the first try made.
    """
    require(actor, "risk:write")
    member = await access_other(db, actor, form.member_id, locked=True)
    key = await key_for_member(db, member.id)
    if (before := await made_before(db, actor, _MUTATION, form, secret=key.secret)) is not None:
        return await access_risk_assessment(db, actor, before)
    await _refuse_wrong(db, member, form, now)
    row = RiskAssessment(
        member_id=member.id,
        member_coach_id=member.coach_id,
        assessed_by_user_id=require_login(actor),
        session_id=form.session_id,
        level=form.level,
        indicators=[each.value for each in RiskIndicator if each in form.indicators],
        assessed_at=form.assessed_at or now,
        created_at=now,
    )
    if form.notes is not None:
        row.notes = key.seal(form.notes.encode(), row.place)
    db.add(row)
    await db.flush()
    emit(
        db,
        RiskAssessed(member_id=member.id, coach_id=member.coach_id, risk_assessment_id=row.id, level=row.level.value),
    )
    if row.level in ALARMING:
        await _raise_alert(db, member, row, now)
    await remember(db, actor, _MUTATION, form, row.id, now, secret=key.secret)
    return ReadRiskAssessment.of(row, form.notes)


async def _refuse_wrong(db: AsyncSession, member: Member, form: RecordRisk, now: datetime) -> None:
    if form.assessed_at is not None and form.assessed_at > now + _SOON:
        raise InvalidInput("assessedAt", "must not be in the future")
    if form.level in ALARMING and not form.indicators and form.notes is None:
        raise InvalidInput("indicators", "Say what gives cause for concern, here or in the notes")
    if form.session_id is not None:
        theirs = select(CoachingSession.id).where(
            CoachingSession.id == form.session_id, CoachingSession.member_id == member.id
        )
        if (await db.exec(theirs)).first() is None:
            raise InvalidInput("sessionId", "is not a session of this member")


async def _raise_alert(db: AsyncSession, member: Member, assessment: RiskAssessment, now: datetime) -> None:
    """Where there is no coach who could be told, it escalates at once."""
    is_heard = member.coach_id is not None and await _is_active(db, member.coach_id)
    alert = RiskAlert(
        risk_assessment_id=assessment.id,
        member_id=member.id,
        member_coach_id=member.coach_id,
        level=assessment.level,
        raised_at=now,
        next_escalation_at=now + (pause_before(db, assessment.level) if is_heard else timedelta()),
    )
    db.add(alert)
    await db.flush()
    emit(
        db,
        RiskAlertRaised(member_id=member.id, coach_id=member.coach_id, risk_alert_id=alert.id, level=alert.level.value),
    )
    emit(db, RiskAlertsChanged(coach_id=member.coach_id))


async def _is_active(db: AsyncSession, coach_id: UUID) -> bool:
    active = select(Coach.id).join(User, col(User.id) == col(Coach.user_id))
    return (await db.exec(active.where(Coach.id == coach_id, col(User.is_active)))).first() is not None


async def access_risk_assessment(db: AsyncSession, actor: Actor, assessment_id: UUID) -> ReadRiskAssessment:
    """Of a member of one's own, or as an admin any; else `Forbidden`, found or not."""
    require(actor, "risk:read")
    rows = (await db.exec(select(RiskAssessment).where(RiskAssessment.id == assessment_id))).all()
    found = await assessments_read(db, rows)
    if assessment_id not in found:
        raise Forbidden
    return found[assessment_id]


async def list_risk_assessments(
    db: AsyncSession, actor: Actor, *, member_id: UUID | None, level: RiskLevel | None, page: PageRequest
) -> Page[ReadRiskAssessment]:
    """Of one member, or of all of one's own; as an admin of everybody. The newest first."""
    require(actor, "risk:read")
    statement = select(RiskAssessment).order_by(col(RiskAssessment.assessed_at).desc(), col(RiskAssessment.id).desc())
    if member_id is not None:
        await access_other(db, actor, member_id)
        statement = statement.where(RiskAssessment.member_id == member_id)
    elif (coach_id := coach_in_sight(actor, None)) is not None:
        statement = statement.where(RiskAssessment.member_coach_id == coach_id)
    if level is not None:
        statement = statement.where(RiskAssessment.level == level)
    found: Page[RiskAssessment] = await read_page(db, statement, page)
    read = await assessments_read(db, found.rows)
    kept = [(read[row.id], at) for row, at in zip(found.rows, found.cursors, strict=True) if row.id in read]
    return Page([row for row, _ in kept], [at for _, at in kept], found.has_next, found.has_previous)
