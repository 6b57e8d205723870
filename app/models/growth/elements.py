"""The five elements of a member, and how much there is of each."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.models.coherence.dimensions import Element
from app.platform.columns import at_least, choice, one_of, timestamp
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine

SHARE: Final = Numeric(4, 3)


class Archetype(StrEnum):
    VISIONARY = "VISIONARY"
    EMPATH = "EMPATH"
    BUILDER = "BUILDER"
    MESSENGER = "MESSENGER"
    SAGE = "SAGE"
    WHOLE = "WHOLE"


# In the order of a radar chart's axes, by which ties are decided too.
ARCHETYPE_OF: Final = dict(zip(Element, Archetype, strict=False))
LEADS_FROM: Final = Decimal("0.250")

_MOST = "greatest(fire, water, earth, air, aether)"
_LEADERS = " ".join(f"WHEN {element.lower()} = {_MOST} THEN '{kind}'" for element, kind in ARCHETYPE_OF.items())


class ElementalBalance(SQLModel, table=True):
    """How a member's elements stood at one time: shares that sum to exactly one, and the archetype that follows.

    An assessment that they come of is the member's own (a trigger holds it).
    """

    __tablename__ = "elemental_balances"
    __table_args__ = (
        *(at_least(element.lower(), 0, "elemental_balances") for element in Element),
        CheckConstraint("fire + water + earth + air + aether = 1", name="elemental_balances_sum_to_one"),
        one_of("archetype", Archetype, "elemental_balances"),
        CheckConstraint(
            f"archetype = CASE WHEN {_MOST} < {LEADS_FROM} THEN '{Archetype.WHOLE}' {_LEADERS} END",
            name="elemental_balances_archetype_follows",
        ),
        UniqueConstraint("assessment_id", name="elemental_balances_one_per_assessment"),
        Index("elemental_balances_by_member", "member_id", text("recorded_at DESC"), text("id DESC")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE")
    member_coach_id: UUID | None = None
    assessment_id: UUID | None = Field(default=None, foreign_key="assessments.id", ondelete="CASCADE")
    recorded_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    fire: Decimal = Field(sa_type=SHARE, nullable=False)
    water: Decimal = Field(sa_type=SHARE, nullable=False)
    earth: Decimal = Field(sa_type=SHARE, nullable=False)
    air: Decimal = Field(sa_type=SHARE, nullable=False)
    aether: Decimal = Field(sa_type=SHARE, nullable=False)
    archetype: Archetype = choice(Archetype)
    recorded_at: datetime = timestamp()

    def share(self, element: Element) -> Decimal:
        found: Decimal = getattr(self, element.lower())
        return found

    @property
    def shares(self) -> dict[Element, Decimal]:
        return {element: self.share(element) for element in Element}


_COACHES, _IS = is_mine("member_coach_id", "coach_id"), is_mine("member_id", "member_id")
# A member's comes of what they have answered; nobody says it of themselves.
guard(
    ElementalBalance,
    select=[_IS, _COACHES],
    insert=[
        both(_IS, "assessment_id IS NOT NULL AND recorded_by_user_id IS NULL"),
        both(both(_COACHES, is_mine("recorded_by_user_id", "user_id")), "assessment_id IS NULL"),
    ],
)
