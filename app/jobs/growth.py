"""What becomes due of what members do by time alone."""

from typing import Final

from app.context import Context
from app.jobs.job import Scan
from app.services import growth as growth_service


async def mark_overdue(context: Context) -> None:
    """Some items at a time, each time in a transaction."""
    now, more = context.now(), True
    while more:
        async with context.unit_of_work() as db:
            more = await growth_service.mark_overdue(db, now=now)


OVERDUE: Final = Scan("mark overdue action items", mark_overdue, every_seconds=30)
