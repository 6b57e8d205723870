"""Coaching sessions, and what is kept with them."""

from app.schema.sessions.following import SessionsChanged
from app.schema.sessions.session import Session, SessionChange, SessionFilter

__all__ = ["Session", "SessionChange", "SessionFilter", "SessionsChanged"]
