"""Days by which something is to be done."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.problems import InvalidInput
from app.services.members import day_of


async def refuse_past_day(db: AsyncSession, member_id: UUID, day: date | None, now: datetime) -> None:
    if day is not None and day < await day_of(db, member_id, now):
        raise InvalidInput("dueDate", "must not be over already")
