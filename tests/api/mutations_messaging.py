"""The mutations of messages, with the kind of each of their fields."""

from tests.api.mutation import Mutation, naming

MUTATIONS = {
    "addMessageTemplate": Mutation(
        "admin",
        lambda world: {"kind": "OTHER", "name": "Another", "body": "Words", "coachId": world.ids["Coach"]},
        ids={"coachId": "Coach"},
        texts={"name": 120, "body": 5_000, "subject": 200},
        choices=("kind",),
        required=("kind", "name", "body"),
    ),
    "updateMessageTemplate": Mutation(
        "coach",
        lambda world: {"id": world.ids["MessageTemplate"], "name": "Other"},
        ids={"id": "MessageTemplate"},
        texts={"name": 120, "body": 5_000, "subject": 200},
        choices=("kind",),
        required=("id",),
        never_null=("kind", "name", "body"),
    ),
    "sendMessage": Mutation(
        "coach",
        lambda world: {"memberId": world.ids["Member"], "channel": "EMAIL", "body": "Words"},
        ids={"memberId": "Member", "templateId": "MessageTemplate", "sessionId": "Session"},
        texts={"body": 5_000, "subject": 200, "idempotencyKey": 200},
        choices=("channel",),
        required=("memberId", "channel"),
    ),
    "logCommunication": Mutation(
        "coach",
        lambda world: {"memberId": world.ids["Member"], "channel": "PHONE", "direction": "IN", "body": "Words"},
        ids={"memberId": "Member"},
        times=("occurredAt",),
        texts={"body": 5_000, "idempotencyKey": 200},
        choices=("channel", "direction"),
        required=("memberId", "channel", "direction", "body"),
    ),
    "createMessageHook": Mutation(
        "coach",
        lambda world: {"name": "Another"},
        ids={"coachId": "Coach"},
        texts={"name": 80},
        required=("name",),
    ),
    "removeMessageTemplate": naming("coach", "id", "MessageTemplate"),
    "removeMessageHook": naming("coach", "id", "MessageHook"),
}
