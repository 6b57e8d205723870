"""The mutations of risk, with the kind of each of their fields."""

from tests.api.mutation import Mutation, naming

MUTATIONS = {
    "recordRisk": Mutation(
        "coach",
        lambda world: {"memberId": world.ids["Member"], "level": "HIGH", "notes": "Words"},
        ids={"memberId": "Member", "sessionId": "Session"},
        times=("assessedAt",),
        texts={"notes": 5_000, "idempotencyKey": 200},
        choices=("level",),
        wrong={"indicators": [["NONSENSE"], [None], [5], {}, "x", ["ISOLATION"] * 13]},
        required=("memberId", "level"),
    ),
    "acknowledgeRiskAlert": naming("coach", "id", "RiskAlert"),
    "resolveRiskAlert": Mutation(
        "coach",
        lambda world: {"id": world.ids["RiskAlert"], "note": "Words"},
        ids={"id": "RiskAlert"},
        texts={"note": 2_000},
        required=("id",),
    ),
}
