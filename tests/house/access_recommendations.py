"""The rows of the access table about recommendations."""

from typing import Any

from tests.house.rows import LOGIN, MEMBERS, STAFF, Row, given, inputs, its
from tests.practice import Person, Practice
from tests.recommending import recommendation_of


async def made_in(practice: Practice, member: Person) -> dict[str, str]:
    """Ids by type; how coherent the member is, the rows of coherence say."""
    return {"Recommendation": await recommendation_of(practice, member, "SENT")}


async def draft(world: Any) -> str:
    return await recommendation_of(world.practice, world.member)


async def sent(world: Any) -> str:
    return await recommendation_of(world.practice, world.member, "SENT")


_REVIEW = ("recommendations:review",)
ROWS = {
    "Query.recommendations": Row(LOGIN, given(memberId=its("Member")), ("growth:read",)),
    "Query.recommendationGroups": Row(LOGIN, given(memberId=its("Member")), ("growth:read",)),
    "Mutation.draftRecommendations": Row(LOGIN, inputs(memberId=its("Member")), _REVIEW, STAFF),
    "Mutation.approveRecommendation": Row(LOGIN, inputs(id=draft), _REVIEW, STAFF),
    "Mutation.editRecommendation": Row(LOGIN, inputs(id=draft, title="Another"), _REVIEW, STAFF),
    "Mutation.rejectRecommendation": Row(LOGIN, inputs(id=draft), _REVIEW, STAFF),
    "Mutation.rateRecommendation": Row(LOGIN, inputs(id=sent, rating=4), ("growth:write",), only=MEMBERS),
    "Subscription.recommendationsChanged": Row(LOGIN, given(memberId=its("Member")), ("growth:read",)),
}
NODES = {"Recommendation": LOGIN}
