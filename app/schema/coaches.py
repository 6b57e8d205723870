"""Coaches."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.actor import Actor
from app.loaders import identity as identity_loaders
from app.loaders import scheduling as scheduling_loaders
from app.models import coaches as models
from app.models.coaches import BookingAudience, CoachStatus
from app.schema.identity import User
from app.schema.relations import relation
from app.wire.enums import describe
from app.wire.relay import Node, node_id
from app.wire.scalars import EmailAddress, TimeZone

if TYPE_CHECKING:
    from app.schema.scheduling import AvailabilityWindow, TimeOff

describe(
    CoachStatus,
    "Where a coach stands with the practice.",
    {
        "PENDING": "Has applied.",
        "APPROVED": "Is accepted, and not yet open.",
        "ACTIVE": "Takes bookings.",
        "SUSPENDED": "Takes no bookings for now.",
    },
)
describe(
    BookingAudience,
    "Who may see and book a coach's slots.",
    {
        "ASSIGNED": "The coach's own members.",
        "MEMBERS": "Every member of the practice.",
        "PUBLIC": "Everybody; a stranger sees the slots and signs up to book.",
    },
)


def is_own(actor: Actor, coach: models.Coach) -> bool:
    return actor.is_admin or actor.coach_id == coach.id


@strawberry.type(description="A coach's public profile, with the rules of their calendar.")
class Coach(Node):
    id: strawberry.ID = node_id("Coach")
    display_name: str = strawberry.field(description="The name that members see.")
    practice_name: str | None = strawberry.field(description="The name of the coach's practice.")
    bio: str | None = strawberry.field(description="In the coach's own words.")
    coaching_focus: str | None = strawberry.field(description="What the coaching is about, in a line.")
    specialties: list[str] = strawberry.field(description="What the coach is best at.")
    years_experience: int | None = strawberry.field(description="Years of coaching.")
    time_zone: TimeZone = strawberry.field(description="The zone of the coach's windows.")
    status: CoachStatus = strawberry.field(description="Only an active coach takes bookings.")
    is_accepting_members: bool = strawberry.field(description="Whether one can choose this coach at sign-up.")
    max_members: int = strawberry.field(description="How many members the coach takes.")
    member_count: int = strawberry.field(description="How many members the coach has now.")
    free_places: int = strawberry.field(description="How many more members the coach can take.")
    average_rating: float | None = strawberry.field(
        description="Stars of all rated sessions, 1 to 5 with two decimals; null without any."
    )
    rating_count: int = strawberry.field(description="How many sessions were rated.")
    booking_audience: BookingAudience = strawberry.field(description="Who may see and book the slots.")
    session_minutes: int = strawberry.field(description="Length of a session, in minutes.")
    buffer_minutes: int = strawberry.field(description="Minutes kept free between sessions of different starts.")
    slot_interval_minutes: int | None = strawberry.field(
        description="Minutes from one start to the next; null: session and buffer together."
    )
    min_notice_minutes: int = strawberry.field(description="How many minutes before its start a slot closes.")
    booking_window_days: int = strawberry.field(description="How many calendar days ahead one can book.")
    cancellation_notice_hours: int | None = strawberry.field(
        description="How many hours before the start a member may still cancel without losing the credit, for sessions "
        "booked from now on; null: until the start."
    )
    waiting_offer_minutes: int = strawberry.field(
        description="How many minutes a place that has become free is kept for the first in line."
    )
    created_at: datetime = strawberry.field(description="When the profile was made.")
    user = relation(
        User | None,
        identity_loaders.users_by_id,
        key="user_id",
        description="The login; null unless it is yours or you are an admin.",
        shown_to=is_own,
    )
    availability_windows = relation(
        list[Annotated["AvailabilityWindow", strawberry.lazy("app.schema.scheduling")]] | None,
        scheduling_loaders.windows_by_coach,
        key="id",
        description="The weekly windows; null unless they are yours or you are an admin.",
        shown_to=is_own,
    )
    time_off = relation(
        list[Annotated["TimeOff", strawberry.lazy("app.schema.scheduling")]] | None,
        scheduling_loaders.time_off_by_coach,
        key="id",
        description="Past and coming time off; null unless it is yours or you are an admin.",
        shown_to=is_own,
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.Coach)


@strawberry.input(description="Which coaches to list.")
class CoachFilter:
    search: str | None = strawberry.field(
        default=strawberry.UNSET, description="Part of the name, the practice or the focus, in any case."
    )
    specialty: str | None = strawberry.field(default=strawberry.UNSET, description="One of the specialties, exactly.")
    is_accepting_members: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Only those who do, or do not, accept members."
    )
    has_free_places: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Only those with, or without, a free place."
    )


@strawberry.input(description="A new coach's account.")
class CreateCoachInput:
    email: EmailAddress = strawberry.field(description="The login's name; one account for each address.")
    password: str = strawberry.field(description="10 to 256 characters.")
    display_name: str = strawberry.field(description="Up to 120 characters.")
    time_zone: TimeZone = strawberry.field(description="The zone of the coach's windows.")


@strawberry.input(description="Changes of a coach's profile; what is left out stays as it is.")
class UpdateCoachInput:
    id: strawberry.ID = strawberry.field(description="The coach.")
    display_name: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 120 characters.")
    practice_name: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 120 characters.")
    bio: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 5,000 characters.")
    coaching_focus: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters.")
    specialties: list[str] | None = strawberry.field(default=strawberry.UNSET, description="Up to 20.")
    years_experience: int | None = strawberry.field(default=strawberry.UNSET, description="0 to 80.")
    time_zone: TimeZone | None = strawberry.field(default=strawberry.UNSET, description="The zone of the windows.")
    status: CoachStatus | None = strawberry.field(default=strawberry.UNSET, description="For admins only.")
    max_members: int | None = strawberry.field(
        default=strawberry.UNSET, description="0 to 10,000; below today's count it only stops further ones."
    )
    is_accepting_members: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether one can choose this coach at sign-up."
    )
    booking_audience: BookingAudience | None = strawberry.field(
        default=strawberry.UNSET, description="Who may see and book the slots."
    )
    session_minutes: int | None = strawberry.field(default=strawberry.UNSET, description="5 to 720.")
    buffer_minutes: int | None = strawberry.field(default=strawberry.UNSET, description="0 to 720.")
    slot_interval_minutes: int | None = strawberry.field(
        default=strawberry.UNSET, description="5 to 1,440; null: session and buffer together."
    )
    min_notice_minutes: int | None = strawberry.field(default=strawberry.UNSET, description="0 to 525,600.")
    booking_window_days: int | None = strawberry.field(default=strawberry.UNSET, description="0 to 730.")
    cancellation_notice_hours: int | None = strawberry.field(
        default=strawberry.UNSET, description="0 to 720; null: no policy. Sessions that are booked keep theirs."
    )
    waiting_offer_minutes: int | None = strawberry.field(default=strawberry.UNSET, description="1 to 1,440.")
