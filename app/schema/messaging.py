"""Message templates, communications, and the hooks that send them."""

from datetime import datetime

import strawberry

from app.loaders import coaches as coach_loaders
from app.loaders import members as member_loaders
from app.loaders.messaging import ReadCommunication
from app.models import messaging as models
from app.models.messaging import CommunicationChannel, CommunicationStatus, Direction, MessageKind
from app.schema.coaches import Coach
from app.schema.members import Member
from app.schema.relations import relation
from app.services import messaging as messaging_service
from app.wire.enums import describe
from app.wire.relay import Node, node_id

describe(
    MessageKind,
    "What a message template is for.",
    {
        "REMINDER": "Of a session.",
        "CHECK_IN": "How somebody is.",
        "CRISIS": "When somebody may need help at once.",
        "MOTIVATION": "To go on.",
        "OTHER": "Anything else.",
    },
)
describe(
    CommunicationChannel,
    "How something was said.",
    {"SMS": "A text message.", "EMAIL": "A mail.", "PHONE": "A call.", "IN_PERSON": "Face to face."},
)
describe(Direction, "Who said it.", {"OUT": "The coach, to the member.", "IN": "The member, to the coach."})
describe(
    CommunicationStatus,
    "What became of it.",
    {
        "QUEUED": "Is to be sent, or to be tried again.",
        "SENT": "Was handed over to whoever delivers it.",
        "FAILED": "Was given up; `reason` says why.",
        "LOGGED": "Was said elsewhere, and written down here.",
    },
)

_TEXT = "Up to 5,000 characters; may hold placeholders such as `{{ member.first_name }}`."
_SUBJECT = "Of a mail, up to 200 characters in one line; may hold placeholders."
_KEY = "Up to 200 characters of the client's choice: a retry under the same key does nothing more."


@strawberry.type(description="A text for several occasions: built in, or a coach's own.")
class MessageTemplate(Node):
    id: strawberry.ID = node_id("MessageTemplate")
    kind: MessageKind = strawberry.field(description="What it is for.")
    name: str = strawberry.field(description="What it is called.")
    subject: str | None = strawberry.field(description="Of a mail.")
    body: str = strawberry.field(description="The text, with its placeholders.")

    @strawberry.field(description="Every coach has it, and nobody changes it.")
    def is_built_in(self) -> bool:
        return not isinstance(self, models.MessageTemplate)

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.MessageTemplate | messaging_service.BuiltInMessageTemplate)


@strawberry.type(description="What one member would read.")
class MessagePreview:
    subject: str | None = strawberry.field(description="Of a mail; null for the usual one.")
    body: str = strawberry.field(description="The text with everything put in, times in the member's zone.")
    characters: int = strawberry.field(description="How long it is; an SMS has at most 1,600.")
    sms_parts: int = strawberry.field(description="How many SMS it would be sent, and charged, as.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, messaging_service.MessagePreview)


@strawberry.type(description="Something said between a coach and a member. Stored encrypted.")
class Communication(Node):
    id: strawberry.ID = node_id("Communication")
    channel: CommunicationChannel = strawberry.field(description="How.")
    direction: Direction = strawberry.field(description="Who said it.")
    status: CommunicationStatus = strawberry.field(description="What became of it.")
    subject: str | None = strawberry.field(description="Of a mail.")
    body: str = strawberry.field(description="What was said, or a note of it.")
    reason: str | None = strawberry.field(description="Why it could not be sent, or not at the last try.")
    attempts: int = strawberry.field(description="How often sending it was tried.")
    occurred_at: datetime = strawberry.field(description="When it was said, or was asked to be sent.")
    sent_at: datetime | None = strawberry.field(description="When it was handed over.")
    created_at: datetime = strawberry.field(description="When it was written down.")
    coach = relation(Coach | None, coach_loaders.coaches_by_id, key="coach_id", description="The coach of that time.")
    member = relation(
        Member | None,
        member_loaders.members_by_id,
        key="member_id",
        description="The member; null for a coach whose they are no longer.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, ReadCommunication)


@strawberry.type(description="Lets a program that a coach trusts send messages to their members, in their name.")
class MessageHook(Node):
    id: strawberry.ID = node_id("MessageHook")
    name: str = strawberry.field(description="What it is called.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @strawberry.field(description="Where on this server signed requests are posted.")
    def path(self) -> str:
        return f"/webhooks/coach-message/{self.id}"

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.MessageHook)


@strawberry.type(description="A new hook, with its secret: keep it, it is not shown again.")
class MadeMessageHook:
    hook: MessageHook = strawberry.field(description="The hook.")
    secret: str = strawberry.field(description="Signs requests as Standard Webhooks says; begins with `whsec_`.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, messaging_service.MadeMessageHook)


@strawberry.input(description="A template of one's own.")
class AddMessageTemplateInput:
    kind: MessageKind = strawberry.field(description="What it is for.")
    name: str = strawberry.field(description="1 to 120 characters.")
    body: str = strawberry.field(description=_TEXT)
    subject: str | None = strawberry.field(default=strawberry.UNSET, description=_SUBJECT)
    coach_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Whose; for admins only.")


@strawberry.input(description="Changes of a template; what was sent by it stays as it is.")
class UpdateMessageTemplateInput:
    id: strawberry.ID = strawberry.field(description="The template.")
    kind: MessageKind | None = strawberry.field(default=strawberry.UNSET, description="What it is for.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 120 characters.")
    body: str | None = strawberry.field(default=strawberry.UNSET, description=_TEXT)
    subject: str | None = strawberry.field(default=strawberry.UNSET, description=_SUBJECT)


@strawberry.input(description="Removing a template.")
class RemoveMessageTemplateInput:
    id: strawberry.ID = strawberry.field(description="The template.")


@strawberry.input(description="A message to a member; either a text or a template.")
class SendMessageInput:
    member_id: strawberry.ID = strawberry.field(description="The member.")
    channel: CommunicationChannel = strawberry.field(description="SMS or EMAIL.")
    body: str | None = strawberry.field(default=strawberry.UNSET, description=_TEXT)
    template_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The template.")
    subject: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_SUBJECT} Default: the template's, or the usual one."
    )
    session_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The session that the text tells of."
    )
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=_KEY)


@strawberry.input(description="What was said by phone, in person, or elsewhere.")
class LogCommunicationInput:
    member_id: strawberry.ID = strawberry.field(description="The member.")
    channel: CommunicationChannel = strawberry.field(description="How.")
    direction: Direction = strawberry.field(description="Who said it.")
    body: str = strawberry.field(description="What, in up to 5,000 characters; the member does not see it.")
    occurred_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="When; default now, and never later."
    )
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=_KEY)


@strawberry.input(description="A new hook.")
class CreateMessageHookInput:
    name: str = strawberry.field(description="1 to 80 characters.")
    coach_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Whose; for admins only.")


@strawberry.input(description="Removing a hook.")
class RemoveMessageHookInput:
    id: strawberry.ID = strawberry.field(description="The hook.")
