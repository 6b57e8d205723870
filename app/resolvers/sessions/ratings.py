"""Rating sessions."""

from typing import Annotated

import strawberry

from app.models import sessions as models
from app.schema.problems import AlreadyRated, RatingIsFinal, SessionNotCompleted, result_of
from app.schema.relations import Info
from app.schema.sessions import ChangeSessionRatingInput, RateSessionInput, SessionRating
from app.services import sessions as session_service
from app.wire.inputs import fields_of


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("RateSessionResult", SessionRating, SessionNotCompleted, AlreadyRated),
        description="Rates a completed session of the asking member, once.",
    )
    async def rate_session(
        self, info: Info, input: Annotated[RateSessionInput, strawberry.argument(description="The rating.")]
    ) -> models.SessionRating:
        form = session_service.RateSession.read(**fields_of(input, session_id="Session"))
        return await info.context.write(session_service.rate_session, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("ChangeSessionRatingResult", SessionRating, RatingIsFinal),
        description="Changes one's own rating, for 24 hours after it was given.",
    )
    async def change_session_rating(
        self, info: Info, input: Annotated[ChangeSessionRatingInput, strawberry.argument(description="The changes.")]
    ) -> models.SessionRating:
        changes = fields_of(input, session_id="Session")
        session_id = changes.pop("session_id")
        form = session_service.RatingChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(
            session_service.change_session_rating, session_id=session_id, form=form, now=now
        )
