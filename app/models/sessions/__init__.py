"""Coaching sessions, and what is kept with them."""

from app.models.sessions.coaching_sessions import (
    CoachingSession,
    SessionChange,
    SessionChangeKind,
    SessionFormat,
    SessionKind,
    SessionStatus,
)
from app.models.sessions.ratings import SessionRating

__all__ = [
    "CoachingSession",
    "SessionChange",
    "SessionChangeKind",
    "SessionFormat",
    "SessionKind",
    "SessionRating",
    "SessionStatus",
]
