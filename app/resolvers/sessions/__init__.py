"""Coaching sessions: the list, one, and live; their calendar, notes, ratings and plans."""

from app.resolvers.sessions.calendar import Mutation as CalendarMutation
from app.resolvers.sessions.calendar import Query as CalendarQuery
from app.resolvers.sessions.following import Subscription
from app.resolvers.sessions.notes import NotesMutation, NotesQuery
from app.resolvers.sessions.plan_templates import Mutation as TemplateMutation
from app.resolvers.sessions.plan_templates import Query as PlanQuery
from app.resolvers.sessions.plans import Mutation as PlanMutation
from app.resolvers.sessions.ratings import Mutation as RatingMutation
from app.resolvers.sessions.viewing import Query

__all__ = [
    "CalendarMutation",
    "CalendarQuery",
    "NotesMutation",
    "NotesQuery",
    "PlanMutation",
    "PlanQuery",
    "Query",
    "RatingMutation",
    "Subscription",
    "TemplateMutation",
]
