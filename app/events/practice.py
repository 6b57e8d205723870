"""What happens around calendars and sessions, and in what leaves the house."""

from datetime import datetime
from uuid import UUID

from app.events.base import Event


class CalendarChanged(Event):
    """A coach's calendar has a new version: whoever looks at its slots reads again."""

    coach_id: UUID
    version: int


class NotificationsChanged(Event):
    """What these users were told, or have read, is not what it was."""

    user_ids: tuple[UUID, ...]


class MemberSignedUp(Event):
    member_id: UUID
    user_id: UUID


class CoachCreated(Event):
    coach_id: UUID
    user_id: UUID


class CoachAssigned(Event):
    """Told to the coach (11.8); heard by conversations once they exist (1.5, 6.6)."""

    member_id: UUID
    coach_id: UUID
    previous_coach_id: UUID | None


class SessionBooked(Event):
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime


class BookingRejected(Event):
    booking_id: UUID
    coach_id: UUID
    member_id: UUID
    reason: str


class SessionRescheduled(Event):
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    from_starts_at: datetime
    to_starts_at: datetime


class SessionCancelled(Event):
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime


class SessionCompleted(Event):
    """Asks the member for a rating (requirements 4.6, 9.1, 11.6)."""

    session_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime


class SessionNoShow(Event):
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime


class PlaceOffered(Event):
    """A place that has become free is held for the first in line."""

    hold_id: UUID
    entry_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime
    expires_at: datetime


class WaitingListJoined(Event):
    entry_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime


class WaitingListLeft(Event):
    """Somebody is in line no longer; `outcome` is the status that their entry has."""

    entry_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime
    outcome: str


class SessionRated(Event):
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    stars: int


class SessionRatingChanged(Event):
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    stars: int


class SessionPlanShared(Event):
    plan_id: UUID
    session_id: UUID
    coach_id: UUID
    member_id: UUID


class SessionPlanUnshared(Event):
    plan_id: UUID
    session_id: UUID
    coach_id: UUID
    member_id: UUID


class SessionPlanReminderDue(Event):
    """The member is to be reminded of the plan that is shared with them."""

    plan_id: UUID
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    remind_at: datetime


class SessionNoteShared(Event):
    """The other side can read a note from now on."""

    note_id: UUID
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    author_user_id: UUID


class DeliveryAsked(Event):
    """A mail or an SMS is to be sent once more."""

    delivery_id: UUID


class OutsideCalendarDue(Event):
    """A calendar elsewhere is to be fetched: it is new, somebody asked, or it is time again."""

    calendar_id: UUID
    coach_id: UUID


class OutsideCalendarFailed(Event):
    """A calendar elsewhere is not fetched any more until its coach does something; `reason` is for people."""

    calendar_id: UUID
    coach_id: UUID
    reason: str


class WebhookTestAsked(Event):
    """Somebody wants an endpoint to be sent something, to see whether it arrives."""

    endpoint_id: UUID
    coach_id: UUID | None


class WebhookReplayAsked(Event):
    """What an endpoint was sent is to be sent again: one message, or those of a time (`until` not included)."""

    endpoint_id: UUID
    coach_id: UUID | None
    message_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    only_failed: bool = False


class WebhookEndpointDisabled(Event):
    """We gave an endpoint up; `coach_id` is None where it is the practice's."""

    endpoint_id: UUID
    coach_id: UUID | None
    reason: str


class MessageQueued(Event):
    """A communication is to be sent, by mail or SMS as its channel is."""

    communication_id: UUID
    coach_id: UUID
    member_id: UUID
    channel: str
