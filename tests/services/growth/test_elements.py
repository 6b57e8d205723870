"""Elements of a member: what a coach records, how they stand, what has changed, and how they were (001, 3)."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.events import ElementsRecorded
from app.models.coherence.dimensions import Element
from app.services.growth import record_elements
from app.wire.relay import parse_key
from tests.growing import ELEMENTS_OVER_TIME, EVEN, NOW, RECORD, assessed, balanced, shares
from tests.operations import transferred
from tests.practice import Person, Practice

FIERY = {"fire": 4, "water": 2, "earth": 2, "air": 1, "aether": 1}
MARCH = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}


async def now_of(practice: Practice, who: Person, member: Person | None = None) -> Any:
    return await practice.ask(NOW, who, **({"memberId": member.id} if member else {}))


async def over_time(practice: Practice, who: Person, member: Person, interval: str = "DAY", **more: Any) -> Any:
    return await practice.ask(ELEMENTS_OVER_TIME, who, memberId=member.id, interval=interval, **MARCH | more)


async def test_a_coach_records_what_they_see_and_the_member_sees_it(
    practice: Practice, coach: Person, member: Person
) -> None:
    assert await now_of(practice, member) is None

    first = await balanced(practice, coach, member, **FIERY)
    seen = await now_of(practice, member)

    assert shares(seen["shares"]) == {
        "FIRE": "0.400",
        "WATER": "0.200",
        "EARTH": "0.200",
        "AIR": "0.100",
        "AETHER": "0.100",
    }
    assert [each["element"] for each in seen["shares"]] == [element.value for element in Element]
    assert (seen["archetype"], seen["evenness"], seen["changes"], seen["isAssessed"]) == (
        "VISIONARY",
        "0.914",
        None,
        False,
    )
    assert seen["id"] == first["id"]
    assert seen["recordedAt"] == "2026-03-02T08:00:00Z"
    assert await practice.told() == [
        ElementsRecorded(
            member_id=member.member.id,
            coach_id=coach.coach.id,
            elemental_balance_id=parse_key(first["id"], "ElementalBalance", "id"),
        )
    ]


async def test_a_balance_says_what_has_changed_since_the_one_before(
    practice: Practice, coach: Person, member: Person
) -> None:
    await balanced(practice, coach, member, **FIERY)
    other = await practice.member(coach)
    await balanced(practice, coach, other)
    practice.clock.move(days=1)
    await balanced(practice, coach, member)

    seen = await now_of(practice, coach, member)

    assert (seen["archetype"], seen["evenness"]) == ("WHOLE", "1.000")
    changes = shares(seen["changes"])
    assert changes == {"FIRE": "-0.200", "WATER": "0.000", "EARTH": "0.000", "AIR": "0.100", "AETHER": "0.100"}
    assert (await now_of(practice, coach, other))["changes"] is None


async def test_only_whose_member_it_is_records_and_sees_a_balance(
    practice: Practice, coach: Person, member: Person
) -> None:
    other, beside, admin = await practice.coach(), await practice.member(coach), await practice.admin()
    input = {"memberId": member.id, **EVEN}
    for who in (other, beside, member):
        assert (await practice.refusal(RECORD, who, input=input))["code"] == "FORBIDDEN"
    assert await practice.count("elemental_balances") == 0

    await balanced(practice, admin, member)
    for who in (other, beside):
        assert (await practice.refusal(NOW, who, memberId=member.id))["code"] == "FORBIDDEN"
    assert (await practice.refusal(NOW, coach))["field"] == "memberId"
    await transferred(practice, member, other)

    assert await now_of(practice, other, member)
    assert (await practice.refusal(NOW, coach, memberId=member.id))["code"] == "FORBIDDEN"
    async with practice.as_actor(coach.actor) as db:
        assert (await db.execute(text("SELECT count(*) FROM elemental_balances"))).scalar_one() == 0


async def test_nothing_at_all_is_no_balance_and_a_retry_records_once(
    practice: Practice, coach: Person, member: Person
) -> None:
    nothing = {"memberId": member.id, **dict.fromkeys(EVEN, 0)}
    answer = await practice.ask(RECORD, coach, input=nothing)
    assert (answer["__typename"], answer["field"]) == ("InvalidInput", "fire")

    retried = {"memberId": member.id, **FIERY, "idempotencyKey": "k"}
    answers = await asyncio.gather(*(practice.ask(RECORD, coach, input=retried) for _ in range(4)))
    assert len({each["id"] for each in answers}) == 1
    assert await practice.count("elemental_balances") == 1
    other = await practice.ask(RECORD, coach, input={**retried, "air": 5})
    assert other["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_over_time_days_are_the_members_own(practice: Practice, coach: Person, member: Person) -> None:
    """New York goes from -05:00 to -04:00 on Sunday, 8 March, at two."""
    await practice.rows("UPDATE users SET time_zone = 'America/New_York' WHERE id = :id RETURNING 1", id=member.user.id)
    for at, fire in (
        ("2026-03-08T04:59:59+00:00", 1),  # still Saturday
        ("2026-03-08T05:00:00+00:00", 2),  # Sunday begins
        ("2026-03-09T03:59:59+00:00", 4),  # and ends, an hour early
        ("2026-03-09T04:00:00+00:00", 6),
    ):
        practice.clock.now = datetime.fromisoformat(at)
        await balanced(practice, coach, member, fire=fire)

    days = await over_time(practice, coach, member)
    weeks = await over_time(practice, member, member, "WEEK")

    assert (days["interval"], days["timeZone"]) == ("DAY", "America/New_York")
    assert [(point["startsOn"], point["count"]) for point in days["points"]] == [
        ("2026-03-07", 1),
        ("2026-03-08", 2),
        ("2026-03-09", 1),
    ]
    sunday = days["points"][1]
    assert shares(sunday["last"])["FIRE"] == "0.500"
    assert shares(sunday["mean"])["FIRE"] == "0.417"  # of 0.333 or 0.334, and 0.500
    assert [(point["startsOn"], point["count"]) for point in weeks["points"]] == [("2026-03-02", 3), ("2026-03-09", 1)]
    for point in [*days["points"], *weeks["points"]]:
        for shown in (point["mean"], point["last"]):
            assert sum(Decimal(share) for share in shares(shown).values()) == 1


@pytest.mark.parametrize(
    ("wrong", "interval"),
    [
        ({"to": MARCH["from"]}, "DAY"),
        ({"from": "2022-01-01T00:00:00Z"}, "DAY"),
        ({"from": "1990-01-01T00:00:00Z"}, "WEEK"),
    ],
)
async def test_a_series_has_an_end_and_not_too_many_points(
    practice: Practice, coach: Person, member: Person, wrong: dict[str, str], interval: str
) -> None:
    asked = {"memberId": member.id, "interval": interval, **MARCH, **wrong}
    refusal = await practice.refusal(ELEMENTS_OVER_TIME, coach, **asked)

    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", "to")


async def test_the_database_holds_shares_and_archetype_to_each_other(
    practice: Practice, coach: Person, member: Person
) -> None:
    await balanced(practice, coach, member, **FIERY)
    for assigned, state in (
        ("fire = 0.401", "23514"),
        ("fire = -0.100, water = 0.700", "23514"),
        ("fire = 0.100, water = 0.500", "23514"),  # an empath then
        ("archetype = 'WHOLE'", "23514"),
        ("member_coach_id = NULL", "42501"),
        ("member_id = gen_random_uuid()", "42501"),
    ):
        async with practice.as_system() as db:
            with pytest.raises(DBAPIError) as refused:
                await db.execute(text(f"UPDATE elemental_balances SET {assigned}"))
            await db.rollback()
        assert refused.value.orig is not None
        assert refused.value.orig.sqlstate == state, assigned


async def test_what_an_assessment_found_is_recorded_once_and_of_its_own_member_only(
    practice: Practice, coach: Person, member: Person
) -> None:
    raw = dict(zip(Element, map(Decimal, ("0.9", "0.1", "0.5", "0.2", "0.3")), strict=True))
    assessment = await assessed(practice, member)
    other = await practice.member(coach)
    now = practice.clock() + timedelta(hours=1)

    async def record(whose: Person, who: Person = member, **amounts: Any) -> Any:
        async with practice.as_actor(who.actor) as db:
            found = {**raw, **amounts}
            return await record_elements(db, whose.member, found, assessment_id=assessment, recorded_by=None, now=now)

    first, again = await record(member), await record(member)
    assert first.id == again.id
    assert (first.fire, first.archetype.value) == (Decimal("0.450"), "VISIONARY")
    assert (await now_of(practice, coach, member))["isAssessed"]
    with pytest.raises(ValueError, match="not negative"):
        await record(member, **{Element.AIR: Decimal(-1)})
    with pytest.raises(DBAPIError):
        await record(other, other)
    assert await practice.count("elemental_balances") == 1
