"""What can be refused of coherence, growth and risk."""

from typing import TYPE_CHECKING

from app.problems.base import Problem, in_words

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
        super().__init__(f"{them} must be answered before it can be completed")


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


class GoalIsOver(Problem):
    code = "GOAL_IS_OVER"

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"This goal is {in_words(status)}; only an active one can be changed")


class TooManyGoals(Problem):
    code = "TOO_MANY_GOALS"
    message = "A member has at most 50 goals at a time; give one up first"


class TooManyMilestones(Problem):
    code = "TOO_MANY_MILESTONES"
    message = "A goal has at most 20 milestones"


class MilestoneIsReached(Problem):
    code = "MILESTONE_IS_REACHED"
    message = "What was reached stays as it is; only its place can change"


class TooLateToUndo(Problem):
    code = "TOO_LATE_TO_UNDO"
    message = "This could be taken back on its day only, and that is over"


class BreakthroughDecided(Problem):
    code = "BREAKTHROUGH_DECIDED"

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"This breakthrough was {in_words(status)} before")


class RiskAlertNotOpen(Problem):
    """Of one that somebody else has acknowledged, and of one that is resolved."""

    code = "RISK_ALERT_NOT_OPEN"

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"This alert is {in_words(status)} already")


class NothingToRecommendBy(Problem):
    code = "NOTHING_TO_RECOMMEND_BY"
    message = "Neither the coherence nor the elements of this member are known yet; an assessment tells them"


class RecommendationNotOpen(Problem):
    code = "RECOMMENDATION_NOT_OPEN"

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"This recommendation is {in_words(status)}, and stays so")


class TooManyInterventions(Problem):
    code = "TOO_MANY_INTERVENTIONS"
    message = "A coach has at most 200 interventions of their own; change one of them"


class InterventionAlreadyAssigned(Problem):
    code = "INTERVENTION_ALREADY_ASSIGNED"
    message = "The member is at this intervention already"


class InterventionIsOver(Problem):
    code = "INTERVENTION_IS_OVER"

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"This intervention is {in_words(status)}, and stays so; give it once more")


class InterventionNotCompleted(Problem):
    code = "INTERVENTION_NOT_COMPLETED"

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"This intervention is {in_words(status)}; only a completed one can be rated")
