"""Coaching sessions: the list and one, their ratings and their plans."""

from app.resolvers.sessions.plans import Mutation as PlanMutation
from app.resolvers.sessions.ratings import Mutation as RatingMutation
from app.resolvers.sessions.templates import Mutation as TemplateMutation
from app.resolvers.sessions.templates import Query as PlanQuery
from app.resolvers.sessions.viewing import Query

__all__ = ["PlanMutation", "PlanQuery", "Query", "RatingMutation", "TemplateMutation"]
