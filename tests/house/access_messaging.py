"""The rows of the access table about messages."""

from typing import Any

from tests.house.rows import LOGIN, STAFF, Row, given, inputs, its
from tests.messaging import message_hook, message_template, sent
from tests.practice import Person, Practice


async def made_in(practice: Practice, coach: Person, member: Person) -> dict[str, str]:
    """Ids by type."""
    return {
        "MessageTemplate": await message_template(practice, coach),
        "MessageHook": (await message_hook(practice, coach))["hook"]["id"],
        "Communication": (await sent(practice, coach, member, channel="EMAIL"))["id"],
    }


async def spare_template(world: Any) -> str:
    return await message_template(world.practice, world.coach)


async def spare_hook(world: Any) -> str:
    return str((await message_hook(world.practice, world.coach))["hook"]["id"])


NODES = dict.fromkeys(("Communication", "MessageHook", "MessageTemplate"), LOGIN)
ROWS = {
    "Query.messageTemplates": Row(LOGIN, given(), ("messages:send",), STAFF),
    "Query.previewMessage": Row(LOGIN, given(memberId=its("Member"), body="Words"), ("messages:send",), STAFF),
    "Query.communications": Row(LOGIN, given(memberId=its("Member")), ("messages:read",)),
    "Query.messageHooks": Row(LOGIN, given(), ("messages:send",), STAFF),
    "Mutation.addMessageTemplate": Row(
        LOGIN, inputs(kind="OTHER", name="New", body="Words", coachId=its("Coach")), ("messages:send",), STAFF
    ),
    "Mutation.updateMessageTemplate": Row(
        LOGIN, inputs(id=its("MessageTemplate"), name="Other"), ("messages:send",), STAFF
    ),
    "Mutation.removeMessageTemplate": Row(LOGIN, inputs(id=spare_template), ("messages:send",), STAFF),
    "Mutation.sendMessage": Row(
        LOGIN, inputs(memberId=its("Member"), channel="EMAIL", body="Words"), ("messages:send",), STAFF
    ),
    "Mutation.logCommunication": Row(
        LOGIN,
        inputs(memberId=its("Member"), channel="PHONE", direction="IN", body="Words"),
        ("messages:send",),
        STAFF,
    ),
    "Mutation.createMessageHook": Row(LOGIN, inputs(name="New", coachId=its("Coach")), ("messages:send",), STAFF),
    "Mutation.removeMessageHook": Row(LOGIN, inputs(id=spare_hook), ("messages:send",), STAFF),
}
