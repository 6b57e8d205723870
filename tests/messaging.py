"""The operations on messages that many tests ask, written once."""

from typing import Any

from app.wire.relay import parse_key
from tests.practice import Person, Practice

PROBLEM = "... on Problem { code message } ... on InvalidInput { field }"
TEMPLATE = "id kind name subject body isBuiltIn"
COMMUNICATION = "id channel direction status subject body reason attempts occurredAt sentAt member { id } coach { id }"


def _mutation(name: str, answered: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}"
    return f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ __typename {answered} {PROBLEM} }} }}"


ADD_TEMPLATE = _mutation("addMessageTemplate", f"... on MessageTemplate {{ {TEMPLATE} }}")
UPDATE_TEMPLATE = _mutation("updateMessageTemplate", f"... on MessageTemplate {{ {TEMPLATE} }}")
REMOVE_TEMPLATE = _mutation("removeMessageTemplate", "... on Removed { id }")
SEND = _mutation("sendMessage", f"... on Communication {{ {COMMUNICATION} }}")
LOG = _mutation("logCommunication", f"... on Communication {{ {COMMUNICATION} }}")
CREATE_HOOK = _mutation("createMessageHook", "... on MadeMessageHook { secret hook { id name path } }")
REMOVE_HOOK = _mutation("removeMessageHook", "... on Removed { id }")
TEMPLATES = (
    f"query ($kind: MessageKind, $coachId: ID) {{ messageTemplates(kind: $kind, coachId: $coachId) {{ {TEMPLATE} }} }}"
)
PREVIEW = (
    "query ($memberId: ID!, $body: String, $templateId: ID, $sessionId: ID) { previewMessage(memberId: $memberId,"
    " body: $body, templateId: $templateId, sessionId: $sessionId) { subject body characters smsParts } }"
)
COMMUNICATIONS = (
    "query ($memberId: ID!, $channel: CommunicationChannel, $first: Int, $after: String) {"
    " communications(memberId: $memberId, channel: $channel, first: $first, after: $after) {"
    f" edges {{ cursor node {{ {COMMUNICATION} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)


async def sent(practice: Practice, who: Person, member: Person, body: str = "Words", **more: Any) -> dict[str, Any]:
    """Whatever sending an SMS, or by `channel` a mail, answers."""
    given = {"memberId": member.id, "channel": "SMS", "body": body, **more}
    answer: dict[str, Any] = await practice.ask(SEND, who, input=given)
    return answer


async def logged(practice: Practice, who: Person, member: Person, body: str = "Words", **more: Any) -> dict[str, Any]:
    given = {"memberId": member.id, "channel": "PHONE", "direction": "IN", "body": body, **more}
    answer: dict[str, Any] = await practice.ask(LOG, who, input=given)
    assert answer["__typename"] == "Communication", answer
    return answer


async def message_template(practice: Practice, coach: Person, name: str = "Own", body: str = "Words") -> str:
    given = {"kind": "OTHER", "name": name, "body": body}
    answer = await practice.ask(ADD_TEMPLATE, coach, input=given)
    assert answer["__typename"] == "MessageTemplate", answer
    return str(answer["id"])


async def message_hook(practice: Practice, coach: Person, name: str = "Own") -> dict[str, Any]:
    """The secret, and the hook."""
    answer: dict[str, Any] = await practice.ask(CREATE_HOOK, coach, input={"name": name})
    assert answer["__typename"] == "MadeMessageHook", answer
    return answer


async def said(practice: Practice, coach: Person, member: Person) -> str:
    """A template, a hook, what was logged, and a mail that was sent; the id of that."""
    await message_template(practice, coach)
    await message_hook(practice, coach)
    await logged(practice, coach, member)
    mail = await sent(practice, coach, member, channel="EMAIL")
    given = parse_key(mail["id"], "Communication", "id")
    handed_over = "UPDATE communications SET status = 'SENT', sent_at = now() WHERE id = :id RETURNING id"
    assert await practice.rows(handed_over, id=given)
    return str(mail["id"])


async def history(practice: Practice, who: Person, member: Person, **more: Any) -> list[tuple[str, str]]:
    """Status and words of what somebody sees."""
    page = await practice.ask(COMMUNICATIONS, who, memberId=member.id, **more)
    return [(edge["node"]["status"], edge["node"]["body"]) for edge in page["edges"]]
