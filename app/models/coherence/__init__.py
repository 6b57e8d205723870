"""Coherence: the questions that measure it, and what members answered."""

from app.models.coherence.assessments import Assessment, AssessmentAnswer, AssessmentStatus
from app.models.coherence.dimensions import Dimension, Element
from app.models.coherence.questions import AssessmentType, Question, QuestionSet, QuestionSetStatus, QuestionType

__all__ = [
    "Assessment",
    "AssessmentAnswer",
    "AssessmentStatus",
    "AssessmentType",
    "Dimension",
    "Element",
    "Question",
    "QuestionSet",
    "QuestionSetStatus",
    "QuestionType",
]
