"""Coaching sessions: who may see which, and what is kept with them."""

from app.services.sessions.following import FollowedSessions, SeenSession, follow_sessions
from app.services.sessions.viewing import SessionFilter, access_session, list_sessions, may_see

__all__ = [
    "FollowedSessions",
    "SeenSession",
    "SessionFilter",
    "access_session",
    "follow_sessions",
    "list_sessions",
    "may_see",
]
