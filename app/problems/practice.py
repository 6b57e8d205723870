"""What can be refused of people, calendars and sessions, and of what leaves the house."""

from typing import TYPE_CHECKING

from app.problems.base import Problem, in_words

if TYPE_CHECKING:
    from app.models.notifications import Channel, NotificationKind
    from app.models.sessions import CoachingSession
    from app.services.scheduling.series_dates import SeriesDate


class EmailTaken(Problem):
    code = "EMAIL_TAKEN"
    message = "There is an account with this e-mail address already"
    field = "email"


class InvalidCredentials(Problem):
    code = "INVALID_CREDENTIALS"
    message = "E-mail or password is wrong"


class InvalidRefreshToken(Problem):
    code = "INVALID_REFRESH_TOKEN"
    message = "This refresh token is unknown, expired or was used before; log in again"


class CoachNotAcceptingMembers(Problem):
    code = "COACH_NOT_ACCEPTING_MEMBERS"
    message = "This coach does not accept new members"


class CoachAtCapacity(Problem):
    code = "COACH_AT_CAPACITY"
    message = "This coach has reached the limit of members"


class WindowsOverlap(Problem):
    code = "WINDOWS_OVERLAP"
    message = "This window overlaps another one of the same day"
    field = "startTime"


class BookingsInTheWay(Problem):
    code = "BOOKINGS_IN_THE_WAY"
    message = "Sessions that are booked would be left without their time; move or cancel them first"

    def __init__(self, sessions: "list[CoachingSession]") -> None:
        self.sessions = sessions
        super().__init__()


class SlotFull(Problem):
    code = "SLOT_FULL"
    message = "This slot is now full, please choose another"


class SlotUnavailable(Problem):
    """`reason` is a value of the slot arithmetic's `Unavailable`."""

    code = "SLOT_UNAVAILABLE"

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class SeriesNotBookable(Problem):
    code = "SERIES_NOT_BOOKABLE"

    def __init__(self, dates: "list[SeriesDate]") -> None:
        self.dates = dates
        them = "one of the dates" if len(dates) == 1 else f"{len(dates)} of the dates"
        super().__init__(f"Nothing was changed, because {them} cannot be booked")


class MemberNotActive(Problem):
    code = "MEMBER_NOT_ACTIVE"
    message = "This membership is not active, so no sessions can be booked"


class SessionNotScheduled(Problem):
    code = "SESSION_NOT_SCHEDULED"

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"This session is {in_words(status)}; only a scheduled one can be changed")


class SessionHasBegun(Problem):
    code = "SESSION_HAS_BEGUN"
    message = "This session has begun or is over"


class SessionNotBegun(Problem):
    code = "SESSION_NOT_BEGUN"
    message = "This session has not begun yet"


class OverrideNeeded(Problem):
    code = "OVERRIDE_NEEDED"
    message = "This overrides what was said of the session before: give a reason, which is kept"
    field = "overrideReason"


class HoldExpired(Problem):
    """Of a hold that has expired or was used, and of one that is another's or never was."""

    code = "HOLD_EXPIRED"
    message = "This place is not held for you, or no longer; hold it again"
    field = "holdId"


class HoldNotExtendable(Problem):
    code = "HOLD_NOT_EXTENDABLE"


class SlotNotFull(Problem):
    code = "SLOT_NOT_FULL"
    message = "This slot has a free place: book it, there is nothing to wait for"


class NotInLine(Problem):
    code = "NOT_IN_LINE"
    message = "You are not in this line, or no longer"


class TooManyWaitingLists(Problem):
    code = "TOO_MANY_WAITING_LISTS"


class SessionNotCompleted(Problem):
    code = "SESSION_NOT_COMPLETED"

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"This session is {in_words(status)}; only a completed one can be rated")


class AlreadyRated(Problem):
    code = "ALREADY_RATED"

    def __init__(self, can_be_changed: bool) -> None:
        self.can_be_changed = can_be_changed
        super().__init__("This session is rated already" + ("; change that rating" if can_be_changed else ""))


class RatingIsFinal(Problem):
    code = "RATING_IS_FINAL"
    message = "A rating can be changed for 24 hours, and these are over"


class AlreadyPlanned(Problem):
    code = "ALREADY_PLANNED"
    message = "This session has a plan already"


class PlanFull(Problem):
    code = "PLAN_FULL"
    message = "A plan has at most 100 items"


class TooManyTemplates(Problem):
    code = "TOO_MANY_TEMPLATES"
    message = "A coach has at most 50 templates; remove one first"


class TooManyOutsideCalendars(Problem):
    code = "TOO_MANY_OUTSIDE_CALENDARS"
    message = "A coach has at most 10 calendars elsewhere; remove one first"


class TimeOffIsImported(Problem):
    code = "TIME_OFF_IS_IMPORTED"
    message = "This time comes from a calendar elsewhere: change it there, or remove that calendar here"


class TooManyWebhookEndpoints(Problem):
    code = "TOO_MANY_WEBHOOK_ENDPOINTS"
    message = "There are at most 20 endpoints; remove one first"


class WebhookEndpointIsDisabled(Problem):
    code = "WEBHOOK_ENDPOINT_IS_DISABLED"
    message = "Nothing is sent to a disabled endpoint; enable it first"


class TooMuchToReplay(Problem):
    code = "TOO_MUCH_TO_REPLAY"

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"These are more than {most:,} messages; choose a shorter time")


class TooManyMessageHooks(Problem):
    code = "TOO_MANY_MESSAGE_HOOKS"
    message = "A coach has at most 20 message hooks; remove one first"


class TooManyCalendarFeeds(Problem):
    code = "TOO_MANY_CALENDAR_FEEDS"
    message = "Nobody has more than 10 calendar feeds; revoke one first"


class ChannelNotOptional(Problem):
    code = "CHANNEL_NOT_OPTIONAL"
    message = "What is told so cannot be switched off"

    def __init__(self, kind: "NotificationKind", channel: "Channel") -> None:
        self.kind, self.channel = kind, channel
        super().__init__()


class VersionConflict(Problem):
    code = "VERSION_CONFLICT"

    def __init__(self, current_version: int, what: str = "session") -> None:
        self.current_version = current_version
        super().__init__(f"This {what} was changed in the meantime; look at it again")


class IdempotencyKeyReused(Problem):
    code = "IDEMPOTENCY_KEY_REUSED"
    message = "This idempotency key was used for another request"
    field = "idempotencyKey"


class AlreadyAssigned(Problem):
    code = "ALREADY_ASSIGNED"
    message = "The member has this coach already"


class JobNotParked(Problem):
    code = "JOB_NOT_PARKED"

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"This job is {in_words(status)}; only a parked one can be retried or dropped")


class JobQueuedAgain(Problem):
    code = "JOB_QUEUED_AGAIN"
    message = "A job of the same key is queued already; drop this one"


class TryAgain(Problem):
    code = "TRY_AGAIN"
    message = "Too many changes at the same time; nothing was written, try again"
