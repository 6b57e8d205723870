"""Problems around calendars and sessions, and of what leaves the house."""

import strawberry

from app import problems
from app.models.jobs import JobStatus
from app.models.notifications import Channel, NotificationKind
from app.models.sessions import SessionStatus
from app.schema import (
    jobs,  # noqa: F401  so that its statuses are described
    notifications,  # noqa: F401 - the kinds and channels are described before a type here asks
)
from app.schema.problems.base import Problem, shows
from app.schema.scheduling import SeriesDate  # and the reasons are described before a type here asks for them
from app.schema.sessions import Session
from app.services.scheduling import Unavailable


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


@shows(problems.ChannelNotOptional, "What matters so much cannot be switched off.")
class ChannelNotOptional(Problem):
    kind: NotificationKind = strawberry.field(description="What is told.")
    channel: Channel = strawberry.field(description="How.")


@shows(problems.VersionConflict, "It was changed since the asker saw it.")
class VersionConflict(Problem):
    current_version: int = strawberry.field(description="The version that it has now.")


@shows(problems.IdempotencyKeyReused, "The idempotency key was used for another request.")
class IdempotencyKeyReused(Problem):
    field: str = strawberry.field(description="Always `idempotencyKey`.")


@shows(problems.JobNotParked, "The job waits for its turn, or is under way.")
class JobNotParked(Problem):
    status: JobStatus = strawberry.field(description="Where it stands.")


@shows(problems.JobQueuedAgain, "Another job of the same key is queued, so this one is not needed.")
class JobQueuedAgain(Problem):
    pass


@shows(problems.TryAgain, "Too many changes at the same time.")
class TryAgain(Problem):
    pass
