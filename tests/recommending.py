"""Recommendations that many tests ask for, and what they are drafted from."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.models.coherence.dimensions import Dimension, Element
from app.models.growth import Difficulty, Intervention, Priority, Recommendation, RecommendationStatus, Wording
from app.platform.ids import new_id
from app.services.coherence import Measured, record_score
from app.services.growth.elements import record_elements
from app.services.privacy import key_for_member
from app.wire.relay import global_id
from tests.operations import PROBLEM
from tests.practice import Person, Practice

RECOMMENDATION = (
    "id dimension element priority rankScore title text reason wording status draftedAt reviewedAt sentAt rating"
    " ratedAt comment intervention { name } memberIntervention { id status dueDate }"
    " facts { kind about value count } member { id }"
)
RECOMMENDATIONS = (
    "query ($memberId: ID, $status: RecommendationStatus, $priority: Priority, $dimension: Dimension,"
    " $element: Element, $first: Int, $after: String) { recommendations(memberId: $memberId, status: $status,"
    " priority: $priority, dimension: $dimension, element: $element, first: $first, after: $after) {"
    f" edges {{ node {{ {RECOMMENDATION} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)
GROUPS = (
    "query ($memberId: ID, $status: RecommendationStatus) { recommendationGroups(memberId: $memberId,"
    " status: $status) { priority element recommendations { id title } } }"
)


def _mutation(name: str, kind: str, shown: str) -> str:
    return (
        f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ __typename {shown} {PROBLEM}"
        " ... on InvalidInput { field } ... on RecommendationNotOpen { status } } }"
    )


_ONE = f"... on Recommendation {{ {RECOMMENDATION} }}"
DRAFT = (
    "mutation ($input: DraftRecommendationsInput!) { draftRecommendations(input: $input) { __typename"
    f" ... on DraftedRecommendations {{ recommendations {{ {RECOMMENDATION} }} }} {PROBLEM} }} }}"
)
APPROVE = _mutation("approveRecommendation", "ApproveRecommendationInput", _ONE)
EDIT = _mutation("editRecommendation", "EditRecommendationInput", _ONE)
REJECT = _mutation("rejectRecommendation", "RejectRecommendationInput", _ONE)
RATE = _mutation("rateRecommendation", "RateRecommendationInput", _ONE)


async def exercise(
    practice: Practice,
    code: str,
    dimension: str,
    element: str | None = None,
    *,
    difficulty: str = "EASY",
    minutes: int = 15,
    coach_id: UUID | None = None,
) -> UUID:
    """The library's, or a coach's own; called by its code in words."""
    async with practice.as_system() as db:
        intervention = Intervention(
            id=new_id(),
            code=code,
            coach_id=coach_id,
            name=code.replace("-", " ").capitalize(),
            dimension=Dimension(dimension),
            element=None if element is None else Element(element),
            difficulty=Difficulty(difficulty),
            time_minutes=minutes,
            description="What it is.",
            steps=["Do it."],
            success_measures=[],
            resources=[],
            words="",
            created_at=practice.clock(),
            updated_at=practice.clock(),
        )
        db.add(intervention)
        return intervention.id


async def scored(practice: Practice, member: Person, psi: str, rho: str, q: str, f: str) -> None:
    """What an assessment finds, and all that follows from it."""
    assert member.member is not None
    measured = Measured(*map(Decimal, (psi, rho, q, f)))
    async with practice.context().unit_of_work() as db:
        await record_score(db, member.member, measured, assessment_id=None, now=practice.clock())
    await practice.work()


async def balanced(practice: Practice, member: Person, **shares: int) -> None:
    """As many parts of each element."""
    assert member.member is not None
    raw = {element: Decimal(shares.get(element.lower(), 0)) for element in Element}
    async with practice.context().unit_of_work() as db:
        await record_elements(
            db, member.member, raw, assessment_id=None, recorded_by=member.user.id, now=practice.clock()
        )
    await practice.work()


async def recommended(practice: Practice, who: Person, **asked: Any) -> list[dict[str, Any]]:
    """The best first."""
    found = await practice.ask(RECOMMENDATIONS, who, **asked)
    rows: Sequence[dict[str, Any]] = [edge["node"] for edge in found["edges"]]
    return sorted(rows, key=lambda row: (-Decimal(row["rankScore"]), row["title"]))


async def drafts(practice: Practice, coach: Person, member: Person) -> list[dict[str, Any]]:
    return await recommended(practice, coach, memberId=member.id, status="DRAFTED")


async def sent(practice: Practice, coach: Person, member: Person) -> dict[str, Any]:
    """The best draft, approved."""
    best, *_ = await drafts(practice, coach, member)
    answer: dict[str, Any] = await practice.ask(APPROVE, coach, input={"id": best["id"]})
    assert answer["status"] == "SENT", answer
    return answer


async def recommendable(practice: Practice) -> tuple[Person, Person]:
    """A coach and a member who lacks courage, and six exercises."""
    coach = await practice.coach()
    member = await practice.member(coach)
    for code, dimension, element in (
        ("clear-words", "PSI", "AIR"),
        ("look-back", "RHO", "WATER"),
        ("small-risk", "Q", "FIRE"),
        ("first-step", "Q", "EARTH"),
        ("ask-for-help", "F", "WATER"),
        ("open-question", "F", "AIR"),
    ):
        await exercise(practice, code, dimension, element)
    return coach, member


async def recommendation_of(practice: Practice, member: Person, status: str = "DRAFTED") -> str:
    """One that is there without having been drafted; its exercise is the coach's own, for it alone."""
    assert member.member is not None
    at = None if status == "DRAFTED" else practice.clock()
    key = new_id()
    intervention_id = await exercise(practice, f"spare-{key}", "Q", "FIRE", coach_id=member.member.coach_id)
    async with practice.as_system() as db:
        await key_for_member(db, member.member.id)
        db.add(
            Recommendation(
                id=key,
                member_id=member.member.id,
                intervention_id=intervention_id,
                dimension=Dimension.Q,
                element=Element.FIRE,
                priority=Priority.LOW,
                rank_score=Decimal("0.5"),
                title="Spare",
                text="Words.",
                reason="Words.",
                facts=[],
                wording=Wording.COACH,
                status=RecommendationStatus(status),
                drafted_at=practice.clock(),
                reviewed_at=at,
                reviewed_by_user_id=at and member.user.id,
                sent_at=at,
            )
        )
    return global_id("Recommendation", key)


async def said_of_one(practice: Practice, coach: Person, member: Person, words: str) -> None:
    """Somebody's words in all that can be said of a recommendation."""
    key = await recommendation_of(practice, member)
    for query, who, said in (
        (EDIT, coach, {"title": words, "text": words}),
        (APPROVE, coach, {}),
        (RATE, member, {"rating": 4, "comment": words}),
    ):
        answer = await practice.ask(query, who, input={"id": key, **said})
        assert answer["__typename"] == "Recommendation", answer
