"""Coaching sessions, and what is kept with them."""

from app.models.sessions.coaching_sessions import (
    CoachingSession,
    SessionChange,
    SessionChangeKind,
    SessionFormat,
    SessionKind,
    SessionStatus,
)

__all__ = [
    "CoachingSession",
    "SessionChange",
    "SessionChangeKind",
    "SessionFormat",
    "SessionKind",
    "SessionStatus",
]
