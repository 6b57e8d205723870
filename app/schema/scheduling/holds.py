"""Places that are held, and lines of those who wait."""

from datetime import datetime

import strawberry

from app.loaders import coaches as coach_loaders
from app.loaders import members as member_loaders
from app.loaders import scheduling as scheduling_loaders
from app.models import scheduling as models
from app.models.scheduling import WaitingStatus
from app.schema.coaches import Coach
from app.schema.members import Member
from app.schema.relations import relation
from app.wire.enums import describe
from app.wire.relay import Node, node_id

describe(
    WaitingStatus,
    "Where somebody who waits for a place stands.",
    {
        "WAITING": "In line.",
        "OFFERED": "A place is held for them: book it by the hold, or leave the line.",
        "BOOKED": "Took the offer.",
        "LEFT": "Left the line, or declined the offer.",
        "LAPSED": "Let the offer pass.",
        "CLOSED": "There is nothing to wait for any more, or they could not come: another session, too late, time off.",
    },
)


@strawberry.type(description="A place that is kept for one member for some minutes, and counts as taken.")
class SlotHold(Node):
    id: strawberry.ID = node_id("SlotHold")
    starts_at: datetime = strawberry.field(description="The slot's start, UTC.")
    ends_at: datetime = strawberry.field(description="The slot's end, UTC.")
    expires_at: datetime = strawberry.field(description="Until when it is kept.")
    is_extended: bool = strawberry.field(description="Whether it was extended, which can be done once.")
    is_offer: bool = strawberry.field(description="Whether it was offered to somebody in line.")
    coach = relation(Coach | None, coach_loaders.coaches_by_id, key="coach_id", description="Whose slot it is.")
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="For whom; null if out of sight."
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.SlotHold)


@strawberry.type(description="Somebody's place in the line for a full slot.")
class WaitingListEntry(Node):
    id: strawberry.ID = node_id("WaitingListEntry")
    starts_at: datetime = strawberry.field(description="The slot's start, UTC.")
    status: WaitingStatus = strawberry.field(description="Where they stand.")
    offered_at: datetime | None = strawberry.field(description="When a place was offered.")
    closed_at: datetime | None = strawberry.field(description="When they ceased to wait.")
    created_at: datetime = strawberry.field(description="When they joined.")
    position = relation(
        int | None,
        scheduling_loaders.positions_by_entry,
        key="id",
        description="1 for who comes first; null for who does not wait any more, or has an offer.",
    )
    hold = relation(
        SlotHold | None,
        scheduling_loaders.holds_by_entry,
        key="id",
        description="The place that is offered; null without one.",
    )
    coach = relation(Coach | None, coach_loaders.coaches_by_id, key="coach_id", description="Whose slot it is.")
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="Who waits; null if out of sight."
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.WaitingListEntry)


@strawberry.type(description="A snapshot, or what changed since the last message of the subscription.")
class WaitingListChanged:
    is_snapshot: bool = strawberry.field(description="True for the first message, which holds every line one is in.")
    entries: list[WaitingListEntry] = strawberry.field(
        description="In the order of the slots' start; after the snapshot those that are new, have moved up, have an "
        "offer, or are over, which are told of once."
    )


@strawberry.input(description="A slot to keep a place in.")
class HoldSlotInput:
    coach_id: strawberry.ID = strawberry.field(description="Whose slot it is.")
    starts_at: datetime = strawberry.field(description="The start of a listed slot.")


@strawberry.input(description="A hold to extend.")
class ExtendHoldInput:
    hold_id: strawberry.ID = strawberry.field(description="The hold.")


@strawberry.input(description="A hold to give back.")
class ReleaseHoldInput:
    hold_id: strawberry.ID = strawberry.field(description="The hold.")


@strawberry.input(description="A full slot to wait for.")
class JoinWaitingListInput:
    coach_id: strawberry.ID = strawberry.field(description="Whose slot it is.")
    starts_at: datetime = strawberry.field(description="The start of a full slot.")


@strawberry.input(description="A line to leave.")
class LeaveWaitingListInput:
    entry_id: strawberry.ID = strawberry.field(description="The asker's place in it.")
