"""Coaching sessions, live."""

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from app.live import sessions as live
from app.resolvers.arguments import NOT_GIVEN
from app.schema.relations import Info
from app.schema.sessions import SessionsChanged
from app.services import sessions as session_service
from app.wire.relay import given_key

OfCoach = Annotated[
    strawberry.ID | None,
    strawberry.argument(name="coachId", description="Held by this coach; a member sees their own of them."),
]
OfMember = Annotated[strawberry.ID | None, strawberry.argument(name="memberId", description="Of this member.")]


@strawberry.type
class Subscription:
    @strawberry.subscription(
        graphql_type=SessionsChanged,
        description="The sessions to come of a coach, of a member, or of both with each other: the first 500 at once, "
        "then each change by anybody. One of the two is needed. Who may list them by `sessions` may; that is asked "
        "again for each message. Notes, plans and ratings are not told of.",
    )
    async def session_changed(
        self, info: Info, coach_id: OfCoach = NOT_GIVEN, member_id: OfMember = NOT_GIVEN
    ) -> AsyncIterator[live.SessionsChanged]:
        wanted = session_service.SessionFilter.read(
            coach_id=given_key(coach_id, "Coach", "coachId"),
            member_id=given_key(member_id, "Member", "memberId"),
        )
        context = info.context
        return live.sessions_changed(context.house.views, context.asking(), wanted, context.actor_until)
