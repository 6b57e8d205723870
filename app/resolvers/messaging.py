"""Message templates, communications, and the hooks that send them."""

from typing import Annotated

import strawberry

from app.loaders.messaging import ReadCommunication
from app.models import messaging as models
from app.models.messaging import CommunicationChannel, MessageKind
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, page
from app.schema.messaging import (
    AddMessageTemplateInput,
    Communication,
    CreateMessageHookInput,
    LogCommunicationInput,
    MadeMessageHook,
    MessageHook,
    MessagePreview,
    MessageTemplate,
    RemoveMessageHookInput,
    RemoveMessageTemplateInput,
    SendMessageInput,
    UpdateMessageTemplateInput,
)
from app.schema.problems import IdempotencyKeyReused, TooManyMessageHooks, TooManyTemplates, result_of
from app.schema.relations import Info
from app.schema.scheduling import Removed
from app.services import messaging as messaging_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, given_key, global_id, parse_key

Whose = Annotated[
    strawberry.ID | None, strawberry.argument(description="The coach; for admins, others have their own.")
]
ToWhom = Annotated[strawberry.ID, strawberry.argument(description="The member.")]
OfKind = Annotated[MessageKind | None, strawberry.argument(description="Of this kind only.")]
ByChannel = Annotated[CommunicationChannel | None, strawberry.argument(description="Of this channel only.")]
Text = Annotated[str | None, strawberry.argument(description="A text that may hold placeholders.")]
Template = Annotated[strawberry.ID | None, strawberry.argument(description="Or a template.")]
AboutSession = Annotated[strawberry.ID | None, strawberry.argument(description="The session that the text tells of.")]


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=list[MessageTemplate],
        description="What a coach can write by: first what is built in, then their own by name.",
    )
    async def message_templates(
        self, info: Info, kind: OfKind = NOT_GIVEN, coach_id: Whose = NOT_GIVEN
    ) -> list[messaging_service.AnyMessageTemplate]:
        whose = given_key(coach_id, "Coach", "coachId")
        return await info.context.read(messaging_service.list_message_templates, coach_id=whose, kind=kind or None)

    @strawberry.field(graphql_type=MessagePreview, description="What a member would read. Nothing is sent.")
    async def preview_message(
        self,
        info: Info,
        member_id: ToWhom,
        body: Text = NOT_GIVEN,
        template_id: Template = NOT_GIVEN,
        session_id: AboutSession = NOT_GIVEN,
    ) -> messaging_service.MessagePreview:
        form = messaging_service.Draft.read(
            member_id=parse_key(member_id, "Member", "memberId"),
            body=None if body is NOT_GIVEN else body,
            template_id=given_key(template_id, "MessageTemplate", "templateId"),
            session_id=given_key(session_id, "Session", "sessionId"),
        )
        return await info.context.read(messaging_service.preview_message, form=form)

    @strawberry.field(
        graphql_type=Connection[Communication],
        description="What was said with one member, the newest first. Members see what was sent to them.",
    )
    async def communications(
        self,
        info: Info,
        member_id: ToWhom,
        channel: ByChannel = NOT_GIVEN,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
    ) -> Connection[Communication]:
        found = await info.context.read(
            messaging_service.list_communications,
            member_id=parse_key(member_id, "Member", "memberId"),
            channel=channel or None,
            page=page(first, after),
        )
        return connection(found)

    @strawberry.field(graphql_type=list[MessageHook], description="A coach's hooks, without their secrets.")
    async def message_hooks(self, info: Info, coach_id: Whose = NOT_GIVEN) -> list[models.MessageHook]:
        whose = given_key(coach_id, "Coach", "coachId")
        return await info.context.read(messaging_service.list_message_hooks, coach_id=whose)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("AddMessageTemplateResult", MessageTemplate, TooManyTemplates),
        description="Adds a template to one's own; as an admin, to anybody's.",
    )
    async def add_message_template(
        self, info: Info, input: Annotated[AddMessageTemplateInput, strawberry.argument(description="The template.")]
    ) -> models.MessageTemplate:
        form = messaging_service.NewMessageTemplate.read(**fields_of(input, coach_id="Coach"))
        return await info.context.write(messaging_service.add_message_template, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateMessageTemplateResult", MessageTemplate),
        description="Changes a template of one's own; as an admin, anybody's.",
    )
    async def update_message_template(
        self, info: Info, input: Annotated[UpdateMessageTemplateInput, strawberry.argument(description="The changes.")]
    ) -> models.MessageTemplate:
        changes = fields_of(input, id="MessageTemplate")
        template_id = changes.pop("id")
        form = messaging_service.MessageTemplateChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(
            messaging_service.update_message_template, template_id=template_id, form=form, now=now
        )

    @strawberry.mutation(
        graphql_type=result_of("RemoveMessageTemplateResult", Removed),
        description="Removes a template of one's own; as an admin, anybody's.",
    )
    async def remove_message_template(
        self, info: Info, input: Annotated[RemoveMessageTemplateInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        template_id = fields_of(input, id="MessageTemplate")["id"]
        gone = await info.context.write(messaging_service.remove_message_template, template_id=template_id)
        return Removed(id=global_id("MessageTemplate", gone))

    @strawberry.mutation(
        graphql_type=result_of("SendMessageResult", Communication, IdempotencyKeyReused),
        description="Sends an SMS or a mail to one of one's members; as an admin, in the name of the member's coach.",
    )
    async def send_message(
        self, info: Info, input: Annotated[SendMessageInput, strawberry.argument(description="The message.")]
    ) -> ReadCommunication:
        given = fields_of(input, member_id="Member", template_id="MessageTemplate", session_id="Session")
        form = messaging_service.SendMessage.read(**given)
        return await info.context.write(messaging_service.send_message, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("LogCommunicationResult", Communication, IdempotencyKeyReused),
        description="Writes down what was said elsewhere with one of one's members.",
    )
    async def log_communication(
        self, info: Info, input: Annotated[LogCommunicationInput, strawberry.argument(description="What was said.")]
    ) -> ReadCommunication:
        form = messaging_service.LogCommunication.read(**fields_of(input, member_id="Member"))
        return await info.context.write(messaging_service.log_communication, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("CreateMessageHookResult", MadeMessageHook, TooManyMessageHooks),
        description="Makes a hook for one's own members; as an admin, for anybody's.",
    )
    async def create_message_hook(
        self, info: Info, input: Annotated[CreateMessageHookInput, strawberry.argument(description="The hook.")]
    ) -> messaging_service.MadeMessageHook:
        form = messaging_service.NewMessageHook.read(**fields_of(input, coach_id="Coach"))
        return await info.context.write(messaging_service.create_message_hook, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("RemoveMessageHookResult", Removed),
        description="Removes a hook: nothing is accepted by it any more.",
    )
    async def remove_message_hook(
        self, info: Info, input: Annotated[RemoveMessageHookInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        hook_id = fields_of(input, id="MessageHook")["id"]
        gone = await info.context.write(messaging_service.remove_message_hook, hook_id=hook_id)
        return Removed(id=global_id("MessageHook", gone))
