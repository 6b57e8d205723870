"""Booking, cancelling and moving sessions together."""

from datetime import date, datetime, time

import strawberry

from app.models.sessions import SessionFormat, SessionKind
from app.schema.scheduling.calendars import SlotReason
from app.schema.sessions import Session
from app.services import scheduling as scheduling_service
from app.services.scheduling import SeriesScope
from app.wire.enums import describe

describe(
    SeriesScope,
    "How many sessions of a series a change is for.",
    {
        "THIS": "The named one alone.",
        "THIS_AND_FOLLOWING": "The named one, and those that start later.",
        "ALL": "Every one that is to come.",
    },
)


@strawberry.type(description="One date of a series, and whether it can be booked.")
class SeriesDate:
    starts_at: datetime = strawberry.field(
        description="UTC. Where the clock does not show the time that day, the first instant after it."
    )
    ends_at: datetime = strawberry.field(description="UTC.")
    local_date: date = strawberry.field(description="On the coach's clock.")
    local_time: time = strawberry.field(description="On the coach's clock: the same on every date.")
    is_bookable: bool = strawberry.field(description="There is no reason against it.")
    reasons: list[SlotReason] = strawberry.field(description="All that apply, in order.")


@strawberry.type(description="A session that a change of its series has left as it was.")
class SkippedSession:
    session: Session = strawberry.field(description="The session.")
    message: str = strawberry.field(description="Why, for people.")


@strawberry.type(description="What a change of a series has changed.")
class SeriesChange:
    sessions: list[Session] = strawberry.field(description="Those that were changed, in the order of their start.")
    skipped: list[SkippedSession] = strawberry.field(
        description="Those of the scope that cannot be changed any more, and are as they were."
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, scheduling_service.SeriesChanged)


@strawberry.input(description="Sessions to book together, at the same time on the coach's clock.")
class BookSeriesInput:
    coach_id: strawberry.ID = strawberry.field(description="Whose slots they are.")
    starts_at: datetime = strawberry.field(description="The first date.")
    every_weeks: int = strawberry.field(description="1 for every week, 2 for every second one.")
    occurrences: int = strawberry.field(description="How many dates, the first and skipped ones included: 1 to 52.")
    skip: list[datetime] | None = strawberry.field(
        default=strawberry.UNSET, description="Dates to leave out, by their `startsAt`."
    )
    only: list[datetime] | None = strawberry.field(
        default=strawberry.UNSET, description="The dates to book and no others, by their `startsAt`."
    )
    kind: SessionKind = strawberry.field(default=SessionKind.REGULAR, description="What they are for.")
    format: SessionFormat = strawberry.field(default=SessionFormat.INDIVIDUAL, description="How they are held.")
    note: str | None = strawberry.field(default=strawberry.UNSET, description="For the coach; up to 2,000 characters.")
    member_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="For coaches and admins: for whom; a coach's own member."
    )
    override_reason: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="With a member only: books past availability, time off, notice and booking window too; kept. "
        "Nothing overrides a full slot, or another session at the time.",
    )
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET, description="Chosen by the client: a retry under the same key books nothing twice."
    )


@strawberry.input(description="Sessions of a series to cancel.")
class CancelSeriesInput:
    session_id: strawberry.ID = strawberry.field(description="One session of the series.")
    scope: SeriesScope = strawberry.field(description="Which others too.")
    reason: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters; kept.")


@strawberry.input(description="Sessions of a series to move.")
class RescheduleSeriesInput:
    session_id: strawberry.ID = strawberry.field(description="One session of the series.")
    scope: SeriesScope = strawberry.field(description="Which others too.")
    starts_at: datetime = strawberry.field(
        description="Where the named session goes, a slot of the same coach; others move by as much on the clock."
    )
    expected_version: int | None = strawberry.field(
        default=strawberry.UNSET, description="The version of the named session; refused if it has changed since."
    )
