"""Telling people of what happened, and reminding them of their sessions."""

from collections.abc import Mapping
from typing import Any, Final

from app.context import Context
from app.events import Happened
from app.jobs.job import Job, Scan
from app.services import notifications as notification_service
from app.services.notifications import HEARD, REMINDERS, Place


async def _notify(context: Context, payload: Mapping[str, Any]) -> None:
    async with context.unit_of_work() as db:
        await notification_service.tell(db, Happened.model_validate(payload), now=context.now())


async def _remind(context: Context) -> None:
    """What is due, some sessions at a time, each time in a transaction."""
    now = context.now()
    for reminder in REMINDERS:
        place: Place | None = Place.first(now)
        while place is not None:
            async with context.unit_of_work() as db:
                place = await notification_service.remind(db, reminder, place, now=now)


async def _prune(context: Context) -> None:
    may_be_more = True
    while may_be_more:
        async with context.unit_of_work() as db:
            may_be_more = await notification_service.prune_notifications(db, now=context.now())


NOTIFY: Final = Job("notify", _notify, hears=HEARD)
REMIND: Final = Scan("remind of sessions", _remind, every_seconds=60)
PRUNE: Final = Scan("prune notifications", _prune, every_seconds=3_600)
