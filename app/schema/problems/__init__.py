"""The GraphQL side of `app.problems`: one type for each problem, and the unions that mutations answer."""

from inspect import get_annotations
from typing import Annotated, Any, Union

import strawberry
from strawberry.schema.exception_handlers import ExceptionHandler

from app import problems
from app.schema.problems.base import SHOWN_AS, Problem, ProblemCode
from app.schema.problems.growth import (
    AssessmentIncomplete,
    AssessmentIsOver,
    BreakthroughDecided,
    GoalIsOver,
    InterventionAlreadyAssigned,
    InterventionIsOver,
    InterventionNotCompleted,
    LaterScoreExists,
    MilestoneIsReached,
    NothingToRecommendBy,
    QuestionSetFull,
    QuestionSetIncomplete,
    QuestionSetNotDraft,
    QuestionSetNotPublished,
    RecommendationNotOpen,
    RiskAlertNotOpen,
    TooLateToUndo,
    TooManyGoals,
    TooManyInterventions,
    TooManyMilestones,
)
from app.schema.problems.practice import (
    AlreadyAssigned,
    AlreadyPlanned,
    AlreadyRated,
    BookingsInTheWay,
    ChannelNotOptional,
    CoachAtCapacity,
    CoachNotAcceptingMembers,
    EmailTaken,
    HoldExpired,
    HoldNotExtendable,
    IdempotencyKeyReused,
    InvalidCredentials,
    InvalidInput,
    InvalidRefreshToken,
    JobNotParked,
    JobQueuedAgain,
    MemberNotActive,
    NotInLine,
    OverrideNeeded,
    PlanFull,
    RatingIsFinal,
    SeriesNotBookable,
    SessionHasBegun,
    SessionNotBegun,
    SessionNotCompleted,
    SessionNotScheduled,
    SlotFull,
    SlotNotFull,
    SlotUnavailable,
    TimeOffIsImported,
    TooManyCalendarFeeds,
    TooManyMessageHooks,
    TooManyOutsideCalendars,
    TooManyTemplates,
    TooManyWaitingLists,
    TooManyWebhookEndpoints,
    TooMuchToReplay,
    TryAgain,
    VersionConflict,
    WebhookEndpointIsDisabled,
    WindowsOverlap,
)
from app.wire.relay import InvalidId

__all__ = [
    "SHOWN_AS",
    "AlreadyAssigned",
    "AlreadyPlanned",
    "AlreadyRated",
    "AssessmentIncomplete",
    "AssessmentIsOver",
    "BookingsInTheWay",
    "BreakthroughDecided",
    "ChannelNotOptional",
    "CoachAtCapacity",
    "CoachNotAcceptingMembers",
    "EmailTaken",
    "GoalIsOver",
    "HoldExpired",
    "HoldNotExtendable",
    "IdempotencyKeyReused",
    "InterventionAlreadyAssigned",
    "InterventionIsOver",
    "InterventionNotCompleted",
    "InvalidCredentials",
    "InvalidInput",
    "InvalidRefreshToken",
    "JobNotParked",
    "JobQueuedAgain",
    "LaterScoreExists",
    "MemberNotActive",
    "MilestoneIsReached",
    "NotInLine",
    "NothingToRecommendBy",
    "OverrideNeeded",
    "PlanFull",
    "Problem",
    "ProblemCode",
    "QuestionSetFull",
    "QuestionSetIncomplete",
    "QuestionSetNotDraft",
    "QuestionSetNotPublished",
    "RatingIsFinal",
    "RecommendationNotOpen",
    "RiskAlertNotOpen",
    "SeriesNotBookable",
    "SessionHasBegun",
    "SessionNotBegun",
    "SessionNotCompleted",
    "SessionNotScheduled",
    "SlotFull",
    "SlotNotFull",
    "SlotUnavailable",
    "TimeOffIsImported",
    "TooLateToUndo",
    "TooManyCalendarFeeds",
    "TooManyGoals",
    "TooManyInterventions",
    "TooManyMessageHooks",
    "TooManyMilestones",
    "TooManyOutsideCalendars",
    "TooManyTemplates",
    "TooManyWaitingLists",
    "TooManyWebhookEndpoints",
    "TooMuchToReplay",
    "TryAgain",
    "VersionConflict",
    "WebhookEndpointIsDisabled",
    "WindowsOverlap",
    "handlers",
    "result_of",
    "shown",
]


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
