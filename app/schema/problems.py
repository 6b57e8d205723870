"""The GraphQL side of `app.problems`: one type for each problem, and the unions that mutations answer."""

from collections.abc import Callable
from enum import Enum
from inspect import get_annotations
from typing import Annotated, Any, TypeVar, Union

import strawberry
from strawberry.schema.exception_handlers import ExceptionHandler

from app import problems, problems_of_growth
from app.models.coherence import AssessmentStatus, BreakthroughStatus, QuestionSetStatus
from app.models.growth import GoalStatus, InterventionStatus, RecommendationStatus
from app.models.jobs import JobStatus
from app.models.notifications import Channel, NotificationKind
from app.models.risk import RiskAlertStatus
from app.models.sessions import SessionStatus
from app.schema import (
    coherence,  # noqa: F401
    growth,  # noqa: F401  so that its statuses are described
    jobs,  # noqa: F401  so that its statuses are described
    notifications,  # noqa: F401 - the kinds and channels are described before a type here asks
    risk,  # noqa: F401 - and where an alert stands
)
from app.schema.coherence import Question
from app.schema.growth import recommendations  # noqa: F401 - and what becomes of them
from app.schema.scheduling import SeriesDate  # and the reasons are described before a type here asks for them
from app.schema.sessions import Session
from app.services.scheduling import Unavailable
from app.wire.enums import describe
from app.wire.relay import InvalidId

Shown = TypeVar("Shown", bound=type)

PROBLEMS = tuple(sorted(problems.Problem.__subclasses__(), key=lambda problem: problem.code))

# Made of the list of problems, so that neither can have a code that the other has not.
ProblemCode: Any = Enum("ProblemCode", [(problem.code, problem.code) for problem in PROBLEMS])  # type: ignore[misc]
describe(
    ProblemCode,
    "What went wrong, for programs.",
    {problem.code: problem.message or f"See the type {problem.__name__}." for problem in PROBLEMS},
)

SHOWN_AS: dict[type[problems.Problem], type] = {}


@strawberry.interface(description="An expected refusal. Nothing was changed.")
class Problem:
    code: ProblemCode = strawberry.field(description="What went wrong, for programs.")
    message: str = strawberry.field(description="What went wrong, for people.")


def shows(problem: type[problems.Problem], description: str) -> Callable[[Shown], Shown]:
    """Makes a class the GraphQL type of a problem; its own fields are attributes of the exception."""

    def register(shown: Shown) -> Shown:
        SHOWN_AS[problem] = strawberry.type(shown, description=description)
        return shown

    return register


@shows(problems.InvalidInput, "A field of the input is wrong.")
class InvalidInput(Problem):
    field: str = strawberry.field(
        description="The field, by its name in the input; inside of a list `sections.0.text`."
    )


@shows(problems.EmailTaken, "There is an account with this e-mail address already.")
class EmailTaken(Problem):
    field: str = strawberry.field(description="Always `email`.")


@shows(problems.InvalidCredentials, "E-mail or password is wrong; it is not said which.")
class InvalidCredentials(Problem):
    pass


@shows(problems.InvalidRefreshToken, "The refresh token is unknown, expired, or was used before.")
class InvalidRefreshToken(Problem):
    pass


@shows(problems.CoachNotAcceptingMembers, "The coach does not accept new members.")
class CoachNotAcceptingMembers(Problem):
    pass


@shows(problems.CoachAtCapacity, "The coach has reached the limit of members.")
class CoachAtCapacity(Problem):
    pass


@shows(problems.AlreadyAssigned, "The member has this coach already.")
class AlreadyAssigned(Problem):
    pass


@shows(problems.WindowsOverlap, "The window overlaps another one of the same day.")
class WindowsOverlap(Problem):
    field: str = strawberry.field(description="Always `startTime`.")


@shows(problems.BookingsInTheWay, "Booked sessions would be left without their time.")
class BookingsInTheWay(Problem):
    sessions: list[Session] = strawberry.field(description="The sessions that would be stranded.")


@shows(problems.SlotFull, "The slot has no free place left.")
class SlotFull(Problem):
    pass


@shows(problems.SlotUnavailable, "The slot cannot be booked.")
class SlotUnavailable(Problem):
    reason: Unavailable = strawberry.field(description="The first reason against it.")


@shows(problems.SeriesNotBookable, "Some dates cannot be booked, so none was, and nothing was moved.")
class SeriesNotBookable(Problem):
    dates: list[SeriesDate] = strawberry.field(description="Those that are in the way, each with every reason.")


@shows(problems.MemberNotActive, "The membership is paused or over.")
class MemberNotActive(Problem):
    pass


@shows(problems.SessionNotScheduled, "The session is completed, cancelled, or was missed.")
class SessionNotScheduled(Problem):
    status: SessionStatus = strawberry.field(description="Where it stands.")


@shows(problems.SessionHasBegun, "The session has begun or is over.")
class SessionHasBegun(Problem):
    pass


@shows(problems.SessionNotBegun, "The session has not begun yet.")
class SessionNotBegun(Problem):
    pass


@shows(problems.OverrideNeeded, "This takes a reason that is kept.")
class OverrideNeeded(Problem):
    field: str = strawberry.field(description="Always `overrideReason`.")


@shows(problems.HoldExpired, "The place is not held for the asker, or no longer.")
class HoldExpired(Problem):
    field: str = strawberry.field(description="Always `holdId`.")


@shows(problems.HoldNotExtendable, "The hold was extended before, or is an offer.")
class HoldNotExtendable(Problem):
    pass


@shows(problems.SlotNotFull, "The slot has a free place, or one that is held for the asker.")
class SlotNotFull(Problem):
    pass


@shows(problems.NotInLine, "The asker does not wait there, or no longer.")
class NotInLine(Problem):
    pass


@shows(problems.TooManyWaitingLists, "The asker waits for too many slots already.")
class TooManyWaitingLists(Problem):
    pass


@shows(problems.SessionNotCompleted, "The session did not take place, or is still to come.")
class SessionNotCompleted(Problem):
    status: SessionStatus = strawberry.field(description="Where it stands.")


@shows(problems.AlreadyRated, "The session has a rating already.")
class AlreadyRated(Problem):
    can_be_changed: bool = strawberry.field(description="Whether `changeSessionRating` would still be accepted.")


@shows(problems.RatingIsFinal, "The rating was given more than 24 hours ago.")
class RatingIsFinal(Problem):
    pass


@shows(problems.AlreadyPlanned, "The session has a plan already.")
class AlreadyPlanned(Problem):
    pass


@shows(problems.PlanFull, "The plan has as many items as one can have.")
class PlanFull(Problem):
    pass


@shows(problems.TooManyTemplates, "The coach has as many templates as one can have.")
class TooManyTemplates(Problem):
    pass


@shows(problems.TooManyOutsideCalendars, "The coach has as many calendars elsewhere as one can have.")
class TooManyOutsideCalendars(Problem):
    pass


@shows(problems.TimeOffIsImported, "The time off comes from a calendar elsewhere.")
class TimeOffIsImported(Problem):
    pass


@shows(problems.TooManyWebhookEndpoints, "The coach, or the practice, has as many endpoints as one can have.")
class TooManyWebhookEndpoints(Problem):
    pass


@shows(problems.WebhookEndpointIsDisabled, "Nothing is sent to the endpoint.")
class WebhookEndpointIsDisabled(Problem):
    pass


@shows(problems.TooMuchToReplay, "The time has too many messages.")
class TooMuchToReplay(Problem):
    most: int = strawberry.field(description="As many can be sent again at once.")


@shows(problems.TooManyMessageHooks, "The coach has as many message hooks as one can have.")
class TooManyMessageHooks(Problem):
    pass


@shows(problems.TooManyCalendarFeeds, "The asker has as many calendar feeds as one can have.")
class TooManyCalendarFeeds(Problem):
    pass


@shows(problems_of_growth.BreakthroughDecided, "The breakthrough was confirmed or dismissed before.")
class BreakthroughDecided(Problem):
    status: BreakthroughStatus = strawberry.field(description="Which of the two.")


@shows(problems.ChannelNotOptional, "What matters so much cannot be switched off.")
class ChannelNotOptional(Problem):
    kind: NotificationKind = strawberry.field(description="What is told.")
    channel: Channel = strawberry.field(description="How.")


@shows(problems_of_growth.AssessmentIsOver, "The assessment was completed or given up.")
class AssessmentIsOver(Problem):
    status: AssessmentStatus = strawberry.field(description="How it ended.")


@shows(problems_of_growth.AssessmentIncomplete, "Required questions have no answer yet.")
class AssessmentIncomplete(Problem):
    questions: list[Question] = strawberry.field(description="Those that are left, in their order.")


@shows(problems_of_growth.LaterScoreExists, "The member has a score of a later time, as an import can bring one.")
class LaterScoreExists(Problem):
    pass


@shows(problems_of_growth.QuestionSetNotDraft, "The set is published, or was: it stays as it is.")
class QuestionSetNotDraft(Problem):
    status: QuestionSetStatus = strawberry.field(description="Where it stands.")


@shows(problems_of_growth.QuestionSetNotPublished, "The set is a draft, or asked no more.")
class QuestionSetNotPublished(Problem):
    status: QuestionSetStatus = strawberry.field(description="Where it stands.")


@shows(problems_of_growth.QuestionSetIncomplete, "The set lacks questions that one of its type has.")
class QuestionSetIncomplete(Problem):
    pass


@shows(problems_of_growth.QuestionSetFull, "The set has as many questions as one can have.")
class QuestionSetFull(Problem):
    pass


@shows(problems_of_growth.NothingToRecommendBy, "Nothing is known of the member to recommend by.")
class NothingToRecommendBy(Problem):
    pass


@shows(problems_of_growth.RecommendationNotOpen, "What became of the recommendation cannot be changed.")
class RecommendationNotOpen(Problem):
    status: RecommendationStatus = strawberry.field(description="What became of it.")


@shows(problems.VersionConflict, "It was changed since the asker saw it.")
class VersionConflict(Problem):
    current_version: int = strawberry.field(description="The version that it has now.")


@shows(problems.IdempotencyKeyReused, "The idempotency key was used for another request.")
class IdempotencyKeyReused(Problem):
    field: str = strawberry.field(description="Always `idempotencyKey`.")


@shows(problems_of_growth.GoalIsOver, "The goal was reached or given up, and stays as it was.")
class GoalIsOver(Problem):
    status: GoalStatus = strawberry.field(description="Where it stands.")


@shows(problems_of_growth.TooManyGoals, "The member has as many goals at a time as one may have.")
class TooManyGoals(Problem):
    pass


@shows(problems_of_growth.TooManyMilestones, "The goal has as many milestones as one may have.")
class TooManyMilestones(Problem):
    pass


@shows(problems_of_growth.MilestoneIsReached, "The milestone was reached, and stays as it was.")
class MilestoneIsReached(Problem):
    pass


@shows(problems_of_growth.TooLateToUndo, "The day is over on which this could be taken back.")
class TooLateToUndo(Problem):
    pass


@shows(problems_of_growth.TooManyInterventions, "The coach has as many interventions of their own as one may have.")
class TooManyInterventions(Problem):
    pass


@shows(problems_of_growth.InterventionAlreadyAssigned, "The member was given it, and is at it still.")
class InterventionAlreadyAssigned(Problem):
    pass


@shows(problems_of_growth.InterventionIsOver, "It was completed or given up, and stays so.")
class InterventionIsOver(Problem):
    status: InterventionStatus = strawberry.field(description="Where it stands.")


@shows(problems_of_growth.InterventionNotCompleted, "Only what is completed is rated.")
class InterventionNotCompleted(Problem):
    status: InterventionStatus = strawberry.field(description="Where it stands.")


@shows(problems.JobNotParked, "The job waits for its turn, or is under way.")
class JobNotParked(Problem):
    status: JobStatus = strawberry.field(description="Where it stands.")


@shows(problems.JobQueuedAgain, "Another job of the same key is queued, so this one is not needed.")
class JobQueuedAgain(Problem):
    pass


@shows(problems_of_growth.RiskAlertNotOpen, "Somebody has acknowledged the alert, or it is resolved.")
class RiskAlertNotOpen(Problem):
    status: RiskAlertStatus = strawberry.field(description="Where it stands.")


@shows(problems.TryAgain, "Too many changes at the same time.")
class TryAgain(Problem):
    pass


def shown(problem: problems.Problem) -> Any:
    """The same as data, for where it is a part of an answer and not the answer."""
    return _Shows(type(problem), SHOWN_AS[type(problem)]).handle(problem, field=None, info=None)


def result_of(name: str, success: type, *refusals: type) -> Any:
    """The union that a mutation answers; wrong input and lost races can happen to every one of them."""
    members = (success, *refusals, InvalidInput, TryAgain)
    description = f"{success.__name__}, or the problem that prevented it."
    return Annotated[Union[members], strawberry.union(name, description=description)]  # noqa: UP007


class _Shows:
    """Strawberry's handler protocol, told at run time which exception becomes which type."""

    def __init__(self, problem: type[problems.Problem], shown: type) -> None:
        self.exception_type = (problem, InvalidId) if problem is problems.InvalidInput else (problem,)
        self.error_type = shown

    def handle(self, exception: Any, *, field: object, info: object) -> object:
        extra = {name: getattr(exception, name) for name in get_annotations(self.error_type)}
        if isinstance(exception, InvalidId):
            return InvalidInput(code=ProblemCode(problems.InvalidInput.code), message=str(exception), **extra)
        return self.error_type(code=ProblemCode(exception.code), message=exception.message, **extra)


def handlers() -> list[ExceptionHandler[Any]]:
    """Turns each raised problem into its member of the field's union."""
    return [_Shows(problem, shown) for problem, shown in SHOWN_AS.items()]
