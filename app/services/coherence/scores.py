"""Writing down how coherent a member was found to be."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import CoherenceScored, emit
from app.models.coherence import CoherencePattern, CoherenceScore
from app.models.members import Member
from app.services.coherence import formulas
from app.services.coherence.breakthroughs import detect_breakthroughs
from app.services.coherence.formulas import Measured

CLOCKS_DIFFER_BY: Final = timedelta(minutes=5)


class ScoredLater(ValueError):
    """The member has a later score: what was derived from the scores before it would become wrong."""


async def record_score(
    db: AsyncSession, member: Member, measured: Measured, *, assessment_id: UUID | None, now: datetime
) -> CoherenceScore:
    """Writes what was found, once for each assessment, and which breakthroughs there are, in this transaction.

    A member's scores come in the order of time: one of a server whose clock is late comes right after the latest, and
    one that is more than a few minutes too early raises `ScoredLater`.
    """
    # The member's scores come one after the other, and what is there is read after that lock, in a new statement.
    locked = select(Member.coach_id).where(Member.id == member.id).with_for_update(key_share=True)
    coach_id = (await db.exec(locked)).one()
    if assessment_id is not None:
        known = await db.exec(select(CoherenceScore).where(CoherenceScore.assessment_id == assessment_id))
        if (scored := known.one_or_none()) is not None:
            return scored
    earlier = await _earlier(db, member.id)
    previous = earlier[-1] if earlier else None
    total = formulas.total_of(measured)
    at = _after(previous, now)
    score = CoherenceScore(
        member_id=member.id,
        assessment_id=assessment_id,
        psi=measured.psi,
        rho=measured.rho,
        q=measured.q,
        f=measured.f,
        total=total,
        percentage=formulas.percentage_of(measured),
        velocity=formulas.velocity_of(total, previous.total, formulas.days_between(previous.calculated_at, at))
        if previous
        else Decimal("0.0000"),
        pattern=next(iter(patterns_in(measured)), None),
        calculated_at=at,
        created_at=now,
    )
    db.add(score)
    await db.flush()
    emit(
        db,
        CoherenceScored(member_id=member.id, coach_id=coach_id, score_id=score.id, assessment_id=score.assessment_id),
    )
    await detect_breakthroughs(db, score, earlier, coach_id)
    return score


def patterns_in(measured: Measured) -> list[CoherencePattern]:
    return [CoherencePattern(name) for name in formulas.patterns_of(measured)]


async def _earlier(db: AsyncSession, member_id: UUID) -> list[CoherenceScore]:
    """The last ones, in the order of time."""
    newest = (
        select(CoherenceScore)
        .where(CoherenceScore.member_id == member_id)
        .order_by(col(CoherenceScore.calculated_at).desc())
        .limit(formulas.MOST_EARLIER)
    )
    return list(reversed((await db.exec(newest)).all()))


def _after(previous: CoherenceScore | None, now: datetime) -> datetime:
    if previous is None or previous.calculated_at < now:
        return now
    if previous.calculated_at - now > CLOCKS_DIFFER_BY:
        raise ScoredLater(f"the member has a score of {previous.calculated_at.isoformat()}")
    return previous.calculated_at + timedelta(microseconds=1)
