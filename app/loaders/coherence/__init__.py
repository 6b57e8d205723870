"""Assessments with what they ask and what was answered."""

from app.loaders.coherence.assessments import (
    ReadAnswer,
    Sheet,
    SheetItem,
    find_asked,
    question_sets_by_assessment,
    questions_by_set,
    sheets_by_assessment,
)
from app.loaders.coherence.scores import scores_by_assessment, scores_by_id

__all__ = [
    "ReadAnswer",
    "Sheet",
    "SheetItem",
    "find_asked",
    "question_sets_by_assessment",
    "questions_by_set",
    "scores_by_assessment",
    "scores_by_id",
    "sheets_by_assessment",
]
