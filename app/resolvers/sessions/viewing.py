"""Coaching sessions: the list and one."""

from typing import Annotated

import strawberry

from app.models import sessions as models
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, NodeId, page
from app.schema.relations import Info
from app.schema.sessions import Session, SessionFilter
from app.services import sessions as session_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, parse_key

Filter = Annotated[SessionFilter | None, strawberry.argument(description="Which sessions; default: all in sight.")]


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=Connection[Session],
        description="Sessions that the asker has a part in, in the order of their start; an admin's all.",
    )
    async def sessions(
        self, info: Info, first: First = DEFAULT_FIRST, after: After = NOT_GIVEN, filter: Filter = NOT_GIVEN
    ) -> Connection[Session]:
        given = fields_of(filter, coach_id="Coach", member_id="Member") if filter else {}
        wanted = session_service.SessionFilter.read(**given)
        found = await info.context.read(session_service.list_sessions, wanted=wanted, page=page(first, after))
        return connection(found)

    @strawberry.field(graphql_type=Session | None, description="One session that the asker has a part in.")
    async def session(self, info: Info, id: NodeId) -> models.CoachingSession:
        return await info.context.read(session_service.access_session, parse_key(id, "Session", "id"))
