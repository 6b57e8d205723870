"""Coaching sessions, and what is kept with them."""

from app.models.sessions.coaching_sessions import (
    CoachingSession,
    SessionChange,
    SessionChangeKind,
    SessionFormat,
    SessionKind,
    SessionStatus,
)
from app.models.sessions.notes import NoteTemplate, NoteVisibility, SessionNote

__all__ = [
    "CoachingSession",
    "NoteTemplate",
    "NoteVisibility",
    "SessionChange",
    "SessionChangeKind",
    "SessionFormat",
    "SessionKind",
    "SessionNote",
    "SessionStatus",
]
