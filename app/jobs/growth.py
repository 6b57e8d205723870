"""What follows of what members do to grow, and what becomes due of it by time alone."""

from collections.abc import Mapping
from typing import Any, Final

from app import events
from app.context import Context
from app.events import Happened
from app.jobs.job import Job, Scan
from app.services import growth as growth_service


async def _count_engagement(context: Context, payload: Mapping[str, Any]) -> None:
    async with context.unit_of_work() as db:
        await growth_service.count_engagement(db, Happened.model_validate(payload), now=context.now())


async def _fade_engagement(context: Context) -> None:
    may_be_more = True
    while may_be_more:
        async with context.unit_of_work() as db:
            may_be_more = await growth_service.fade_engagement(db, now=context.now())


async def mark_overdue(context: Context) -> None:
    """Some items at a time, each time in a transaction."""
    now, more = context.now(), True
    while more:
        async with context.unit_of_work() as db:
            more = await growth_service.mark_overdue(db, now=now)


OVERDUE: Final = Scan("mark overdue action items", mark_overdue, every_seconds=30)
COUNT_ENGAGEMENT: Final = Job(
    "count_engagement",
    _count_engagement,
    hears={
        events.ActionItemCompleted,
        events.AssessmentCompleted,
        events.InterventionUpdated,
        events.JournalEntryRemoved,
        events.JournalEntryWritten,
        events.SessionCompleted,
        events.SessionNoShow,
    },
)
FADE_ENGAGEMENT: Final = Scan("fade engagement", _fade_engagement, every_seconds=300)
