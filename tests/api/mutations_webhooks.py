"""The mutations of webhooks."""

from tests.api.mutation import Mutation, naming

URL = "https://example.com/hook"

MUTATIONS = {
    "addWebhookEndpoint": Mutation(
        "admin",
        lambda world: {"url": URL, "coachId": world.ids["Coach"]},
        ids={"coachId": "Coach"},
        texts={"url": 2_048, "description": 200},
        lists={"eventTypes": (100, 64)},
        required=("url",),
    ),
    "updateWebhookEndpoint": Mutation(
        "coach",
        lambda world: {"id": world.ids["WebhookEndpoint"], "url": URL},
        ids={"id": "WebhookEndpoint"},
        texts={"url": 2_048, "description": 200},
        lists={"eventTypes": (100, 64)},
        flags=("isEnabled",),
        required=("id",),
        never_null=("url", "isEnabled"),
    ),
    "rotateWebhookSecret": Mutation(
        "coach",
        lambda world: {"id": world.ids["WebhookEndpoint"]},
        ids={"id": "WebhookEndpoint"},
        flags=("keepPrevious",),
        required=("id",),
        never_null=("keepPrevious",),
    ),
    "sendTestWebhook": naming("coach", "id", "WebhookEndpoint"),
    "replayWebhookMessage": naming("coach", "id", "WebhookMessage"),
    "replayWebhookMessages": Mutation(
        "coach",
        lambda world: {
            "endpointId": world.ids["WebhookEndpoint"],
            "since": "2026-03-01T00:00:00Z",
            "until": "2026-03-03T00:00:00Z",
        },
        ids={"endpointId": "WebhookEndpoint"},
        times=("since", "until"),
        flags=("onlyFailed",),
        required=("endpointId", "since", "until"),
        never_null=("onlyFailed",),
    ),
    "removeWebhookEndpoint": naming("coach", "id", "WebhookEndpoint"),
}
