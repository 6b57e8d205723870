"""Scores of members, and what is asked of them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.actor import SYSTEM
from app.models.coherence import CoherenceScore
from app.models.coherence.dimensions import Dimension
from app.models.growth import Difficulty, Intervention, InterventionStatus, MemberIntervention
from app.services.coherence import Measured, record_score
from app.wire.relay import global_id, parse_key
from tests.practice import Person, Practice

SCORE = "id psi rho q f total percentage velocity pattern patterns calculatedAt assessmentId"
BREAKTHROUGH = (
    "id dimension beforeScore afterScore magnitude threshold description status detectedAt decidedAt"
    " trigger { kind id at } score { id }"
)
COHERENCE = (
    f"query ($memberId: ID) {{ coherence(memberId: $memberId) {{ member {{ id }} latest {{ {SCORE} }}"
    f" previous {{ {SCORE} }} change {{ psi rho q f total percentage }} trend pattern }} }}"
)
SCORES = (
    "query ($memberId: ID, $first: Int, $after: String) { coherenceScores(memberId: $memberId, first: $first,"
    f" after: $after) {{ edges {{ cursor node {{ {SCORE} }} }} pageInfo {{ hasNextPage }} }} }}"
)
SERIES = (
    "query ($memberId: ID, $from: DateTime!, $to: DateTime!, $interval: Interval!) {"
    " coherenceSeries(memberId: $memberId, from: $from, to: $to, interval: $interval) { interval timeZone"
    " points { startsOn count mean { psi rho q f total percentage } last { id total } } } }"
)
BREAKTHROUGHS = (
    "query ($memberId: ID, $status: BreakthroughStatus, $dimension: BreakthroughDimension, $after: String) {"
    " breakthroughs(memberId: $memberId, status: $status, dimension: $dimension, after: $after) {"
    f" edges {{ node {{ {BREAKTHROUGH} }} }} }} }}"
)


def deciding(what: str) -> str:
    return (
        f"mutation ($input: {what[0].upper()}{what[1:]}Input!) {{ {what}(input: $input) {{ __typename"
        f" ... on Breakthrough {{ {BREAKTHROUGH} }} ... on Problem {{ code message }}"
        " ... on BreakthroughDecided { status } } }"
    )


CONFIRM, DISMISS = deciding("confirmBreakthrough"), deciding("dismissBreakthrough")


def measured(psi: str, rho: str = "0.50", q: str = "0.50", f: str = "0.50") -> Measured:
    return Measured(Decimal(psi), Decimal(rho), Decimal(q), Decimal(f))


async def scored(
    practice: Practice,
    member: Person,
    found: Measured,
    *,
    at: datetime | None = None,
    assessment_id: UUID | None = None,
) -> CoherenceScore:
    """As the completion of an assessment does it, under the member's rights; or as an import does it, without any."""
    assert member.member is not None
    actor = SYSTEM if assessment_id is None else member.actor
    async with practice.context().unit_of_work(actor) as db:
        return await record_score(db, member.member, found, assessment_id=assessment_id, now=at or practice.clock())


async def risen(practice: Practice, member: Person) -> str:
    """Seven weeks, in the last of which courage rises: the id of the breakthrough."""
    for week, q in enumerate(("0.40", "0.42", "0.40", "0.38", "0.40", "0.42", "0.70")):
        await scored(practice, member, measured("0.50", q=q), at=practice.clock() - timedelta(weeks=6 - week))
    (found,) = await breakthroughs(practice, member)
    return str(found["id"])


async def risen_once_more(practice: Practice, member: Person) -> str:
    """Another one, with a score of its own, straight into the tables."""
    assert member.member is not None
    ((found,),) = await practice.rows(
        "WITH next AS (INSERT INTO coherence_scores (id, member_id, psi, rho, q, f, total, percentage, velocity,"
        " calculated_at) SELECT gen_random_uuid(), :member, 0.8, 0, 0, 0, 0.8, 20, 0,"
        " max(calculated_at) + interval '1 minute' FROM coherence_scores WHERE member_id = :member"
        " RETURNING id, member_id, calculated_at) INSERT INTO breakthroughs (id, member_id, score_id, dimension,"
        " magnitude, before_score, after_score, threshold, status, description, detected_at)"
        " SELECT gen_random_uuid(), member_id, id, 'PSI', 0.3, 0.5, 0.8, 0.6, 'DETECTED', 'Words', calculated_at"
        " FROM next RETURNING id",
        member=member.member.id,
    )
    return global_id("Breakthrough", found)


async def breakthroughs(practice: Practice, who: Person, **wanted: Any) -> list[dict[str, Any]]:
    return [edge["node"] for edge in (await practice.ask(BREAKTHROUGHS, who, **wanted))["edges"]]


async def coherence_of(practice: Practice, member: Person) -> dict[str, str]:
    """Their newest score and breakthrough, by type."""
    found = await risen(practice, member)
    key = parse_key(found, "Breakthrough", "id")
    ((score,),) = await practice.rows("SELECT score_id FROM breakthroughs WHERE id = :id", id=key)
    return {"Breakthrough": found, "CoherenceScore": global_id("CoherenceScore", score)}


async def an_assessment(practice: Practice, member: Person) -> UUID:
    """A completed one of a set without questions, straight into the tables."""
    assert member.member is not None
    async with practice.owner.begin() as owner:
        await owner.execute(text("SELECT set_config('app.system', 'on', true)"))
        await owner.execute(text("ALTER TABLE assessments DISABLE TRIGGER assessments_open"))
        made = await owner.execute(
            text(
                "WITH asked AS (INSERT INTO question_sets (id, assessment_type, code, version, name, status,"
                " created_at, updated_at) VALUES (gen_random_uuid(), 'QUICK', gen_random_uuid()::text, 1, 'Quick',"
                " 'DRAFT', :at, :at) RETURNING id) INSERT INTO assessments (id, member_id, question_set_id,"
                " assessment_type, status, lacking_dimensions, time_spent_seconds, started_at, completed_at,"
                " created_at, updated_at) SELECT gen_random_uuid(), :member, id, 'QUICK', 'COMPLETED', '{}', 60, :at,"
                " :at, :at, :at FROM asked RETURNING id"
            ),
            {"member": member.member.id, "at": practice.clock()},
        )
        found = made.scalar_one()
        await owner.execute(text("ALTER TABLE assessments ENABLE TRIGGER assessments_open"))
    return UUID(str(found))


async def an_intervention_done(practice: Practice, member: Person, at: datetime) -> UUID:
    """One that the member has completed, straight into the tables."""
    assert member.member is not None
    async with practice.as_system() as db:
        words: Any = {"description": "Words", "steps": ["One"], "success_measures": ["One"], "resources": []}
        given = Intervention(
            code="one",
            name="One",
            dimension="Q",
            difficulty="EASY",
            time_minutes=5,
            created_at=at,
            updated_at=at,
            **words,
        )
        db.add(given)
        await db.flush()
        done = MemberIntervention(
            member_id=member.member.id,
            intervention_id=given.id,
            assigned_by_user_id=member.user.id,
            name="One",
            dimension=Dimension.Q,
            difficulty=Difficulty.EASY,
            time_minutes=5,
            status=InterventionStatus.COMPLETED,
            progress_percent=100,
            assigned_at=at,
            started_at=at,
            completed_at=at,
            updated_at=at,
            **words,
        )
        db.add(done)
        await db.flush()
        return done.id
