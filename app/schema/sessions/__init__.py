"""Coaching sessions, and what is kept with them."""

from app.schema.sessions.series import SessionSeries
from app.schema.sessions.session import Session, SessionChange, SessionFilter

__all__ = ["Session", "SessionChange", "SessionFilter", "SessionSeries"]
