"""What is reached from sessions, and sessions themselves."""

from app.loaders.sessions.calendar_events import calendar_events_by_session
from app.loaders.sessions.history import changes_by_session, sessions_by_id
from app.loaders.sessions.notes import notes_by_session
from app.loaders.sessions.plans import items_by_plan, plans_by_id, plans_by_session
from app.loaders.sessions.ratings import ratings_by_session
from app.loaders.sessions.series import sessions_by_series

__all__ = [
    "calendar_events_by_session",
    "changes_by_session",
    "items_by_plan",
    "notes_by_session",
    "plans_by_id",
    "plans_by_session",
    "ratings_by_session",
    "sessions_by_id",
    "sessions_by_series",
]
