"""Coherence: what is measured of a member."""

from app.schema.coherence.assessments import (
    AbandonAssessmentInput,
    AnswerQuestionInput,
    Assessment,
    CompleteAssessmentInput,
    StartAssessmentInput,
)
from app.schema.coherence.breakthroughs import (
    Breakthrough,
    CoherenceUpdated,
    ConfirmBreakthroughInput,
    DismissBreakthroughInput,
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
from app.schema.coherence.scores import CoherenceScore, CoherenceSeries, CoherenceSummary

__all__ = [
    "AbandonAssessmentInput",
    "AddQuestionInput",
    "AddQuestionSetInput",
    "AnswerQuestionInput",
    "Assessment",
    "Breakthrough",
    "CoherenceScore",
    "CoherenceSeries",
    "CoherenceSummary",
    "CoherenceUpdated",
    "CompleteAssessmentInput",
    "ConfirmBreakthroughInput",
    "DismissBreakthroughInput",
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
