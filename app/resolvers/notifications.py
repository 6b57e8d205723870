"""What a user was told, is told, and wants to be told."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import strawberry

from app.live import notifications as live
from app.models import notifications as models
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, page
from app.schema.notifications import (
    MarkAllNotificationsReadInput,
    MarkNotificationReadInput,
    Notification,
    NotificationPreferences,
    NotificationReceived,
    NotificationsRead,
    UpdateNotificationPreferencesInput,
)
from app.schema.problems import ChannelNotOptional, result_of
from app.schema.relations import Info
from app.services import notifications as notification_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, parse_key


@strawberry.type
class Query:
    @strawberry.field(graphql_type=Connection[Notification], description="What the asker was told, the newest first.")
    async def notifications(
        self,
        info: Info,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
        unread_only: Annotated[bool | None, strawberry.argument(description="Only what is unread.")] = NOT_GIVEN,
    ) -> Connection[Notification]:
        found = await info.context.read(
            notification_service.list_notifications, unread_only=bool(unread_only), page=page(first, after)
        )
        return connection(found)

    @strawberry.field(description="How many of the asker's notifications are unread.")
    async def unread_notification_count(self, info: Info) -> int:
        return await info.context.read(notification_service.count_unread)

    @strawberry.field(graphql_type=NotificationPreferences, description="What the asker is told, and how.")
    async def notification_preferences(self, info: Info) -> notification_service.Preferences:
        return await info.context.read(notification_service.find_preferences)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("MarkNotificationReadResult", Notification),
        description="Says that the asker has read a notification.",
    )
    async def mark_notification_read(
        self, info: Info, input: Annotated[MarkNotificationReadInput, strawberry.argument(description="Which.")]
    ) -> models.Notification:
        notification_id = parse_key(input.id, "Notification", "id")
        return await info.context.write(
            notification_service.mark_notification_read, notification_id=notification_id, now=info.context.now()
        )

    @strawberry.mutation(
        graphql_type=result_of("MarkAllNotificationsReadResult", NotificationsRead),
        description="Says that the asker has read all that they were told up to a time.",
    )
    async def mark_all_notifications_read(
        self, info: Info, input: Annotated[MarkAllNotificationsReadInput, strawberry.argument(description="Which.")]
    ) -> notification_service.Read:
        form = notification_service.ReadUntil.read(**fields_of(input))
        return await info.context.write(notification_service.mark_all_read, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateNotificationPreferencesResult", NotificationPreferences, ChannelNotOptional),
        description="Changes what the asker is told from now on, and how.",
    )
    async def update_notification_preferences(
        self,
        info: Info,
        input: Annotated[UpdateNotificationPreferencesInput, strawberry.argument(description="The changes.")],
    ) -> notification_service.Preferences:
        fields: dict[str, Any] = fields_of(input)
        if fields.get("changes") is not None:
            fields["changes"] = [vars(change) for change in fields["changes"]]
        if fields.get("quiet_hours") is not None:
            fields["quiet_hours"] = vars(fields["quiet_hours"])
        form = notification_service.PreferenceChanges.read(**fields)
        return await info.context.write(notification_service.update_preferences, form=form, now=info.context.now())


@strawberry.type
class Subscription:
    @strawberry.subscription(
        graphql_type=NotificationReceived,
        description="How many of the asker's notifications are unread; then each new one, and each new count.",
    )
    async def notification_received(self, info: Info) -> AsyncIterator[live.NotificationReceived]:
        context = info.context
        return live.notifications_received(context.house.views, context.asking(), context.actor_until)
