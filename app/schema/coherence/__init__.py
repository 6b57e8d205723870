"""Coherence: what is measured of a member."""

from app.schema.coherence.assessments import (
    AbandonAssessmentInput,
    AnswerQuestionInput,
    Assessment,
    CompleteAssessmentInput,
    StartAssessmentInput,
)
from app.schema.coherence.questions import (
    AddQuestionInput,
    AddQuestionSetInput,
    PublishQuestionSetInput,
    Question,
    QuestionSet,
    RemoveQuestionInput,
    RemoveQuestionSetInput,
    RetireQuestionSetInput,
    ReviseQuestionSetInput,
    UpdateQuestionInput,
    UpdateQuestionSetInput,
)

__all__ = [
    "AbandonAssessmentInput",
    "AddQuestionInput",
    "AddQuestionSetInput",
    "AnswerQuestionInput",
    "Assessment",
    "CompleteAssessmentInput",
    "PublishQuestionSetInput",
    "Question",
    "QuestionSet",
    "RemoveQuestionInput",
    "RemoveQuestionSetInput",
    "RetireQuestionSetInput",
    "ReviseQuestionSetInput",
    "StartAssessmentInput",
    "UpdateQuestionInput",
    "UpdateQuestionSetInput",
]
