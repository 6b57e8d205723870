"""Breakthroughs: when one is found, what may have led to it, and the coach's word on it."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.exc import DBAPIError

from app.events import BreakthroughConfirmed, BreakthroughDetected, CoherenceScored
from app.wire.relay import global_id, parse_key
from tests.models.small_practice import refused_with
from tests.operations import add_window, booked, completed, transferred
from tests.practice import MONDAY, Person, Practice
from tests.scoring import (
    BREAKTHROUGHS,
    CONFIRM,
    DISMISS,
    an_assessment,
    an_intervention_done,
    breakthroughs,
    measured,
    risen,
    scored,
)

NODE = "query ($id: ID!) { node(id: $id) { id } }"


async def steady(practice: Practice, member: Person) -> None:
    """Six weeks, the last of them a day ago."""
    for week, q in enumerate(("0.40", "0.42", "0.40", "0.38", "0.40", "0.42")):
        await scored(practice, member, measured("0.50", q=q), at=MONDAY - timedelta(days=1, weeks=5 - week))


async def test_a_rise_beyond_the_usual_is_found_with_the_score(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await risen(practice, member)

    (found,) = await breakthroughs(practice, coach, memberId=member.id)
    numbers = ("beforeScore", "afterScore", "magnitude", "threshold")
    assert [found[name] for name in numbers] == ["0.42", "0.70", "0.28", "0.4853"]
    assert (found["dimension"], found["status"], found["decidedAt"]) == ("Q", "DETECTED", None)
    assert found["detectedAt"] == "2026-03-02T08:00:00Z"
    assert found["description"] == (
        "Courage rose from 0.42 to 0.70; by the scores before, anything up to 0.49 would have been its usual up and"
        " down."
    )
    assert found["trigger"] is None
    *_, scoring, detecting = await practice.told()
    assert isinstance(scoring, CoherenceScored)
    assert isinstance(detecting, BreakthroughDetected)
    assert found["score"]["id"] == global_id("CoherenceScore", scoring.score_id)
    assert detecting.dimension == "Q"
    assert await breakthroughs(practice, member) == [found]


async def test_several_dimensions_and_the_whole_rise_at_once(practice: Practice) -> None:
    member = await practice.member(await practice.coach())
    await steady(practice, member)
    await scored(practice, member, measured("0.90", "0.80", "0.41", "0.50"))

    found = await breakthroughs(practice, member)

    assert {each["dimension"] for each in found} == {"PSI", "RHO", "OVERALL"}
    (whole,) = [each for each in found if each["dimension"] == "OVERALL"]
    assert Decimal(whole["magnitude"]) == Decimal(whole["afterScore"]) - Decimal(whole["beforeScore"])


async def test_nothing_is_found_in_usual_ups_and_downs(practice: Practice) -> None:
    member = await practice.member(await practice.coach())
    await steady(practice, member)
    for day, psi in enumerate(("0.45", "0.54", "0.50", "0.58")):
        await scored(practice, member, measured(psi, q="0.41"), at=MONDAY + timedelta(days=day))

    assert await breakthroughs(practice, member) == []


async def test_the_session_that_came_last_may_have_led_to_it(practice: Practice) -> None:
    """Of those that took place; what was booked, or lies two weeks back, has not."""
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    await steady(practice, member)
    session = await completed(practice, await booked(practice, member, coach, "2026-03-02T09:00:00Z"))
    await booked(practice, member, coach, "2026-03-09T09:00:00Z")
    await scored(practice, member, measured("0.50", q="0.80"), at=MONDAY + timedelta(days=8))

    newest, *_ = await breakthroughs(practice, member, dimension="Q")

    assert newest["trigger"] == {"kind": "SESSION", "id": session, "at": "2026-03-02T10:00:00Z"}
    assert newest["description"].endswith(" 7 days before there was a session.")
    assert (await practice.ask(NODE, coach, id=newest["trigger"]["id"]))["id"] == session


async def test_an_earlier_assessment_may_have_led_to_it_and_not_the_one_that_shows_it(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    assert member.member is not None
    await steady(practice, member)
    earlier = await an_assessment(practice, member)
    practice.clock.move(days=2)
    itself = await an_assessment(practice, member)
    await scored(practice, member, measured("0.50", q="0.80"), assessment_id=itself)

    newest, *_ = await breakthroughs(practice, member, dimension="Q")

    assert newest["trigger"] == {
        "kind": "ASSESSMENT",
        "id": global_id("Assessment", earlier),
        "at": "2026-03-02T08:00:00Z",
    }


async def test_the_nearest_of_all_is_named(practice: Practice) -> None:
    """Here an intervention, completed after a session and before another assessment would be."""
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    await steady(practice, member)
    await an_assessment(practice, member)
    done = await completed(practice, await booked(practice, member, coach, "2026-03-02T09:00:00Z"))
    intervention = await an_intervention_done(practice, member, MONDAY + timedelta(days=1))
    await scored(practice, member, measured("0.50", q="0.80"), at=MONDAY + timedelta(days=1, hours=3))

    newest, *_ = await breakthroughs(practice, member, dimension="Q")

    assert done
    assert newest["trigger"] == {
        "kind": "INTERVENTION",
        "id": global_id("MemberIntervention", intervention),
        "at": "2026-03-03T08:00:00Z",
    }
    assert newest["description"].endswith(" On the same day there was an intervention that was completed.")


async def test_the_coach_confirms_it_once_and_the_member_is_told(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    found = await risen(practice, member)

    confirmed = await practice.ask(CONFIRM, coach, input={"id": found})

    assert (confirmed["__typename"], confirmed["status"]) == ("Breakthrough", "CONFIRMED")
    assert confirmed["decidedAt"] == "2026-03-02T08:00:00Z"
    *_, told = await practice.told()
    assert isinstance(told, BreakthroughConfirmed)
    for again in (CONFIRM, DISMISS):
        refused = await practice.ask(again, coach, input={"id": found})
        assert (refused["code"], refused["status"]) == ("BREAKTHROUGH_DECIDED", "CONFIRMED")
    await practice.work()
    kinds = await practice.rows("SELECT u.email, n.kind FROM notifications n JOIN users u ON u.id = n.user_id")
    assert sorted(map(tuple, kinds)) == [
        (coach.user.email, "BREAKTHROUGH_DETECTED"),
        (member.user.email, "BREAKTHROUGH_CONFIRMED"),
    ]


async def test_a_dismissed_one_is_listed_as_such_and_nobody_is_told(practice: Practice) -> None:
    coach = await practice.coach()
    member, admin = await practice.member(coach), await practice.admin()
    found = await risen(practice, member)
    before = await practice.told()

    dismissed = await practice.ask(DISMISS, admin, input={"id": found})

    assert dismissed["status"] == "DISMISSED"
    assert await practice.told() == before
    assert [each["id"] for each in await breakthroughs(practice, member, status="DISMISSED")] == [found]
    assert await breakthroughs(practice, member, status="DETECTED") == []
    assert await breakthroughs(practice, member, dimension="PSI") == []


async def test_of_two_who_decide_at_once_one_does(practice: Practice) -> None:
    coach = await practice.coach()
    found = await risen(practice, await practice.member(coach))

    answers = await asyncio.gather(
        *(practice.ask(each, coach, input={"id": found}) for each in (CONFIRM, DISMISS, CONFIRM, DISMISS))
    )

    decided = [each for each in answers if each["__typename"] == "Breakthrough"]
    refused = [each["status"] for each in answers if each["__typename"] == "BreakthroughDecided"]
    assert len(decided) == 1
    assert refused == [decided[0]["status"]] * 3


async def test_nobody_but_the_members_coach_of_today_decides(practice: Practice) -> None:
    """Neither the member nor another coach, found or not; and nothing is written."""
    coach, other = await practice.coach(), await practice.coach()
    member, stranger = await practice.member(coach), await practice.member(other)
    found = await risen(practice, member)
    nothing = global_id("Breakthrough", parse_key(member.id, "Member", "id"))

    for who in (member, other, stranger):
        for named in (found, nothing):
            for what in (CONFIRM, DISMISS):
                assert (await practice.refusal(what, who, input={"id": named}))["code"] == "FORBIDDEN"
    for who in (other, stranger):
        assert (await practice.refusal(NODE, who, id=found))["code"] == "FORBIDDEN"
        assert (await practice.refusal(BREAKTHROUGHS, who, memberId=member.id))["code"] == "FORBIDDEN"
    in_anothers_name = "UPDATE breakthroughs SET status = 'CONFIRMED', decided_at = now(), decided_by_user_id = :user"
    async with practice.as_actor(coach.actor) as db:
        assert await refused_with(db, in_anothers_name, user=other.user.id) == "42501"
    early = (
        "INSERT INTO coherence_scores (id, member_id, psi, rho, q, f, total, percentage, velocity, calculated_at)"
        " VALUES (gen_random_uuid(), :member, 0, 0, 0, 0, 0, 0, 0, '2000-01-01')"
    )
    async with practice.as_actor(stranger.actor) as db:  # and nobody is told that there is a later one
        assert await refused_with(db, early, member=member.actor.member_id) == "42501"
    assert await practice.count("breakthroughs", "status = 'DETECTED'") == 1

    await transferred(practice, member, other)
    assert (await practice.refusal(CONFIRM, coach, input={"id": found}))["code"] == "FORBIDDEN"
    assert (await practice.ask(CONFIRM, other, input={"id": found}))["status"] == "CONFIRMED"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("status = 'DETECTED', decided_at = NULL", "a breakthrough is decided once"),
        ("after_score = 0.90, magnitude = 0.48", "a breakthrough stays as it was found"),
        ("member_coach_id = gen_random_uuid()", "only a transfer gives a member another coach"),
    ],
)
async def test_the_database_keeps_what_was_found_and_decided(practice: Practice, change: str, refusal: str) -> None:
    coach = await practice.coach()
    found = await risen(practice, await practice.member(coach))
    await practice.ask(CONFIRM, coach, input={"id": found})

    with pytest.raises(DBAPIError, match=refusal):
        await practice.rows(f"UPDATE breakthroughs SET {change} RETURNING 1")
