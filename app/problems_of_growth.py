"""What can be refused of questions and assessments; the list of `app.problems` goes on here."""

from typing import TYPE_CHECKING

from app.problems import Problem, in_words

if TYPE_CHECKING:
    from app.models.coherence import Question


class AssessmentIsOver(Problem):
    code = "ASSESSMENT_IS_OVER"

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"This assessment was {in_words(status)} before; nothing of it changes any more")


class AssessmentIncomplete(Problem):
    code = "ASSESSMENT_INCOMPLETE"

    def __init__(self, questions: "list[Question]") -> None:
        self.questions = questions
        them = "One question" if len(questions) == 1 else f"{len(questions)} questions"
        super().__init__(f"{them} must be answered before")


class LaterScoreExists(Problem):
    code = "LATER_SCORE_EXISTS"
    message = "There is a coherence score of a later time; this assessment can be completed once that time has come"


class QuestionSetNotDraft(Problem):
    code = "QUESTION_SET_NOT_DRAFT"

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"This question set is {in_words(status)} and stays as it is; revise it for a new version")


class QuestionSetNotPublished(Problem):
    code = "QUESTION_SET_NOT_PUBLISHED"

    def __init__(self, status: str) -> None:
        self.status = status
        state = "a draft" if status == "DRAFT" else in_words(status)
        super().__init__(f"This question set is {state}; only a published one is meant here")


class QuestionSetIncomplete(Problem):
    code = "QUESTION_SET_INCOMPLETE"


class QuestionSetFull(Problem):
    code = "QUESTION_SET_FULL"
    message = "A question set has at most 100 questions"
