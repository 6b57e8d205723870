"""Risk assessments and alerts, decrypted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.loaders.privacy import keys_for_risk, unsealed
from app.models.members import Member
from app.models.risk import RiskAlert, RiskAlertStatus, RiskAssessment, RiskIndicator, RiskLevel
from app.platform.encryption import Key, key_id_of
from app.platform.keys import Owned

Row = TypeVar("Row", RiskAssessment, RiskAlert)


@dataclass(frozen=True, slots=True)
class ReadRiskAssessment:
    """An assessment as its readers see it."""

    id: UUID
    member_id: UUID
    assessed_by_user_id: UUID
    session_id: UUID | None
    level: RiskLevel
    indicators: list[RiskIndicator]
    notes: str | None
    assessed_at: datetime
    created_at: datetime

    @classmethod
    def of(cls, row: RiskAssessment, notes: str | None) -> "ReadRiskAssessment":
        return cls(
            id=row.id,
            member_id=row.member_id,
            assessed_by_user_id=row.assessed_by_user_id,
            session_id=row.session_id,
            level=row.level,
            indicators=[RiskIndicator(each) for each in row.indicators],
            notes=notes,
            assessed_at=row.assessed_at,
            created_at=row.created_at,
        )


@dataclass(frozen=True, slots=True)
class ReadRiskAlert:
    """An alert as its readers see it; `member_coach_id` is whose it is today."""

    id: UUID
    risk_assessment_id: UUID
    member_id: UUID
    member_coach_id: UUID | None
    level: RiskLevel
    status: RiskAlertStatus
    step: int
    raised_at: datetime
    next_escalation_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by_user_id: UUID | None
    resolved_at: datetime | None
    resolved_by_user_id: UUID | None
    note: str | None

    @classmethod
    def of(cls, row: RiskAlert, note: str | None) -> "ReadRiskAlert":
        return cls(
            id=row.id,
            risk_assessment_id=row.risk_assessment_id,
            member_id=row.member_id,
            member_coach_id=row.member_coach_id,
            level=row.level,
            status=row.status,
            step=row.step,
            raised_at=row.raised_at,
            next_escalation_at=row.next_escalation_at,
            acknowledged_at=row.acknowledged_at,
            acknowledged_by_user_id=row.acknowledged_by_user_id,
            resolved_at=row.resolved_at,
            resolved_by_user_id=row.resolved_by_user_id,
            note=note,
        )


def text_in(row: RiskAssessment | RiskAlert, keys: Mapping[Owned, Key]) -> str | None:
    """What was written; raises `UnreadableValue`, which names the row."""
    if row.sealed is None:
        return None
    return unsealed(row.member_id, row.sealed, row.place, keys).decode()


async def assessments_read(db: AsyncSession, rows: Sequence[RiskAssessment]) -> dict[UUID, ReadRiskAssessment]:
    """By their ids, without those that have left the asker's sight since they were read."""
    texts = await _texts(db, RiskAssessment, rows)
    return {row.id: ReadRiskAssessment.of(row, texts[row.id]) for row in rows if row.id in texts}


async def alerts_read(db: AsyncSession, rows: Sequence[RiskAlert]) -> dict[UUID, ReadRiskAlert]:
    """The same of alerts."""
    texts = await _texts(db, RiskAlert, rows)
    return {row.id: ReadRiskAlert.of(row, texts[row.id]) for row in rows if row.id in texts}


async def _texts(db: AsyncSession, model: type[Row], rows: Sequence[Row]) -> dict[UUID, str | None]:
    wanted = {row.id: (row.member_id, key_id_of(row.sealed, row.place)) for row in rows if row.sealed is not None}
    keys = await keys_for_risk(db, wanted)
    gone = {row_id for row_id, owned in wanted.items() if owned not in keys}
    if gone:
        still_there: Sequence[UUID] = (await db.exec(select(model.id).where(col(model.id).in_(gone)))).all()
        gone.difference_update(still_there)
    return {row.id: text_in(row, keys) for row in rows if row.id not in gone}


async def risk_assessments_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[ReadRiskAssessment | None]:
    """None where it is out of the asker's sight."""
    rows = await db.exec(select(RiskAssessment).where(col(RiskAssessment.id).in_(ids)))
    found = await assessments_read(db, rows.all())
    return [found.get(row_id) for row_id in ids]


async def risk_alerts_by_assessment(db: AsyncSession, ids: Sequence[UUID]) -> list[ReadRiskAlert | None]:
    """None for a level that raises none."""
    rows = await db.exec(select(RiskAlert).where(col(RiskAlert.risk_assessment_id).in_(ids)))
    found = {alert.risk_assessment_id: alert for alert in (await alerts_read(db, rows.all())).values()}
    return [found.get(assessment_id) for assessment_id in ids]


async def newest_risk_by_member(db: AsyncSession, ids: Sequence[UUID]) -> list[ReadRiskAssessment | None]:
    """What was assessed last of each member; one look into the index for each."""
    newest = (
        select(RiskAssessment.id)
        .where(col(RiskAssessment.member_id) == col(Member.id))
        .order_by(col(RiskAssessment.assessed_at).desc(), col(RiskAssessment.id).desc())
        .limit(1)
        .correlate(Member)
        .scalar_subquery()
    )
    of_members = select(newest).select_from(Member).where(col(Member.id).in_(ids))
    rows = (await db.exec(select(RiskAssessment).where(col(RiskAssessment.id).in_(of_members)))).all()
    found = {each.member_id: each for each in (await assessments_read(db, rows)).values()}
    return [found.get(member_id) for member_id in ids]
