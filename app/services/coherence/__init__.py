"""What is measured of a member's coherence: the questions, the answers, and what comes of them."""

from app.services.coherence.answers import AnswerQuestion, answer_question, complete_assessment
from app.services.coherence.assessments import (
    StartAssessment,
    abandon_assessment,
    access_assessment,
    list_assessments,
    start_assessment,
)
from app.services.coherence.formulas import Measured
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
from app.services.coherence.scores import record_score
from app.services.coherence.starters import load_starters

__all__ = [
    "AnswerQuestion",
    "Measured",
    "NewQuestion",
    "NewQuestionSet",
    "QuestionPlace",
    "QuestionSetChanges",
    "StartAssessment",
    "abandon_assessment",
    "access_assessment",
    "access_question",
    "access_question_set",
    "add_question",
    "add_question_set",
    "answer_question",
    "complete_assessment",
    "list_assessments",
    "list_question_sets",
    "load_starters",
    "publish_question_set",
    "record_score",
    "remove_question",
    "remove_question_set",
    "retire_question_set",
    "revise_question_set",
    "start_assessment",
    "update_question",
    "update_question_set",
]
