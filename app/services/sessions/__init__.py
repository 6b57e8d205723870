"""Coaching sessions: who may see which, and what is kept with them."""

from app.services.sessions.following import FollowedSessions, SeenSession, follow_sessions
from app.services.sessions.lifecycle import (
    TRANSITIONS,
    Action,
    Transition,
    cancellation_deadline,
    refusal_to,
)
from app.services.sessions.viewing import SessionFilter, access_session, list_sessions, may_see

__all__ = [
    "TRANSITIONS",
    "Action",
    "FollowedSessions",
    "SeenSession",
    "SessionFilter",
    "Transition",
    "access_session",
    "cancellation_deadline",
    "follow_sessions",
    "list_sessions",
    "may_see",
    "refusal_to",
]
