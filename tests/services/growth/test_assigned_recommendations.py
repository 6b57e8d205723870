"""What is recommended and given at once: the intervention's course decides what becomes of the recommendation."""

from app.events import InterventionAssigned
from app.wire.relay import global_id
from tests.interventions import ASSIGN, PROGRESS, RATE
from tests.operations import nothing_written, transferred
from tests.practice import Practice
from tests.recommending import (
    APPROVE,
    DRAFT,
    drafts,
    exercise,
    recommendable,
    recommendation_of,
    recommended,
    scored,
    sent,
)

LACKS_COURAGE = ("0.60", "0.80", "0.30", "0.50")


async def test_it_is_given_once_with_its_day_and_done_when_the_intervention_is(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await scored(practice, member, *LACKS_COURAGE)
    best, second, *_ = await drafts(practice, coach, member)
    asked = {"id": best["id"], "assign": True, "dueDate": "2026-03-09"}

    given, again = [await practice.ask(APPROVE, coach, input=asked) for _ in range(2)]

    assert again == given
    assert (given["status"], given["memberIntervention"]["dueDate"]) == ("SENT", "2026-03-09")
    assert len([event for event in await practice.told() if isinstance(event, InterventionAssigned)]) == 1
    assert await practice.count("member_interventions", "recommendation_id IS NOT NULL") == 1
    later = await practice.ask(APPROVE, coach, input={"id": second["id"]})
    with_it = await practice.ask(APPROVE, coach, input={"id": second["id"], "assign": True})
    assert (later["memberIntervention"], with_it["memberIntervention"]["status"]) == (None, "ASSIGNED")

    await practice.ask(PROGRESS, member, input={"id": given["memberIntervention"]["id"], "progressPercent": 100})
    await practice.ask(PROGRESS, member, input={"id": with_it["memberIntervention"]["id"], "status": "ABANDONED"})
    await practice.work()

    mine = await recommended(practice, member)
    assert [(each["id"], each["status"]) for each in mine] == [(best["id"], "COMPLETED")]
    assert [each["id"] for each in await recommended(practice, coach, status="REJECTED")] == [second["id"]]
    found = {each["title"] for each in await drafts(practice, coach, member)}
    assert second["title"] not in found, "it was given up"


async def test_what_a_member_is_at_is_not_drafted_nor_given_twice(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await scored(practice, member, *LACKS_COURAGE)
    best, second, *_ = await drafts(practice, coach, member)
    kept = await practice.ask(APPROVE, coach, input={"id": best["id"], "send": False})
    ids = dict(
        await practice.rows("SELECT i.name, i.id FROM recommendations r JOIN interventions i ON i.id = intervention_id")
    )
    for each in (best, second):
        by_hand = {"memberId": member.id, "interventionId": global_id("Intervention", ids[each["title"]])}
        await practice.ask(ASSIGN, coach, input=by_hand)
    await practice.work()

    assert second["title"] not in {each["title"] for each in await drafts(practice, coach, member)}
    async with nothing_written(practice):
        refused = await practice.ask(APPROVE, coach, input={"id": kept["id"], "assign": True})
        unsent = await practice.ask(APPROVE, coach, input={"id": kept["id"], "assign": True, "send": False})
        no_day = await practice.ask(APPROVE, coach, input={"id": kept["id"], "dueDate": "2026-03-09"})
        past = await practice.ask(APPROVE, coach, input={"id": kept["id"], "assign": True, "dueDate": "2026-03-01"})
    assert refused["code"] == "INTERVENTION_ALREADY_ASSIGNED"
    assert [answer["field"] for answer in (unsent, no_day, past)] == ["assign", "dueDate", "dueDate"]


async def test_the_next_proposal_is_better_for_what_the_member_said(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await exercise(practice, "light-a-candle", "PSI", "FIRE")
    await scored(practice, member, *LACKS_COURAGE)
    first, second, *others = await drafts(practice, coach, member)
    assert (first["element"], second["element"]) == ("EARTH", "FIRE")
    assert [each["title"] for each in others if each["dimension"] == "PSI"] == ["Clear words"]

    given = await practice.ask(APPROVE, coach, input={"id": second["id"], "assign": True})
    done = given["memberIntervention"]["id"]
    await practice.ask(PROGRESS, member, input={"id": done, "progressPercent": 100})
    await practice.ask(RATE, member, input={"id": done, "rating": 5})
    await practice.work()

    of_clarity = [each for each in await drafts(practice, coach, member) if each["dimension"] == "PSI"]
    assert [each["title"] for each in of_clarity] == ["Light a candle", "Clear words"]
    assert "exercises for fire were rated 5.0 of 5 before (1 rating)" in of_clarity[0]["reason"]
    assert await practice.rows("SELECT rating FROM intervention_experiences") == [(5,)]
    assert (await practice.ask(DRAFT, coach, input={"memberId": member.id}))["recommendations"]
    assert (await sent(practice, coach, member))["status"] == "SENT"


async def test_a_coach_before_has_proposed_an_exercise_of_their_own_which_the_coach_of_today_does_not_give(
    practice: Practice,
) -> None:
    former, today = await practice.coach(), await practice.coach()
    member = await practice.member(former)
    key = await recommendation_of(practice, member)
    await transferred(practice, member, today)

    async with nothing_written(practice):
        refused = await practice.ask(APPROVE, today, input={"id": key, "assign": True})

    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "assign")
    taken = await practice.ask(APPROVE, today, input={"id": key})
    assert (taken["status"], taken["intervention"]) == ("SENT", None)
