"""Calendar events, and feeds of them."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.models import sessions as models
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, page
from app.schema.problems import TooManyCalendarFeeds, result_of
from app.schema.relations import Info
from app.schema.scheduling import Removed
from app.schema.sessions import (
    CalendarEvent,
    CalendarFeed,
    CreateCalendarFeedInput,
    CreatedCalendarFeed,
    RevokeCalendarFeedInput,
)
from app.services import sessions as session_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, given_key, global_id, parse_key

From = Annotated[datetime | None, strawberry.argument(description="Events that end after this instant.", name="from")]
To = Annotated[datetime | None, strawberry.argument(description="Events that begin before this instant.")]
Coach = Annotated[strawberry.ID | None, strawberry.argument(description="Held by this coach.", name="coachId")]
Member = Annotated[strawberry.ID | None, strawberry.argument(description="Of this member.", name="memberId")]


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=Connection[CalendarEvent],
        description="The asker's calendar, in the order of the events' start: of a coach those that they hold, "
        "of an admin all.",
    )
    async def calendar_events(
        self,
        info: Info,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
        from_: From = NOT_GIVEN,
        to: To = NOT_GIVEN,
        coach_id: Coach = NOT_GIVEN,
        member_id: Member = NOT_GIVEN,
    ) -> Connection[CalendarEvent]:
        wanted = session_service.CalendarQuestion.read(
            from_=from_ or None,
            to=to or None,
            coach_id=given_key(coach_id, "Coach", "coachId"),
            member_id=given_key(member_id, "Member", "memberId"),
        )
        found = await info.context.read(session_service.list_calendar_events, wanted=wanted, page=page(first, after))
        return connection(found)

    @strawberry.field(graphql_type=list[CalendarFeed], description="The asker's feeds, oldest first; at most 10.")
    async def calendar_feeds(self, info: Info) -> list[models.CalendarFeed]:
        return await info.context.read(session_service.list_calendar_feeds)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("CreateCalendarFeedResult", CreatedCalendarFeed, TooManyCalendarFeeds),
        description="An address by which a calendar program reads the asker's sessions without logging in.",
    )
    async def create_calendar_feed(
        self, info: Info, input: Annotated[CreateCalendarFeedInput, strawberry.argument(description="The feed.")]
    ) -> session_service.CreatedFeed:
        form = session_service.NewCalendarFeed.read(**fields_of(input))
        return await info.context.write(session_service.create_calendar_feed, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("RevokeCalendarFeedResult", Removed),
        description="Takes a feed of the asker's back: its address leads nowhere from now on.",
    )
    async def revoke_calendar_feed(
        self, info: Info, input: Annotated[RevokeCalendarFeedInput, strawberry.argument(description="Which one.")]
    ) -> Removed:
        feed_id = parse_key(input.id, "CalendarFeed", "id")
        removed = await info.context.write(session_service.revoke_calendar_feed, feed_id=feed_id)
        return Removed(id=global_id("CalendarFeed", removed))
