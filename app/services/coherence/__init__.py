"""What is measured of a member's coherence: the questions, the answers, and what comes of them."""

from app.services.coherence.answers import AnswerQuestion, answer_question, complete_assessment
from app.services.coherence.assessments import (
    StartAssessment,
    abandon_assessment,
    access_assessment,
    list_assessments,
    start_assessment,
)
from app.services.coherence.breakthroughs import (
    BreakthroughFilter,
    confirm_breakthrough,
    dismiss_breakthrough,
    list_breakthroughs,
)
from app.services.coherence.formulas import Measured, Trend
from app.services.coherence.of_sessions import fill_sessions
from app.services.coherence.question_sets import (
    NewQuestionSet,
    QuestionSetChanges,
    access_question_set,
    add_question_set,
    list_question_sets,
    publish_question_set,
    remove_question_set,
    retire_question_set,
    revise_question_set,
    update_question_set,
)
from app.services.coherence.questions import (
    NewQuestion,
    QuestionPlace,
    access_question,
    add_question,
    remove_question,
    update_question,
)
from app.services.coherence.reading import (
    Change,
    Followed,
    Seen,
    Series,
    Summary,
    access_breakthrough,
    access_score,
    find_coherence,
    follow_coherence,
    list_scores,
    read_series,
)
from app.services.coherence.scores import ScoredLater, patterns_in, record_score
from app.services.coherence.starters import load_starters

__all__ = [
    "AnswerQuestion",
    "BreakthroughFilter",
    "Change",
    "Followed",
    "Measured",
    "NewQuestion",
    "NewQuestionSet",
    "QuestionPlace",
    "QuestionSetChanges",
    "ScoredLater",
    "Seen",
    "Series",
    "StartAssessment",
    "Summary",
    "Trend",
    "abandon_assessment",
    "access_assessment",
    "access_breakthrough",
    "access_question",
    "access_question_set",
    "access_score",
    "add_question",
    "add_question_set",
    "answer_question",
    "complete_assessment",
    "confirm_breakthrough",
    "dismiss_breakthrough",
    "fill_sessions",
    "find_coherence",
    "follow_coherence",
    "list_assessments",
    "list_breakthroughs",
    "list_question_sets",
    "list_scores",
    "load_starters",
    "patterns_in",
    "publish_question_set",
    "read_series",
    "record_score",
    "remove_question",
    "remove_question_set",
    "retire_question_set",
    "revise_question_set",
    "start_assessment",
    "update_question",
    "update_question_set",
]
