"""What is shown of a member over time, in days, weeks or months of their own."""

from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.forms import Form, Instant
from app.models.identity import User
from app.models.members import Member
from app.problems import InvalidInput

MOST_POINTS: Final = 1_200
_SECONDS: Final = {"DAY": 86_400, "WEEK": 7 * 86_400, "MONTH": 28 * 86_400}


class Interval(StrEnum):
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


class OverTime(Form):
    """From an instant on, and before another one; days, weeks from Monday and months are the member's own."""

    member_id: UUID | None = None
    from_: Instant
    to: Instant
    interval: Interval

    def refuse_too_long(self) -> None:
        if self.from_ >= self.to:
            raise InvalidInput("to", "must be later than from")
        if (self.to - self.from_).total_seconds() > MOST_POINTS * _SECONDS[self.interval]:
            raise InvalidInput("to", f"is more than {MOST_POINTS:,} times the interval after from")


async def asked_of(db: AsyncSession, member: Member, question: OverTime) -> dict[str, Any]:
    """What a statement is given, the member's time zone too."""
    zone = (await db.exec(select(User.time_zone).where(User.id == member.user_id))).one()
    return {
        "unit": question.interval.value.lower(),
        "zone": zone,
        "member": member.id,
        "from": question.from_,
        "to": question.to,
    }
