"""Booking, and changing what is booked."""

from typing import Annotated

import strawberry

from app.models import sessions as models
from app.schema.problems import (
    HoldExpired,
    IdempotencyKeyReused,
    MemberNotActive,
    OverrideNeeded,
    SessionHasBegun,
    SessionNotBegun,
    SessionNotScheduled,
    SlotFull,
    SlotUnavailable,
    VersionConflict,
    result_of,
)
from app.schema.relations import Info
from app.schema.scheduling import (
    Booking,
    BookSessionInput,
    CancelSessionInput,
    CompleteSessionInput,
    MarkNoShowInput,
    RescheduleSessionInput,
    ScheduleSessionInput,
)
from app.schema.sessions import Session
from app.services import scheduling as scheduling_service
from app.wire.inputs import fields_of


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of(
            "BookSessionResult",
            Booking,
            SlotFull,
            SlotUnavailable,
            MemberNotActive,
            HoldExpired,
            IdempotencyKeyReused,
        ),
        description="Books a listed slot for the asking member, confirmed at once.",
    )
    async def book_session(
        self, info: Info, input: Annotated[BookSessionInput, strawberry.argument(description="The slot.")]
    ) -> scheduling_service.Booked:
        form = scheduling_service.BookSession.read(**fields_of(input, coach_id="Coach", hold_id="SlotHold"))
        return await info.context.book(form)

    @strawberry.mutation(
        graphql_type=result_of(
            "ScheduleSessionResult", Booking, SlotFull, SlotUnavailable, MemberNotActive, IdempotencyKeyReused
        ),
        description="Books for a member: a coach in their own calendar, an admin in anybody's.",
    )
    async def schedule_session(
        self, info: Info, input: Annotated[ScheduleSessionInput, strawberry.argument(description="What and for whom.")]
    ) -> scheduling_service.Booked:
        given = fields_of(input, coach_id="Coach", member_id="Member")
        given["coach_id"] = scheduling_service.calendar_owner(info.context.asking(), given.get("coach_id"))
        form = scheduling_service.ScheduleSession.read(**given)
        return await info.context.book(form)

    @strawberry.mutation(
        graphql_type=result_of("CompleteSessionResult", Session, SessionNotScheduled, SessionNotBegun, OverrideNeeded),
        description="Says that a session took place; its member may rate it then.",
    )
    async def complete_session(
        self, info: Info, input: Annotated[CompleteSessionInput, strawberry.argument(description="Which.")]
    ) -> models.CoachingSession:
        form = scheduling_service.CompleteSession.read(**fields_of(input, session_id="Session"))
        return await info.context.change(form)

    @strawberry.mutation(
        graphql_type=result_of("MarkNoShowResult", Session, SessionNotScheduled, SessionNotBegun),
        description="Says that the member did not come.",
    )
    async def mark_no_show(
        self, info: Info, input: Annotated[MarkNoShowInput, strawberry.argument(description="Which.")]
    ) -> models.CoachingSession:
        form = scheduling_service.MarkNoShow.read(**fields_of(input, session_id="Session"))
        return await info.context.change(form)

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
