"""Coaching sessions: the list, one, and live."""

from app.resolvers.sessions.following import Subscription
from app.resolvers.sessions.viewing import Query

__all__ = ["Query", "Subscription"]
