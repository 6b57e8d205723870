"""How coherent a member was found to be, time after time."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.platform.columns import choice, decimal, one_of, stamped_now, timestamp
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine


class CoherencePattern(StrEnum):
    """In the order in which they are looked for."""

    WISE_COWARD = "WISE_COWARD"
    LONELY_HERO = "LONELY_HERO"
    PEOPLE_PLEASER = "PEOPLE_PLEASER"
    RECKLESS_REPEATER = "RECKLESS_REPEATER"


_TOTAL = "psi + rho * psi + q / (0.5 + q + q * q / 2) + f * psi"


class CoherenceScore(SQLModel, table=True):
    """What one assessment, or an import, says of a member. It does not change any more.

    A member's scores come one after the other in time (a trigger refuses an earlier one, under the member's row), so
    that nothing that was derived from the scores before can become wrong.
    """

    __tablename__ = "coherence_scores"
    __table_args__ = (
        CheckConstraint(
            "psi BETWEEN 0 AND 1 AND rho BETWEEN 0 AND 1 AND q BETWEEN 0 AND 1 AND f BETWEEN 0 AND 1",
            name="coherence_scores_measured_range",
        ),
        CheckConstraint(
            f"abs(total - ({_TOTAL})) <= 0.005 AND abs(percentage - ({_TOTAL}) * 25) <= 0.05",
            name="coherence_scores_total_of_the_four",
        ),
        one_of("pattern", CoherencePattern, "coherence_scores"),
        UniqueConstraint("assessment_id", name="coherence_scores_one_per_assessment"),
        UniqueConstraint("member_id", "calculated_at", name="coherence_scores_in_order"),
        UniqueConstraint("id", "member_id", name="coherence_scores_of_member_key"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE")
    member_coach_id: UUID | None = None
    assessment_id: UUID | None = Field(default=None, foreign_key="assessments.id", ondelete="CASCADE")
    psi: Decimal = decimal(3, 2, nullable=False)
    rho: Decimal = decimal(3, 2, nullable=False)
    q: Decimal = decimal(3, 2, nullable=False)
    f: Decimal = decimal(3, 2, nullable=False)
    total: Decimal = decimal(3, 2, nullable=False)
    percentage: Decimal = decimal(4, 1, nullable=False)
    velocity: Decimal = decimal(5, 4, nullable=False)
    pattern: CoherencePattern | None = choice(CoherencePattern, default=None)
    calculated_at: datetime = timestamp()
    created_at: datetime = stamped_now()


guard(
    CoherenceScore,
    select=[is_mine("member_id", "member_id"), is_mine("member_coach_id", "coach_id")],
    insert=[both(is_mine("member_id", "member_id"), "assessment_id IS NOT NULL")],
)
