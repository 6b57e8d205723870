"""Coaching sessions: who may see which, and what is kept with them."""

from app.services.sessions.ratings import (
    RateSession,
    RatingChanges,
    change_session_rating,
    rate_session,
    refusal_to_rate,
)
from app.services.sessions.viewing import SessionFilter, access_session, list_sessions, may_see

__all__ = [
    "RateSession",
    "RatingChanges",
    "SessionFilter",
    "access_session",
    "change_session_rating",
    "list_sessions",
    "may_see",
    "rate_session",
    "refusal_to_rate",
]
