"""Problems of coherence, growth and risk."""

import strawberry

from app import problems
from app.models.coherence import AssessmentStatus, BreakthroughStatus, QuestionSetStatus
from app.models.growth import GoalStatus, InterventionStatus, RecommendationStatus
from app.models.risk import RiskAlertStatus
from app.schema import (
    growth,  # noqa: F401  so that its statuses are described
    risk,  # noqa: F401 - and where an alert stands
)
from app.schema.coherence import Question
from app.schema.growth import recommendations  # noqa: F401 - and what becomes of them
from app.schema.problems.base import Problem, shows


@shows(problems.BreakthroughDecided, "The breakthrough was confirmed or dismissed before.")
class BreakthroughDecided(Problem):
    status: BreakthroughStatus = strawberry.field(description="Which of the two.")


@shows(problems.AssessmentIsOver, "The assessment was completed or given up.")
class AssessmentIsOver(Problem):
    status: AssessmentStatus = strawberry.field(description="How it ended.")


@shows(problems.AssessmentIncomplete, "Required questions have no answer yet.")
class AssessmentIncomplete(Problem):
    questions: list[Question] = strawberry.field(description="Those that are left, in their order.")


@shows(problems.LaterScoreExists, "The member has a score of a later time, as an import can bring one.")
class LaterScoreExists(Problem):
    pass


@shows(problems.QuestionSetNotDraft, "The set is published, or was: it stays as it is.")
class QuestionSetNotDraft(Problem):
    status: QuestionSetStatus = strawberry.field(description="Where it stands.")


@shows(problems.QuestionSetNotPublished, "The set is a draft, or asked no more.")
class QuestionSetNotPublished(Problem):
    status: QuestionSetStatus = strawberry.field(description="Where it stands.")


@shows(problems.QuestionSetIncomplete, "The set lacks questions that one of its type has.")
class QuestionSetIncomplete(Problem):
    pass


@shows(problems.QuestionSetFull, "The set has as many questions as one can have.")
class QuestionSetFull(Problem):
    pass


@shows(problems.NothingToRecommendBy, "Nothing is known of the member to recommend by.")
class NothingToRecommendBy(Problem):
    pass


@shows(problems.RecommendationNotOpen, "What became of the recommendation cannot be changed.")
class RecommendationNotOpen(Problem):
    status: RecommendationStatus = strawberry.field(description="What became of it.")


@shows(problems.GoalIsOver, "The goal was reached or given up, and stays as it was.")
class GoalIsOver(Problem):
    status: GoalStatus = strawberry.field(description="Where it stands.")


@shows(problems.TooManyGoals, "The member has as many goals at a time as one may have.")
class TooManyGoals(Problem):
    pass


@shows(problems.TooManyMilestones, "The goal has as many milestones as one may have.")
class TooManyMilestones(Problem):
    pass


@shows(problems.MilestoneIsReached, "The milestone was reached, and stays as it was.")
class MilestoneIsReached(Problem):
    pass


@shows(problems.TooLateToUndo, "The day is over on which this could be taken back.")
class TooLateToUndo(Problem):
    pass


@shows(problems.TooManyInterventions, "The coach has as many interventions of their own as one may have.")
class TooManyInterventions(Problem):
    pass


@shows(problems.InterventionAlreadyAssigned, "The member was given it, and is at it still.")
class InterventionAlreadyAssigned(Problem):
    pass


@shows(problems.InterventionIsOver, "It was completed or given up, and stays so.")
class InterventionIsOver(Problem):
    status: InterventionStatus = strawberry.field(description="Where it stands.")


@shows(problems.InterventionNotCompleted, "Only what is completed is rated.")
class InterventionNotCompleted(Problem):
    status: InterventionStatus = strawberry.field(description="Where it stands.")


@shows(problems.RiskAlertNotOpen, "Somebody has acknowledged the alert, or it is resolved.")
class RiskAlertNotOpen(Problem):
    status: RiskAlertStatus = strawberry.field(description="Where it stands.")
