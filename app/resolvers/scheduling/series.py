"""Booking, cancelling and moving sessions together."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.models import scheduling as models
from app.resolvers.arguments import NOT_GIVEN, CoachId
from app.schema.problems import (
    IdempotencyKeyReused,
    MemberNotActive,
    SeriesNotBookable,
    SessionHasBegun,
    SessionNotScheduled,
    VersionConflict,
    result_of,
)
from app.schema.relations import Info
from app.schema.scheduling import (
    BookSeriesInput,
    CancelSeriesInput,
    RescheduleSeriesInput,
    SeriesChange,
    SeriesDate,
)
from app.schema.sessions import SessionSeries
from app.services import scheduling as scheduling_service
from app.wire.inputs import fields_of
from app.wire.relay import given_key, parse_key


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=list[SeriesDate],
        description="Every date of a series, and what stands in its way; nothing is kept for the asker.",
    )
    async def preview_series(
        self,
        info: Info,
        coach_id: CoachId,
        starts_at: Annotated[datetime, strawberry.argument(description="The first date.")],
        every_weeks: Annotated[int, strawberry.argument(description="1 for every week, 2 for every second one.")],
        occurrences: Annotated[int, strawberry.argument(description="How many dates: 1 to 52.")],
        member_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="For coaches and admins: for whom.")
        ] = NOT_GIVEN,
    ) -> list[scheduling_service.SeriesDate]:
        wanted = scheduling_service.SeriesQuestion.read(
            coach_id=parse_key(coach_id, "Coach", "coachId"),
            starts_at=starts_at,
            every_weeks=every_weeks,
            occurrences=occurrences,
            member_id=given_key(member_id, "Member", "memberId"),
        )
        return await info.context.read(scheduling_service.preview_series, wanted=wanted, now=info.context.now())


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of(
            "BookSeriesResult", SessionSeries, SeriesNotBookable, MemberNotActive, IdempotencyKeyReused
        ),
        description="Books a slot every week or every second one: all dates, or none.",
    )
    async def book_series(
        self, info: Info, input: Annotated[BookSeriesInput, strawberry.argument(description="The dates.")]
    ) -> models.SessionSeries:
        form = scheduling_service.series_form(**fields_of(input, coach_id="Coach", member_id="Member"))
        return await info.context.book_series(form)

    @strawberry.mutation(
        graphql_type=result_of("CancelSeriesResult", SeriesChange, SessionNotScheduled, SessionHasBegun),
        description="Calls sessions of a series off: one, those that follow too, or all that are to come.",
    )
    async def cancel_series(
        self, info: Info, input: Annotated[CancelSeriesInput, strawberry.argument(description="Which.")]
    ) -> scheduling_service.SeriesChanged:
        form = scheduling_service.CancelSeries.read(**fields_of(input, session_id="Session"))
        return await info.context.change_series(form)

    @strawberry.mutation(
        graphql_type=result_of(
            "RescheduleSeriesResult",
            SeriesChange,
            SeriesNotBookable,
            SessionNotScheduled,
            SessionHasBegun,
            VersionConflict,
        ),
        description="Moves sessions of a series by as much as the named one, on the coach's clock: all, or none.",
    )
    async def reschedule_series(
        self, info: Info, input: Annotated[RescheduleSeriesInput, strawberry.argument(description="Where to.")]
    ) -> scheduling_service.SeriesChanged:
        form = scheduling_service.RescheduleSeries.read(**fields_of(input, session_id="Session"))
        return await info.context.change_series(form)
