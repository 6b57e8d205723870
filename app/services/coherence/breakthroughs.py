"""Breakthroughs: finding them with a score, listing them, and the coach's word on each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import BreakthroughConfirmed, BreakthroughDetected, BreakthroughDismissed, emit
from app.forms import Form
from app.models.coherence import (
    Breakthrough,
    BreakthroughDimension,
    BreakthroughStatus,
    CoherenceScore,
    TriggerKind,
)
from app.platform.paging import Page, PageRequest, read_page
from app.problems import BreakthroughDecided, Forbidden
from app.services.coherence import formulas
from app.services.identity.permissions import require
from app.services.members import access_whose

LIKELY_WITHIN: Final = timedelta(days=14)
"""What lies longer ago is not named as what may have led to a breakthrough."""

# A tenth of what a dimension can be: less is hardly felt, however steady the scores before.
LEAST: Final = {
    BreakthroughDimension.PSI: Decimal("0.10"),
    BreakthroughDimension.RHO: Decimal("0.10"),
    BreakthroughDimension.Q: Decimal("0.10"),
    BreakthroughDimension.F: Decimal("0.10"),
    BreakthroughDimension.OVERALL: Decimal("0.35"),
}
_COLUMN: Final = {
    BreakthroughDimension.PSI: "psi",
    BreakthroughDimension.RHO: "rho",
    BreakthroughDimension.Q: "q",
    BreakthroughDimension.F: "f",
    BreakthroughDimension.OVERALL: "total",
}
_CALLED: Final = {
    BreakthroughDimension.PSI: "Inner consistency",
    BreakthroughDimension.RHO: "Wisdom",
    BreakthroughDimension.Q: "Courage",
    BreakthroughDimension.F: "Belonging",
    BreakthroughDimension.OVERALL: "Coherence",
}
_AFTER: Final = {
    TriggerKind.SESSION: "a session",
    TriggerKind.INTERVENTION: "an intervention that was completed",
    TriggerKind.ASSESSMENT: "an earlier assessment",
}
_NEAREST: Final = text(
    "SELECT kind, id, at FROM ("
    " SELECT 'SESSION' AS kind, id, ends_at AS at FROM sessions"
    " WHERE member_id = :member AND status = 'COMPLETED' AND ends_at BETWEEN :since AND :until"
    " UNION ALL SELECT 'INTERVENTION', id, completed_at FROM member_interventions"
    " WHERE member_id = :member AND status = 'COMPLETED' AND completed_at BETWEEN :since AND :until"
    " UNION ALL SELECT 'ASSESSMENT', id, completed_at FROM assessments"
    " WHERE member_id = :member AND status = 'COMPLETED' AND completed_at BETWEEN :since AND :until"
    " AND id IS DISTINCT FROM CAST(:itself AS uuid)"
    ") AS before ORDER BY at DESC, kind DESC, id LIMIT 1"
)


class BreakthroughFilter(Form):
    member_id: UUID | None = None
    status: BreakthroughStatus | None = None
    dimension: BreakthroughDimension | None = None


@dataclass(frozen=True, slots=True)
class Likely:
    """What happened last before a breakthrough, and may have led to it."""

    kind: TriggerKind
    id: UUID
    at: datetime


async def detect_breakthroughs(
    db: AsyncSession, score: CoherenceScore, earlier: Sequence[CoherenceScore], coach_id: UUID | None
) -> list[Breakthrough]:
    """Of a score that was just written, and those before it in the order of time."""
    rises = {}
    for dimension, column in _COLUMN.items():
        values = [getattr(each, column) for each in earlier]
        rise = formulas.breakthrough_of(values, getattr(score, column), LEAST[dimension])
        if rise is not None:
            rises[dimension] = rise
    if not rises:
        return []
    likely = await _likely(db, score)
    found = [_found(score, dimension, rise, likely) for dimension, rise in rises.items()]
    db.add_all(found)
    await db.flush()
    for each in found:
        emit(
            db,
            BreakthroughDetected(
                member_id=each.member_id,
                coach_id=coach_id,
                breakthrough_id=each.id,
                dimension=each.dimension.value,
            ),
        )
    return found


def _found(
    score: CoherenceScore, dimension: BreakthroughDimension, rise: formulas.Rise, likely: Likely | None
) -> Breakthrough:
    return Breakthrough(
        member_id=score.member_id,
        score_id=score.id,
        dimension=dimension,
        magnitude=rise.after - rise.before,
        before_score=rise.before,
        after_score=rise.after,
        threshold=rise.threshold,
        trigger_kind=likely.kind if likely else None,
        trigger_id=likely.id if likely else None,
        trigger_at=likely.at if likely else None,
        description=_described(dimension, rise, likely, score.calculated_at),
        detected_at=score.calculated_at,
    )


def _described(dimension: BreakthroughDimension, rise: formulas.Rise, likely: Likely | None, at: datetime) -> str:
    said = (
        f"{_CALLED[dimension]} rose from {rise.before} to {rise.after}; by the scores before, anything up to"
        f" {formulas.rounded(rise.threshold)} would have been its usual up and down"
    )
    if likely is None:
        return f"{said}."
    days = formulas.days_between(likely.at, at)
    when = "On the same day" if days == 0 else "A day before" if days == 1 else f"{days} days before"
    return f"{said}. {when} there was {_AFTER[likely.kind]}."


async def _likely(db: AsyncSession, score: CoherenceScore) -> Likely | None:
    asked = {
        "member": score.member_id,
        "since": score.calculated_at - LIKELY_WITHIN,
        "until": score.calculated_at,
        "itself": score.assessment_id,
    }
    row = (await db.execute(_NEAREST, asked)).one_or_none()
    return None if row is None else Likely(TriggerKind(row.kind), row.id, row.at)


async def list_breakthroughs(
    db: AsyncSession, actor: Actor, *, wanted: BreakthroughFilter, page: PageRequest
) -> Page[Breakthrough]:
    """A member's, newest first."""
    require(actor, "coherence:read")
    member = await access_whose(db, actor, wanted.member_id)
    statement = select(Breakthrough).where(Breakthrough.member_id == member.id)
    if wanted.status is not None:
        statement = statement.where(Breakthrough.status == wanted.status)
    if wanted.dimension is not None:
        statement = statement.where(Breakthrough.dimension == wanted.dimension)
    newest = statement.order_by(col(Breakthrough.detected_at).desc(), col(Breakthrough.id).desc())
    return await read_page(db, newest, page)


async def confirm_breakthrough(db: AsyncSession, actor: Actor, *, breakthrough_id: UUID, now: datetime) -> Breakthrough:
    """For the member's coach, once; then raises `BreakthroughDecided`."""
    decided = await _decide(db, actor, breakthrough_id, BreakthroughStatus.CONFIRMED, now)
    emit(
        db,
        BreakthroughConfirmed(
            member_id=decided.member_id,
            coach_id=decided.member_coach_id,
            breakthrough_id=decided.id,
            dimension=decided.dimension.value,
        ),
    )
    return decided


async def dismiss_breakthrough(db: AsyncSession, actor: Actor, *, breakthrough_id: UUID, now: datetime) -> Breakthrough:
    """The same, to say that it is none."""
    decided = await _decide(db, actor, breakthrough_id, BreakthroughStatus.DISMISSED, now)
    emit(db, BreakthroughDismissed(member_id=decided.member_id, coach_id=decided.member_coach_id))
    return decided


async def _decide(
    db: AsyncSession, actor: Actor, breakthrough_id: UUID, status: BreakthroughStatus, now: datetime
) -> Breakthrough:
    require(actor, "coherence:write")
    locked = select(Breakthrough).where(Breakthrough.id == breakthrough_id).with_for_update(key_share=True)
    found = (await db.exec(locked)).one_or_none()  # none for whom the policies do not let change it
    if found is None:
        raise Forbidden
    if found.status is not BreakthroughStatus.DETECTED:
        raise BreakthroughDecided(found.status.value)
    found.sqlmodel_update({"status": status, "decided_at": now, "decided_by_user_id": actor.user_id})
    db.add(found)
    await db.flush()
    return found
