"""Coaching sessions: the list and one, and their ratings."""

from app.resolvers.sessions.ratings import Mutation as RatingMutation
from app.resolvers.sessions.viewing import Query

__all__ = ["Query", "RatingMutation"]
