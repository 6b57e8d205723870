"""Coherence: the questions that measure it, what members answered, and what came of it."""

from app.models.coherence.assessments import Assessment, AssessmentAnswer, AssessmentStatus
from app.models.coherence.breakthroughs import Breakthrough, BreakthroughDimension, BreakthroughStatus, TriggerKind
from app.models.coherence.dimensions import Dimension, Element
from app.models.coherence.questions import AssessmentType, Question, QuestionSet, QuestionSetStatus, QuestionType
from app.models.coherence.scores import CoherencePattern, CoherenceScore

__all__ = [
    "Assessment",
    "AssessmentAnswer",
    "AssessmentStatus",
    "AssessmentType",
    "Breakthrough",
    "BreakthroughDimension",
    "BreakthroughStatus",
    "CoherencePattern",
    "CoherenceScore",
    "Dimension",
    "Element",
    "Question",
    "QuestionSet",
    "QuestionSetStatus",
    "QuestionType",
    "TriggerKind",
]
