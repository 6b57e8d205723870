"""Coaching sessions: who may see which, and what is kept with them."""

from app.services.sessions.viewing import SessionFilter, access_session, list_sessions, may_see

__all__ = ["SessionFilter", "access_session", "list_sessions", "may_see"]
