"""Coaching sessions, and what is kept with them."""

from app.models.sessions.calendar_feeds import CalendarFeed
from app.models.sessions.coaching_sessions import (
    CoachingSession,
    SessionChange,
    SessionChangeKind,
    SessionFormat,
    SessionKind,
    SessionStatus,
)
from app.models.sessions.notes import NoteTemplate, NoteVisibility, SessionNote
from app.models.sessions.plans import PlanItem, PlanTemplate, SessionPlan, TemplateItem
from app.models.sessions.ratings import SessionRating

__all__ = [
    "CalendarFeed",
    "CoachingSession",
    "NoteTemplate",
    "NoteVisibility",
    "PlanItem",
    "PlanTemplate",
    "SessionChange",
    "SessionChangeKind",
    "SessionFormat",
    "SessionKind",
    "SessionNote",
    "SessionPlan",
    "SessionRating",
    "SessionStatus",
    "TemplateItem",
]
