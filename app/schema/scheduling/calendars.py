"""Availability, slots, bookings, and what open views of slots are sent."""

from binascii import b2a_base64
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID

import strawberry

from app.live import ranges as live
from app.loaders import coaches as coach_loaders
from app.loaders import scheduling as scheduling_loaders
from app.models import scheduling as models
from app.models.scheduling import BookingStatus, DayOfWeek, TimeOffKind
from app.models.sessions import SessionFormat, SessionKind
from app.schema.coaches import Coach
from app.schema.relations import relation
from app.schema.scheduling.outside_calendars import OutsideCalendar
from app.schema.sessions import Session
from app.services import scheduling as scheduling_service
from app.services.scheduling import Unavailable
from app.services.scheduling.refusals import MESSAGES
from app.wire.enums import describe
from app.wire.relay import Node, global_id, node_id
from app.wire.scalars import TimeZone

describe(
    DayOfWeek,
    "A day of the week, in the coach's zone.",
    {day.name: day.name.capitalize() + "." for day in DayOfWeek},
)
describe(
    TimeOffKind,
    "Why a coach is away.",
    {
        "VACATION": "On holiday.",
        "SICK": "Ill.",
        "PERSONAL": "For personal reasons.",
        "OTHER": "For another reason.",
        "OUTSIDE_CALENDAR": "A calendar elsewhere says so; it is changed there.",
    },
)
describe(
    BookingStatus,
    "How a request for a slot ended.",
    {"CONFIRMED": "With a session.", "REJECTED": "Without one; the reason is kept."},
)
describe(
    Unavailable,
    "Why a slot cannot be booked, in the order in which reasons are given.",
    {reason.name: f"{message}." for reason, message in MESSAGES.items()},
    name="SlotUnavailableReason",
)


@strawberry.type(description="A weekly stretch of time in which a coach is available, on the coach's own clock.")
class AvailabilityWindow(Node):
    id: strawberry.ID = node_id("AvailabilityWindow")
    day_of_week: DayOfWeek = strawberry.field(description="In the coach's zone.")
    start_time: time = strawberry.field(description="On the coach's clock; stays the same when the clocks change.")
    end_time: time = strawberry.field(description="On the coach's clock, the same day.")
    max_sessions_per_slot: int = strawberry.field(description="How many members one slot takes.")
    location: str | None = strawberry.field(description="Where sessions take place.")
    coach = relation(Coach | None, coach_loaders.coaches_by_id, key="coach_id", description="Whose window it is.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.AvailabilityWindow)


@strawberry.type(description="A range of time that takes availability away.")
class TimeOff(Node):
    id: strawberry.ID = node_id("TimeOff")
    starts_at: datetime = strawberry.field(description="UTC.")
    ends_at: datetime = strawberry.field(description="UTC.")
    kind: TimeOffKind = strawberry.field(description="Why.")
    reason: str | None = strawberry.field(description="In the coach's own words; members do not see it.")
    coach = relation(Coach | None, coach_loaders.coaches_by_id, key="coach_id", description="Who is away.")
    outside_calendar = relation(
        OutsideCalendar | None,
        scheduling_loaders.outside_calendars_by_id,
        key="outside_calendar_id",
        description="The calendar elsewhere that says so; null for a coach's own.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.TimeOff)


def slot_id(slot: scheduling_service.Slot) -> strawberry.ID:
    start = b2a_base64(b"%d" % slot.starts_at.timestamp(), newline=False).rstrip(b"=")  # digits need no safe alphabet
    return strawberry.ID(_id_before_start(slot.coach_id) + start.decode())


@lru_cache(maxsize=1_000)
def _id_before_start(coach_id: UUID) -> str:
    """With the type's name it has 42 characters, a multiple of three: what follows is encoded as it would be alone."""
    return global_id("Slot", f"{coach_id}/")


def _slot_id(root: strawberry.Parent[Any]) -> strawberry.ID:
    return slot_id(root)


@strawberry.type(description="One bookable start of one coach; computed, never stored.")
class Slot(Node):
    id: strawberry.ID = strawberry.field(resolver=_slot_id, description="The same for this coach and start for ever.")
    starts_at: datetime = strawberry.field(description="UTC.")
    ends_at: datetime = strawberry.field(description="UTC.")
    capacity: int = strawberry.field(description="How many members it takes.")
    booked: int = strawberry.field(description="How many places are taken.")
    held: int = strawberry.field(
        description="How many places are kept for somebody who is choosing, or waits and comes first."
    )
    remaining: int = strawberry.field(description="How many places are free.")
    is_bookable: bool = strawberry.field(description="Whether a booking would be confirmed now.")
    unavailable_reason: Unavailable | None = strawberry.field(
        description="The first reason against it; null for a bookable slot."
    )
    local_date: date = strawberry.field(description="The start's date on the asked clock; the coach's by default.")
    local_time: time = strawberry.field(description="The start's time on that clock.")
    utc_offset_minutes: int = strawberry.field(description="How far that clock is ahead of UTC at the start.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, scheduling_service.Slot)


@strawberry.type(description="The slots of a range, all of one version of the coach's calendar.")
class SlotCalendar:
    version: int = strawberry.field(description="Rises with each change of the calendar.")
    time_zone: TimeZone = strawberry.field(description="The zone of the slots' local fields.")
    slots: list[Slot] = strawberry.field(description="In the order of their start.")


@strawberry.type(description="One reason against a slot.")
class SlotReason:
    code: Unavailable = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people.")


@strawberry.type(description="Why an instant can or cannot be booked.")
class SlotExplanation:
    is_bookable: bool = strawberry.field(description="There is no reason against it.")
    reasons: list[SlotReason] = strawberry.field(description="All that apply, in order.")
    slot: Slot | None = strawberry.field(description="The slot that starts then; null where none is offered.")


@strawberry.type(description="A snapshot, or what changed since the last message of the subscription.")
class SlotAvailability:
    version: int = strawberry.field(description="The calendar's version; never goes back.")
    is_snapshot: bool = strawberry.field(description="True for the first message, which holds every slot.")
    slots: list[Slot] = strawberry.field(
        description="Every slot of the range, unavailable ones too; after the snapshot those that changed. Shown as "
        "everybody sees them: your own sessions elsewhere are not counted."
    )

    @strawberry.field(description="Slots that are no longer offered at all.")
    @staticmethod
    def removed_slot_ids(root: strawberry.Parent[live.SlotAvailability]) -> list[strawberry.ID]:
        return [slot_id(slot) for slot in root.removed]


@strawberry.type(description="A member's request for a slot, confirmed at once.")
class Booking(Node):
    id: strawberry.ID = node_id("Booking")
    status: BookingStatus = strawberry.field(description="How it ended.")
    session: Session = strawberry.field(description="What was booked.")
    slot: Slot | None = strawberry.field(description="The slot after it; null if it is no longer offered.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, scheduling_service.Booked)


@strawberry.type(description="Something that is gone.")
class Removed:
    id: strawberry.ID = strawberry.field(description="The id that it had.")


@strawberry.input(description="A new weekly window.")
class AddAvailabilityWindowInput:
    day_of_week: DayOfWeek = strawberry.field(description="In the coach's zone.")
    start_time: time = strawberry.field(description="A full minute on the coach's clock.")
    end_time: time = strawberry.field(description="After `startTime`; a window does not cross midnight.")
    max_sessions_per_slot: int = strawberry.field(description="1 to 1,000.")
    location: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters.")
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="For admins; default: the asker."
    )


@strawberry.input(description="Changes of a window; what is left out stays as it is.")
class UpdateAvailabilityWindowInput:
    id: strawberry.ID = strawberry.field(description="The window.")
    day_of_week: DayOfWeek | None = strawberry.field(default=strawberry.UNSET, description="In the coach's zone.")
    start_time: time | None = strawberry.field(default=strawberry.UNSET, description="A full minute.")
    end_time: time | None = strawberry.field(default=strawberry.UNSET, description="After `startTime`.")
    max_sessions_per_slot: int | None = strawberry.field(default=strawberry.UNSET, description="1 to 1,000.")
    location: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters.")


@strawberry.input(description="A window to remove.")
class RemoveAvailabilityWindowInput:
    id: strawberry.ID = strawberry.field(description="The window.")


@strawberry.input(description="A range of time in which nothing can be booked.")
class AddTimeOffInput:
    starts_at: datetime = strawberry.field(description="With an offset.")
    ends_at: datetime = strawberry.field(description="After `startsAt`.")
    kind: TimeOffKind = strawberry.field(default=TimeOffKind.VACATION, description="Why.")
    reason: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters.")
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="For admins; default: the asker."
    )


@strawberry.input(description="A time off to remove.")
class RemoveTimeOffInput:
    id: strawberry.ID = strawberry.field(description="The time off.")


@strawberry.input(description="A slot to book.")
class BookSessionInput:
    coach_id: strawberry.ID = strawberry.field(description="Whose slot it is.")
    starts_at: datetime = strawberry.field(description="The start of a listed slot.")
    hold_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The place that is held for you; default: the one at this start, if any."
    )
    kind: SessionKind = strawberry.field(default=SessionKind.REGULAR, description="What it is for.")
    format: SessionFormat = strawberry.field(default=SessionFormat.INDIVIDUAL, description="How it is held.")
    note: str | None = strawberry.field(default=strawberry.UNSET, description="For the coach; up to 2,000 characters.")
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET, description="Chosen by the client: a retry under the same key books nothing twice."
    )


@strawberry.input(description="A session to book for a member.")
class ScheduleSessionInput:
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="For admins: whose slot it is; default: the asker's own."
    )
    member_id: strawberry.ID = strawberry.field(description="For whom; a coach's own member.")
    starts_at: datetime = strawberry.field(description="The start of a slot; with an override any full minute.")
    kind: SessionKind = strawberry.field(default=SessionKind.REGULAR, description="What it is for.")
    format: SessionFormat = strawberry.field(default=SessionFormat.INDIVIDUAL, description="How it is held.")
    note: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 2,000 characters.")
    override_reason: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Books outside of availability, time off, notice and booking window too, and in the past; "
        "kept in the history. Nothing overrides a full slot or another session at the time.",
    )
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET, description="Chosen by the client: a retry under the same key books nothing twice."
    )


@strawberry.input(description="A session that took place.")
class CompleteSessionInput:
    session_id: strawberry.ID = strawberry.field(description="The session.")
    override_reason: str | None = strawberry.field(
        default=strawberry.UNSET, description="Needed for one that was marked as a no-show; kept in the history."
    )


@strawberry.input(description="A session to which its member did not come.")
class MarkNoShowInput:
    session_id: strawberry.ID = strawberry.field(description="The session.")
    reason: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters; kept.")


@strawberry.input(description="A session to cancel.")
class CancelSessionInput:
    session_id: strawberry.ID = strawberry.field(description="The session.")
    reason: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters; kept.")


@strawberry.input(description="A session to move.")
class RescheduleSessionInput:
    session_id: strawberry.ID = strawberry.field(description="The session.")
    starts_at: datetime = strawberry.field(description="The start of a listed slot of the same coach.")
    expected_version: int | None = strawberry.field(
        default=strawberry.UNSET, description="The version that the asker saw; refused if it has changed since."
    )
    override_reason: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="For coaches and admins, who may move it past availability, notice and booking window; kept.",
    )
