"""Coherence: questions, assessments, and what comes of them."""

from app.resolvers.coherence.assessments import Mutation as AssessmentMutation
from app.resolvers.coherence.assessments import Query as AssessmentQuery
from app.resolvers.coherence.questions import Mutation as QuestionMutation
from app.resolvers.coherence.questions import Query as QuestionQuery

__all__ = ["AssessmentMutation", "AssessmentQuery", "QuestionMutation", "QuestionQuery"]
