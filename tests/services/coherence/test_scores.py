"""How a score is written, in which order, and how it is shown."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from app.events import CoherenceScored
from app.services.coherence import ScoredLater, record_score
from app.wire.relay import global_id
from tests.operations import transferred
from tests.practice import MONDAY, Practice
from tests.scoring import COHERENCE, SCORES, SERIES, an_assessment, measured, scored
from tests.statements import statements

NODE = "query ($id: ID!) { node(id: $id) { id ... on CoherenceScore { total } } }"


async def test_a_score_is_shown_to_the_member_their_coach_and_admins(practice: Practice) -> None:
    coach = await practice.coach()
    member, admin = await practice.member(coach), await practice.admin()
    await scored(practice, member, measured("0.5"), at=MONDAY - timedelta(days=7))
    newest = await scored(practice, member, measured("0.8", "0.6", "0.5", "0.3"))

    shown = await practice.ask(COHERENCE, member)
    assert shown["latest"] == {
        "id": global_id("CoherenceScore", newest.id),
        "psi": "0.80",
        "rho": "0.60",
        "q": "0.50",
        "f": "0.30",
        "total": "1.96",  # 0.8 + 0.48 + 0.44444… + 0.24
        "percentage": "49.1",
        "velocity": "0.0743",  # (1.96 - 1.44) / 7
        "pattern": "LONELY_HERO",
        "patterns": ["LONELY_HERO"],
        "calculatedAt": "2026-03-02T08:00:00Z",
        "assessmentId": None,
    }
    assert shown["previous"]["total"] == "1.44"
    change = {"psi": "0.30", "rho": "0.10", "q": "0.00", "f": "-0.20", "total": "0.52", "percentage": "13.0"}
    assert (shown["change"], shown["trend"], shown["pattern"]) == (change, "RISING", "LONELY_HERO")
    assert shown["member"]["id"] == member.id
    for who in (coach, admin):
        assert await practice.ask(COHERENCE, who, memberId=member.id) == shown
        assert (await practice.ask(NODE, who, id=shown["latest"]["id"]))["total"] == "1.96"


async def test_without_a_score_there_is_nothing_to_show(practice: Practice) -> None:
    member = await practice.member(await practice.coach())

    shown = await practice.ask(COHERENCE, member)

    assert [shown[name] for name in ("latest", "previous", "change", "trend", "pattern")] == [None] * 5
    assert (await practice.ask(SCORES, member))["edges"] == []


async def test_nobody_else_sees_it_found_or_not(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member, stranger = await practice.member(coach), await practice.member(other)
    score = await scored(practice, member, measured("0.5"))
    nobody = global_id("Member", score.id)
    when = {"from": "2026-01-01T00:00:00Z", "to": "2026-04-01T00:00:00Z", "interval": "DAY"}

    for who in (other, stranger):
        for whose in (member.id, nobody):
            for query, more in ((COHERENCE, {}), (SCORES, {}), (SERIES, when)):
                assert (await practice.refusal(query, who, memberId=whose, **more))["code"] == "FORBIDDEN"
        for key in (score.id, score.member_id):
            refused = await practice.refusal(NODE, who, id=global_id("CoherenceScore", key))
            assert refused["code"] == "FORBIDDEN"
    assert (await practice.refusal(COHERENCE, coach))["field"] == "memberId"


async def test_after_a_transfer_the_new_coach_sees_the_history_and_the_old_one_nothing(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member = await practice.member(coach)
    await scored(practice, member, measured("0.5"))
    await transferred(practice, member, other)

    assert (await practice.ask(COHERENCE, other, memberId=member.id))["latest"]["total"] == "1.44"
    assert (await practice.refusal(COHERENCE, coach, memberId=member.id))["code"] == "FORBIDDEN"
    await scored(practice, member, measured("0.6"), at=MONDAY + timedelta(days=1))
    *_, told = [event for event in await practice.told() if isinstance(event, CoherenceScored)]
    assert other.coach is not None
    assert told.coach_id == other.coach.id
    assert await practice.count("coherence_scores", "member_coach_id = :id", id=other.coach.id) == 2


async def test_scores_are_listed_newest_first_page_by_page(practice: Practice) -> None:
    member = await practice.member(await practice.coach())
    for day in range(5):
        await scored(practice, member, measured(f"0.{day}0"), at=MONDAY + timedelta(days=day))

    first = await practice.ask(SCORES, member, first=3)
    rest = await practice.ask(SCORES, member, first=3, after=first["edges"][-1]["cursor"])

    assert [edge["node"]["psi"] for edge in first["edges"]] == ["0.40", "0.30", "0.20"]
    assert [edge["node"]["psi"] for edge in rest["edges"]] == ["0.10", "0.00"]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


async def test_an_assessment_is_scored_once_however_many_try_at_once(practice: Practice) -> None:
    member = await practice.member(await practice.coach())
    assert member.member is not None
    assessment = await an_assessment(practice, member)

    async def once(psi: str) -> tuple[UUID, Decimal]:
        async with practice.context().unit_of_work(member.actor) as db:
            assert member.member is not None
            score = await record_score(db, member.member, measured(psi), assessment_id=assessment, now=practice.clock())
            return score.id, score.psi

    written = await asyncio.gather(*(once(f"0.{tenth}0") for tenth in range(1, 5)))

    assert len(set(written)) == 1
    assert await practice.count("coherence_scores") == 1
    assert [event.assessment_id for event in await practice.told() if isinstance(event, CoherenceScored)] == [
        assessment
    ]
    shown = await practice.ask(COHERENCE, member)
    assert shown["latest"]["assessmentId"] == global_id("Assessment", assessment)


async def test_scores_that_come_at_once_come_one_after_the_other(practice: Practice) -> None:
    """Each knows the one before: of a server whose clock is a little late, it comes right after the latest."""
    member = await practice.member(await practice.coach())

    await asyncio.gather(
        *(scored(practice, member, measured(f"0.{tenth}0"), at=MONDAY - timedelta(seconds=tenth)) for tenth in range(8))
    )

    rows = await practice.rows("SELECT calculated_at FROM coherence_scores ORDER BY calculated_at")
    times = [at for (at,) in rows]
    assert len(times) == len(set(times)) == 8
    assert times[0] >= MONDAY - timedelta(seconds=7)


async def test_a_score_of_the_past_is_refused_once_there_is_a_later_one(practice: Practice) -> None:
    """By the code and by the database: what follows from the earlier ones would not be true any more."""
    member = await practice.member(await practice.coach())
    score = await scored(practice, member, measured("0.5"))

    with pytest.raises(ScoredLater):
        await scored(practice, member, measured("0.6"), at=MONDAY - timedelta(days=1))
    with pytest.raises(DBAPIError, match="the member has a later score"):
        await practice.rows(
            "INSERT INTO coherence_scores SELECT (jsonb_populate_record(s, jsonb_build_object('id',"
            " gen_random_uuid(), 'calculated_at', s.calculated_at - interval '1 second'))).* FROM coherence_scores s"
            " WHERE id = :id",
            id=score.id,
        )
    assert await practice.count("coherence_scores") == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("total = 1.45", "coherence_scores_total_of_the_four"),
        ("percentage = 36.2", "coherence_scores_total_of_the_four"),
        ("psi = 1.2", "coherence_scores_measured_range"),
        ("assessment_id = gen_random_uuid()", "another member's"),
    ],
)
async def test_the_database_holds_the_numbers_together(practice: Practice, change: str, refusal: str) -> None:
    member = await practice.member(await practice.coach())
    score = await scored(practice, member, measured("0.5"))
    name, _, value = change.partition(" = ")

    with pytest.raises(DBAPIError, match=refusal):
        await practice.rows(
            "INSERT INTO coherence_scores SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(),"
            f" 'calculated_at', s.calculated_at + interval '1 day', '{name}', {value}))).*"
            " FROM coherence_scores s WHERE id = :id",
            id=score.id,
        )
    with pytest.raises(DBAPIError, match="a score stays what it was"):
        await practice.rows(f"UPDATE coherence_scores SET {change} RETURNING 1")


async def test_anothers_assessment_scores_nobody(practice: Practice) -> None:
    member, other = await practice.members(2, await practice.coach())
    assessment = await an_assessment(practice, other)
    assert member.member is not None

    with pytest.raises(DBAPIError, match="another member's"):
        async with practice.context().unit_of_work(member.actor) as db:
            await record_score(db, member.member, measured("0.5"), assessment_id=assessment, now=practice.clock())


async def test_a_series_is_in_the_members_own_days(practice: Practice) -> None:
    """Half past eleven at night in Auckland is the next day's noon in UTC, and the clock changes on 5 April."""
    coach = await practice.coach()
    member = await practice.member(coach)
    await practice.rows("UPDATE users SET time_zone = 'Pacific/Auckland' WHERE id = :id RETURNING 1", id=member.user.id)
    for at, psi in (
        ("2026-04-03T10:30:00+00:00", "0.10"),  # 23:30 on Friday the 3rd, in summer: UTC+13
        ("2026-04-03T11:30:00+00:00", "0.20"),  # 00:30 on Saturday
        ("2026-04-05T11:30:00+00:00", "0.30"),  # 23:30 on Sunday, in winter: UTC+12
        ("2026-04-05T12:30:00+00:00", "0.40"),  # 00:30 on Monday
    ):
        await scored(practice, member, measured(psi), at=MONDAY.fromisoformat(at))
    asked = {"from": "2026-04-01T00:00:00Z", "to": "2026-05-01T00:00:00Z"}

    days = await practice.ask(SERIES, member, **asked, interval="DAY")
    weeks = await practice.ask(SERIES, coach, memberId=member.id, **asked, interval="WEEK")
    months = await practice.ask(SERIES, member, **asked, interval="MONTH")

    assert [(each["startsOn"], each["mean"]["psi"]) for each in days["points"]] == [
        ("2026-04-03", "0.1000"),
        ("2026-04-04", "0.2000"),
        ("2026-04-05", "0.3000"),
        ("2026-04-06", "0.4000"),
    ]
    assert days["timeZone"] == "Pacific/Auckland"
    assert [(each["startsOn"], each["count"], each["mean"]["psi"]) for each in weeks["points"]] == [
        ("2026-03-30", 3, "0.2000"),
        ("2026-04-06", 1, "0.4000"),
    ]
    (month,) = months["points"]
    newest = await practice.ask(COHERENCE, member)
    assert (month["startsOn"], month["count"], month["mean"]["psi"]) == ("2026-04-01", 4, "0.2500")
    assert month["last"] == {"id": newest["latest"]["id"], "total": newest["latest"]["total"]}


async def test_a_series_holds_what_its_bounds_say(practice: Practice) -> None:
    member = await practice.member(await practice.coach())
    for day in range(3):
        await scored(practice, member, measured("0.5"), at=MONDAY + timedelta(days=day))
    asked = {"from": "2026-03-02T08:00:00Z", "to": "2026-03-04T08:00:00Z", "interval": "DAY"}

    points = (await practice.ask(SERIES, member, **asked))["points"]

    assert [point["startsOn"] for point in points] == ["2026-03-02", "2026-03-03"], "from included, to not"
    for wrong in ({"to": asked["from"]}, {"to": "2029-09-01T00:00:00Z"}):
        refused = await practice.refusal(SERIES, member, **(asked | wrong))
        assert (refused["code"], refused["field"]) == ("BAD_USER_INPUT", "to")


async def test_a_long_series_costs_as_many_statements_as_a_short_one(practice: Practice) -> None:
    member = await practice.member(await practice.coach())
    asked = {"from": "2026-03-01T00:00:00Z", "to": "2029-03-01T00:00:00Z", "interval": "WEEK"}
    costs = []
    for week in range(12):
        await scored(practice, member, measured("0.5"), at=MONDAY + timedelta(weeks=week))
        if week in (0, 11):
            with statements(practice.house.database.engine) as sent:
                points = (await practice.ask(SERIES, member, **asked))["points"]
            costs.append((len(points), len(sent)))

    (short, few), (long, many) = costs
    assert (short, long) == (1, 12)
    assert few == many
