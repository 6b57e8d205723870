"""Coaching sessions: the list and one."""

from app.resolvers.sessions.viewing import Query

__all__ = ["Query"]
