"""What becomes due of sessions by time alone."""

from typing import Final

from app.context import Context
from app.jobs.job import Scan
from app.services import sessions as session_service


async def _remind_of_plans(context: Context) -> None:
    async with context.unit_of_work() as db:
        await session_service.remind_of_plans(db, now=context.now())


REMIND_OF_PLANS: Final = Scan("remind of plans", _remind_of_plans, every_seconds=30)
