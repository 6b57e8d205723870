"""Sessions as calendars see them, and the feeds by which calendar programs read them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.loaders import sessions as session_loaders
from app.loaders.sessions import calendar_events as events
from app.loaders.sessions.calendar_events import CalendarEventStatus
from app.models import sessions as models
from app.models.identity import Role
from app.schema.relations import relation
from app.services import sessions as session_service
from app.wire.enums import describe
from app.wire.relay import global_id

if TYPE_CHECKING:
    from app.schema.sessions.session import Session

describe(
    CalendarEventStatus,
    "Where a calendar event stands.",
    {"CONFIRMED": "It takes or took place, or was to.", "CANCELLED": "Its session is cancelled; it stays, as such."},
)


@strawberry.type(description="Somebody who has a part in a calendar event.")
class CalendarParty:
    name: str = strawberry.field(description="Their name.")
    role: Role = strawberry.field(description="As what they take part.")


@strawberry.type(description="A session as calendars see it: read from the session, so it is never different.")
class CalendarEvent:
    uid: str = strawberry.field(description="The UID of iCalendar; it stays for life.")
    sequence: int = strawberry.field(description="The SEQUENCE of iCalendar: grows when it is moved or cancelled.")
    category: str = strawberry.field(description="Always `Coaching Session`.")
    status: CalendarEventStatus = strawberry.field(description="Where it stands.")
    starts_at: datetime = strawberry.field(description="UTC.")
    ends_at: datetime = strawberry.field(description="UTC.")
    creator: CalendarParty = strawberry.field(description="The coach.")
    attendees: list[CalendarParty] = strawberry.field(
        description="The member. Others in the same slot have events of their own."
    )

    url: str | None = strawberry.field(
        description="Where the session's details are to be seen; null while PUBLIC_URL is not set."
    )
    session = relation(
        Annotated["Session", strawberry.lazy("app.schema.sessions.session")] | None,
        session_loaders.sessions_by_id,
        key="session_id",
        description="The session.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, events.CalendarEvent)


@strawberry.type(description="An address by which a calendar program reads the sessions of whoever made it.")
class CalendarFeed:
    name: str = strawberry.field(description="What it was called.")
    last_read_at: datetime | None = strawberry.field(description="When it was last read, to the hour; null: never.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @strawberry.field(description="Names it to `revokeCalendarFeed`.")
    @staticmethod
    def id(root: strawberry.Parent[models.CalendarFeed]) -> strawberry.ID:
        return global_id("CalendarFeed", root.id)

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.CalendarFeed)


@strawberry.type(description="A new feed, with its address, which is not shown again.")
class CreatedCalendarFeed:
    feed: CalendarFeed = strawberry.field(description="The feed.")
    url: str = strawberry.field(
        description="Whoever knows it reads the feed: a secret. A path of this server while PUBLIC_URL is not set."
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, session_service.CreatedFeed)


@strawberry.input(description="A new feed.")
class CreateCalendarFeedInput:
    name: str = strawberry.field(description="1 to 80 characters, such as the device that is to read it.")


@strawberry.input(description="Which feed to revoke.")
class RevokeCalendarFeedInput:
    id: strawberry.ID = strawberry.field(description="One's own feed.")
