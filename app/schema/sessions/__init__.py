"""Coaching sessions, and what is kept with them."""

from app.schema.sessions.notes import NoteTemplate, SessionNote
from app.schema.sessions.session import Session, SessionChange, SessionFilter

__all__ = ["NoteTemplate", "Session", "SessionChange", "SessionFilter", "SessionNote"]
