"""Figures of risks: how many there were, and how soon somebody saw to them."""

from typing import Any

from tests.practice import Person, Practice
from tests.risks import STATISTICS, acknowledged, alarmed, assessed

TIME = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-03T00:00:00Z"}


async def statistics(practice: Practice, who: Person, **wanted: Any) -> dict[str, Any]:
    found: dict[str, Any] = await practice.ask(STATISTICS, who, **{**TIME, **wanted})
    return found


async def test_they_say_how_many_how_soon_and_how_often_it_took_more_than_the_coach(
    practice: Practice, coach: Person, member: Person, admin: Person
) -> None:
    """Acknowledged after 1, 2, 4, 8 and, when it had escalated, 16 minutes; another waits still."""
    other = await practice.coach()
    await assessed(practice, coach, member, "LOW")
    await alarmed(practice, other, await practice.member(other), "HIGH")
    ids = [await alarmed(practice, coach, member) for _ in range(6)]
    minute = 0
    for id, after in zip(ids, (1, 2, 4, 8, 16), strict=False):
        practice.clock.move(minutes=after - minute)
        minute = after
        await practice.work()
        await acknowledged(practice, coach, id)

    found = await statistics(practice, coach)
    counts = {each["level"]: (each["assessments"], each["alerts"]) for each in found.pop("levels")}
    assert counts == {"LOW": (1, 0), "MEDIUM": (0, 0), "HIGH": (0, 0), "CRISIS": (6, 6)}
    assert found == {
        "assessments": 7,
        "alerts": 6,
        "acknowledged": 5,
        "escalated": 2,
        "escalatedShare": "0.333",
        "medianSecondsToAcknowledgement": 4 * 60,
        # Between 8 and 16 minutes: 0.9 of the way from the first of five to the last is 0.6 from the fourth to it.
        "ninetiethPercentileSecondsToAcknowledgement": round((8 + 0.6 * 8) * 60),
        "openNow": 1,
    }
    of_all, of_one = await statistics(practice, admin), await statistics(practice, admin, coachId=coach.id)
    assert (of_all["alerts"], of_all["openNow"], of_one["alerts"], of_one["openNow"]) == (7, 2, 6, 1)
    assert of_one == await statistics(practice, coach, coachId=coach.id)


async def test_outside_of_the_time_there_is_nothing_but_what_is_open_now(
    practice: Practice, coach: Person, member: Person
) -> None:
    await alarmed(practice, coach, member)
    for time in (
        {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T08:00:00Z"},
        {"from": "2026-03-02T08:00:01Z", "to": "2026-03-04T00:00:00Z"},
    ):
        found = await statistics(practice, coach, **time)
        assert (found["assessments"], found["alerts"], found["openNow"]) == (0, 0, 1)
        assert found["escalatedShare"] is found["medianSecondsToAcknowledgement"] is None


async def test_others_figures_and_a_time_that_ends_before_it_begins_are_refused(
    practice: Practice, coach: Person, member: Person
) -> None:
    other = await practice.coach()
    assert (await practice.refusal(STATISTICS, coach, **TIME, coachId=other.id))["code"] == "FORBIDDEN"
    assert (await practice.refusal(STATISTICS, member, **TIME))["code"] == "FORBIDDEN"
    backwards = {"from": TIME["to"], "to": TIME["from"]}
    refused = await practice.refusal(STATISTICS, coach, **backwards)
    assert (refused["code"], refused["field"]) == ("BAD_USER_INPUT", "to")
