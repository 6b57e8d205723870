"""Coherence: questions, assessments, and what comes of them."""

from app.resolvers.coherence.assessments import Mutation as AssessmentMutation
from app.resolvers.coherence.assessments import Query as AssessmentQuery
from app.resolvers.coherence.breakthroughs import BreakthroughMutation, BreakthroughQuery
from app.resolvers.coherence.questions import Mutation as QuestionMutation
from app.resolvers.coherence.questions import Query as QuestionQuery
from app.resolvers.coherence.scores import CoherenceQuery, CoherenceSubscription

__all__ = [
    "AssessmentMutation",
    "AssessmentQuery",
    "BreakthroughMutation",
    "BreakthroughQuery",
    "CoherenceQuery",
    "CoherenceSubscription",
    "QuestionMutation",
    "QuestionQuery",
]
