"""Holding a place, and waiting for one."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from app.live import waiting as live
from app.models import scheduling as models
from app.models.scheduling import WaitingStatus
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, page
from app.schema.problems import (
    HoldExpired,
    HoldNotExtendable,
    MemberNotActive,
    NotInLine,
    SlotFull,
    SlotNotFull,
    SlotUnavailable,
    TooManyWaitingLists,
    result_of,
)
from app.schema.relations import Info
from app.schema.scheduling import (
    ExtendHoldInput,
    HoldSlotInput,
    JoinWaitingListInput,
    LeaveWaitingListInput,
    ReleaseHoldInput,
    Removed,
    SlotHold,
    WaitingListChanged,
    WaitingListEntry,
)
from app.services import scheduling as scheduling_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, given_key, global_id, parse_key

OfCoach = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only in this coach's calendar.", name="coachId")
]


def _coach(coach_id: str | None) -> UUID | None:
    return given_key(coach_id, "Coach", "coachId")


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=Connection[SlotHold],
        description="Places that are held now, offers among them, in the order of their start: the asker's own; a "
        "coach's, those in their calendar; an admin's, all.",
    )
    async def slot_holds(
        self, info: Info, first: First = DEFAULT_FIRST, after: After = NOT_GIVEN, coach_id: OfCoach = NOT_GIVEN
    ) -> Connection[SlotHold]:
        found = await info.context.read(
            scheduling_service.list_holds, coach_id=_coach(coach_id), page=page(first, after)
        )
        return connection(found)

    @strawberry.field(
        graphql_type=Connection[WaitingListEntry],
        description="Places in line, by start and then as the line goes: the asker's own; a coach's, those in their "
        "calendar; an admin's, all.",
    )
    async def waiting_list_entries(
        self,
        info: Info,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
        coach_id: OfCoach = NOT_GIVEN,
        starts_at: Annotated[
            datetime | None, strawberry.argument(description="Only of the slot that starts then.")
        ] = NOT_GIVEN,
        status: Annotated[
            list[WaitingStatus] | None, strawberry.argument(description="Only who stands so; default: all.")
        ] = NOT_GIVEN,
    ) -> Connection[WaitingListEntry]:
        wanted = scheduling_service.WaitingFilter.read(
            coach_id=_coach(coach_id), starts_at=starts_at or None, status=None if status is NOT_GIVEN else status
        )
        return connection(
            await info.context.read(scheduling_service.list_waiting, wanted=wanted, page=page(first, after))
        )


@strawberry.type
class Subscription:
    @strawberry.subscription(
        graphql_type=WaitingListChanged,
        description="The lines that the asking member is in, and each change: moving up, an offer (`hold`), its end.",
    )
    async def waiting_list_offer(self, info: Info) -> AsyncIterator[live.WaitingListChanged]:
        context = info.context
        return live.waiting_lists_changed(context.house.views, context.asking(), context.actor_until)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("HoldSlotResult", SlotHold, SlotFull, SlotUnavailable, MemberNotActive),
        description="Keeps a place of a listed slot for five minutes; a place that the asker held with the same coach "
        "is given back for it.",
    )
    async def hold_slot(
        self, info: Info, input: Annotated[HoldSlotInput, strawberry.argument(description="Where.")]
    ) -> models.SlotHold:
        form = scheduling_service.HoldSlot.read(**fields_of(input, coach_id="Coach"))
        return await info.context.hold(form)

    @strawberry.mutation(
        graphql_type=result_of("ExtendHoldResult", SlotHold, HoldExpired, HoldNotExtendable),
        description="Keeps a held place for five minutes more; once.",
    )
    async def extend_hold(
        self, info: Info, input: Annotated[ExtendHoldInput, strawberry.argument(description="Which.")]
    ) -> models.SlotHold:
        hold_id = parse_key(input.hold_id, "SlotHold", "holdId")
        return await info.context.write(scheduling_service.extend_hold, hold_id=hold_id)

    @strawberry.mutation(
        graphql_type=result_of("ReleaseHoldResult", Removed, HoldExpired),
        description="Gives a held place back: to who is first in line, or to everybody.",
    )
    async def release_hold(
        self, info: Info, input: Annotated[ReleaseHoldInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        hold_id = parse_key(input.hold_id, "SlotHold", "holdId")
        await info.context.write(scheduling_service.release_hold, hold_id=hold_id, now=info.context.now())
        return Removed(id=global_id("SlotHold", hold_id))

    @strawberry.mutation(
        graphql_type=result_of(
            "JoinWaitingListResult",
            WaitingListEntry,
            SlotNotFull,
            SlotUnavailable,
            MemberNotActive,
            TooManyWaitingLists,
        ),
        description="Waits for a place in a full slot, behind those who wait already.",
    )
    async def join_waiting_list(
        self, info: Info, input: Annotated[JoinWaitingListInput, strawberry.argument(description="Where.")]
    ) -> models.WaitingListEntry:
        form = scheduling_service.JoinWaitingList.read(**fields_of(input, coach_id="Coach"))
        return await info.context.write(scheduling_service.join_waiting_list, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("LeaveWaitingListResult", WaitingListEntry, NotInLine),
        description="Leaves a line; what was offered goes to the next.",
    )
    async def leave_waiting_list(
        self, info: Info, input: Annotated[LeaveWaitingListInput, strawberry.argument(description="Which.")]
    ) -> models.WaitingListEntry:
        entry_id = parse_key(input.entry_id, "WaitingListEntry", "entryId")
        return await info.context.write(
            scheduling_service.leave_waiting_list, entry_id=entry_id, now=info.context.now()
        )
