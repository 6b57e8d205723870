"""What follows from a member's coherence."""

from collections.abc import Mapping
from typing import Any, Final

from app.context import Context
from app.events import (
    CoherenceScored,
    Happened,
    SessionCancelled,
    SessionCompleted,
    SessionNoShow,
    SessionRescheduled,
)
from app.jobs.job import Job
from app.services import coherence as coherence_service

HEARD: Final = (CoherenceScored, SessionCompleted, SessionRescheduled, SessionNoShow, SessionCancelled)


async def _fill_sessions(context: Context, payload: Mapping[str, Any]) -> None:
    event = Happened.model_validate(payload).read()
    assert isinstance(event, HEARD)
    async with context.unit_of_work() as db:
        await coherence_service.fill_sessions(db, event.member_id)


FILL_SESSIONS: Final = Job("fill_sessions_with_coherence", _fill_sessions, hears=HEARD)
