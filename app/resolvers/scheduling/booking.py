"""Booking, cancelling, rescheduling."""

from typing import Annotated

import strawberry

from app.models import sessions as models
from app.schema.problems import (
    IdempotencyKeyReused,
    MemberNotActive,
    SessionHasBegun,
    SessionNotScheduled,
    SlotFull,
    SlotUnavailable,
    VersionConflict,
    result_of,
)
from app.schema.relations import Info
from app.schema.scheduling import Booking, BookSessionInput, CancelSessionInput, RescheduleSessionInput
from app.schema.sessions import Session
from app.services import scheduling as scheduling_service
from app.wire.inputs import fields_of


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of(
            "BookSessionResult", Booking, SlotFull, SlotUnavailable, MemberNotActive, IdempotencyKeyReused
        ),
        description="Books a listed slot for the asking member, confirmed at once.",
    )
    async def book_session(
        self, info: Info, input: Annotated[BookSessionInput, strawberry.argument(description="The slot.")]
    ) -> scheduling_service.Booked:
        form = scheduling_service.BookSession.read(**fields_of(input, coach_id="Coach"))
        return await info.context.book(form)

    @strawberry.mutation(
        graphql_type=result_of("CancelSessionResult", Session, SessionNotScheduled, SessionHasBegun),
        description="Calls a session off and frees its place.",
    )
    async def cancel_session(
        self, info: Info, input: Annotated[CancelSessionInput, strawberry.argument(description="Which.")]
    ) -> models.CoachingSession:
        form = scheduling_service.CancelSession.read(**fields_of(input, session_id="Session"))
        return await info.context.change(form)

    @strawberry.mutation(
        graphql_type=result_of(
            "RescheduleSessionResult",
            Session,
            SlotFull,
            SlotUnavailable,
            SessionNotScheduled,
            SessionHasBegun,
            VersionConflict,
        ),
        description="Moves a session to another listed slot of its coach.",
    )
    async def reschedule_session(
        self, info: Info, input: Annotated[RescheduleSessionInput, strawberry.argument(description="Where to.")]
    ) -> models.CoachingSession:
        form = scheduling_service.RescheduleSession.read(**fields_of(input, session_id="Session"))
        return await info.context.change(form)
