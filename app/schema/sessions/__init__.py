"""Coaching sessions, and what is kept with them."""

from app.schema.sessions.ratings import ChangeSessionRatingInput, RateSessionInput, SessionRating
from app.schema.sessions.session import Session, SessionChange, SessionFilter

__all__ = [
    "ChangeSessionRatingInput",
    "RateSessionInput",
    "Session",
    "SessionChange",
    "SessionFilter",
    "SessionRating",
]
