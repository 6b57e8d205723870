"""The mutations of recommendations, with the kind of each of their fields."""

from tests.api.mutation import Mutation, naming

MUTATIONS = {
    "draftRecommendations": naming("coach", "memberId", "Member"),
    "editRecommendation": Mutation(
        "coach",
        lambda world: {"id": world.ids["Recommendation"], "title": "Another"},
        ids={"id": "Recommendation"},
        texts={"title": 200, "text": 2_000},
        choices=("priority",),
        required=("id",),
        never_null=("title", "text", "priority"),
    ),
    "approveRecommendation": Mutation(
        "coach",
        lambda world: {"id": world.ids["Recommendation"]},
        ids={"id": "Recommendation"},
        days=("dueDate",),
        flags=("send", "assign"),
        required=("id",),
    ),
    "rateRecommendation": Mutation(
        "member",
        lambda world: {"id": world.ids["Recommendation"], "rating": 4},
        ids={"id": "Recommendation"},
        ints={"rating": (1, 5)},
        texts={"comment": 2_000},
        required=("id", "rating"),
    ),
    "rejectRecommendation": Mutation(
        "coach", lambda world: {"id": world.spare_recommendation}, ids={"id": "Recommendation"}, required=("id",)
    ),
}
