"""Cancelling and completing every session of one start."""

from typing import Annotated

import strawberry

from app.schema.problems import result_of, shown
from app.schema.relations import Info
from app.schema.scheduling import CancelSlotInput, CompleteSlotInput, SlotSessionResult, SlotSessions
from app.services import scheduling as scheduling_service
from app.wire.inputs import fields_of


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("CancelSlotResult", SlotSessions),
        description="Calls off every scheduled session of one start, and ends what is held and waited for there. The "
        "slot can be booked again unless time off is added.",
    )
    async def cancel_slot(
        self, info: Info, input: Annotated[CancelSlotInput, strawberry.argument(description="Which.")]
    ) -> SlotSessions:
        form = scheduling_service.CancelSlot.read(**fields_of(input, coach_id="Coach"))
        wanted = await info.context.write(scheduling_service.cancel_slot, form=form, now=info.context.now())
        return await _changed(info, wanted)

    @strawberry.mutation(
        graphql_type=result_of("CompleteSlotResult", SlotSessions),
        description="Says of every scheduled session of one start that it took place.",
    )
    async def complete_slot(
        self, info: Info, input: Annotated[CompleteSlotInput, strawberry.argument(description="Which.")]
    ) -> SlotSessions:
        form = scheduling_service.CompleteSlot.read(**fields_of(input, coach_id="Coach"))
        return await _changed(info, await info.context.read(scheduling_service.complete_slot, form=form))


async def _changed(info: Info, wanted: scheduling_service.SlotChanges) -> SlotSessions:
    problems = await info.context.change_each(wanted)
    return SlotSessions(
        results=[
            SlotSessionResult(session_id=form.session_id, problem=None if problem is None else shown(problem))
            for form, problem in zip(wanted.changes, problems, strict=True)
        ]
    )
