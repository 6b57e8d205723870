"""Recommendations: drafted by what is known, reviewed by the coach, rated by the member, and better for it."""

import asyncio
from typing import Any

from sqlalchemy import text

from app.events import RecommendationRated, RecommendationsDrafted, RecommendationSent
from app.wire.relay import parse_key
from tests.operations import ASSIGN, nothing_written
from tests.practice import Person, Practice
from tests.recommending import (
    APPROVE,
    DRAFT,
    EDIT,
    GROUPS,
    RATE,
    RECOMMENDATIONS,
    REJECT,
    balanced,
    drafts,
    exercise,
    recommendable,
    recommended,
    scored,
    sent,
)

FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
LACKS_COURAGE = ("0.60", "0.80", "0.30", "0.50")


def titles(found: list[dict[str, Any]]) -> list[str]:
    return [each["title"] for each in found]


async def test_a_new_coherence_is_answered_by_drafts_with_their_reasons(practice: Practice) -> None:
    coach, member = await recommendable(practice)

    await scored(practice, member, *LACKS_COURAGE)

    best, second, *others = await drafts(practice, coach, member)
    assert {best["title"], second["title"]} == {"First step", "Small risk"}
    assert len(others) == 3, "five at most"
    assert best["reason"] == (
        "Courage (q) is the weakest of the four dimensions at 0.30; the pattern of the wise coward calls for it."
    )
    assert best["facts"] == [
        {"kind": "WEAKEST_DIMENSION", "about": "Q", "value": "0.30", "count": None},
        {"kind": "PATTERN", "about": "WISE_COWARD", "value": None, "count": None},
    ]
    assert best["text"] == (
        "“First step” is for the courage to act on what matters, with the element earth."
        " It takes 15 minutes and is easy to begin with."
    )
    assert (best["priority"], best["wording"], best["status"]) == ("HIGH", "RULES", "DRAFTED")
    assert others[0]["reason"] == "Belonging (f) stands at 0.50."
    assert await recommended(practice, member) == [], "a member sees what was sent to them"


async def test_an_element_that_is_missing_weighs_too_and_the_reason_says_its_share(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await scored(practice, member, *LACKS_COURAGE)

    await balanced(practice, member, fire=1, water=3, earth=3, air=3, aether=3)

    best, second, *_ = await drafts(practice, coach, member)
    assert (best["title"], second["title"]) == ("Small risk", "First step")
    assert best["reason"] == (
        "Courage (q) is the weakest of the four dimensions at 0.30; the pattern of the wise coward calls for it;"
        " fire has 7.7 % of the elements, where an even share has 20 %."
    )


async def test_with_elements_alone_there_are_drafts_and_with_nothing_there_is_a_problem(practice: Practice) -> None:
    coach, member = await recommendable(practice)

    nothing = await practice.ask(DRAFT, coach, input={"memberId": member.id})
    await balanced(practice, member, fire=0, water=1, earth=1, air=1, aether=1)

    assert nothing["code"] == "NOTHING_TO_RECOMMEND_BY"
    assert titles(await drafts(practice, coach, member))[0] == "Small risk"


async def test_the_same_facts_leave_the_drafts_as_they_are(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await scored(practice, member, *LACKS_COURAGE)
    before = await drafts(practice, coach, member)

    practice.clock.move(hours=1)
    again = await practice.ask(DRAFT, coach, input={"memberId": member.id})
    at_once = await asyncio.gather(
        *(practice.ask(DRAFT, coach, input={"memberId": member.id}) for _ in range(4)),
        scored(practice, member, *LACKS_COURAGE),
    )

    assert {each["id"] for each in again["recommendations"]} == {each["id"] for each in before}
    assert {answer["__typename"] for answer in at_once[:4]} == {"DraftedRecommendations"}
    assert await practice.count("recommendations") == 5


async def test_other_facts_supersede_drafts_but_not_what_a_coach_has_edited(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await scored(practice, member, *LACKS_COURAGE)
    best, *others = await drafts(practice, coach, member)
    edited = await practice.ask(EDIT, coach, input={"id": best["id"], "text": "Try this on Monday", "priority": "LOW"})

    practice.clock.move(days=1)
    await scored(practice, member, "0.61", "0.81", "0.70", "0.20")

    found = await drafts(practice, coach, member)
    assert (edited["text"], edited["wording"], edited["priority"]) == ("Try this on Monday", "COACH", "LOW")
    assert best["id"] in {each["id"] for each in found}
    superseded = await recommended(practice, coach, memberId=member.id, status="SUPERSEDED")
    assert {each["id"] for each in superseded} == {each["id"] for each in others}
    fresh = [each for each in found if each["id"] != best["id"]]
    assert fresh[0]["dimension"] == "F"
    assert best["title"] not in titles(fresh), "what is open is not proposed twice"


async def test_approving_sends_once_and_what_was_sent_is_the_members_to_see(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await scored(practice, member, *LACKS_COURAGE)
    best, second, *_ = await drafts(practice, coach, member)

    first, again = await asyncio.gather(*(practice.ask(APPROVE, coach, input={"id": best["id"]}) for _ in range(2)))
    kept = await practice.ask(APPROVE, coach, input={"id": second["id"], "send": False})

    assert (first["status"], first["reviewedAt"], first["sentAt"]) == ("SENT", *[first["sentAt"]] * 2)
    assert again == first
    assert (kept["status"], kept["sentAt"]) == ("APPROVED", None)
    assert titles(await recommended(practice, member)) == [best["title"]]
    told = [event for event in await practice.told() if isinstance(event, RecommendationSent)]
    assert [event.recommendation_id for event in told] == [parse_key(best["id"], "Recommendation", "id")]
    await practice.work()
    assert await practice.count("notifications", "kind = 'RECOMMENDATION_SENT' AND user_id = :id", id=member.user.id)
    too_late = await practice.ask(EDIT, coach, input={"id": best["id"], "title": "Another"})
    assert (too_late["code"], too_late["status"]) == ("RECOMMENDATION_NOT_OPEN", "SENT")
    sent_later = await practice.ask(APPROVE, coach, input={"id": second["id"]})
    assert sent_later["status"] == "SENT"


async def test_what_was_rejected_is_not_proposed_again_for_sixty_days(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await scored(practice, member, *LACKS_COURAGE)
    best = await sent(practice, coach, member)

    rejected = await practice.ask(REJECT, coach, input={"id": best["id"]})
    again = await practice.ask(REJECT, coach, input={"id": best["id"]})

    assert (rejected["status"], again) == ("REJECTED", rejected)
    assert await recommended(practice, member) == [], "what was sent is taken back"
    for days, is_back in ((59, False), (1, True)):
        practice.clock.move(days=days)
        await practice.ask(DRAFT, coach, input={"memberId": member.id})
        assert (best["title"] in titles(await drafts(practice, coach, member))) is is_back
    refused = await practice.ask(APPROVE, coach, input={"id": best["id"]})
    assert (refused["code"], refused["status"]) == ("RECOMMENDATION_NOT_OPEN", "REJECTED")


async def test_a_rating_is_the_members_and_changes_what_is_proposed_next(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    for code in ("bold-move", "brave-talk"):
        await exercise(practice, code, "Q", "FIRE")
    await scored(practice, member, *LACKS_COURAGE)
    best = await sent(practice, coach, member)
    said = {"id": best["id"], "rating": 5, "comment": "It helped me at work"}

    by_coach = await practice.refusal(RATE, coach, input=said)
    rated = await practice.ask(RATE, member, input=said)
    later = await practice.ask(RATE, member, input={"id": best["id"], "rating": 1})
    await practice.work()

    assert by_coach == FORBIDDEN
    assert (rated["rating"], rated["status"], rated["comment"]) == (5, "COMPLETED", "It helped me at work")
    assert (later["rating"], later["comment"]) == (1, "It helped me at work")
    assert (await recommended(practice, coach, memberId=member.id, status="COMPLETED"))[0]["comment"]
    ((stored,),) = await practice.rows("SELECT comment FROM recommendations WHERE comment IS NOT NULL")
    assert b"work" not in stored
    practice.clock.move(days=100)
    found = (await practice.ask(DRAFT, coach, input={"memberId": member.id}))["recommendations"]
    assert best["title"] not in titles(found), "it did not help"
    of_like = [each for each in found if each["element"] == best["element"]]
    assert all("were rated 1 of 5 before (1 rating)" in each["reason"].replace("1.0", "1") for each in of_like)
    assert await practice.rows("SELECT rating, group_names FROM intervention_experiences") == [
        (1, ["EVERYBODY", "WEAKEST_Q", "PATTERN_WISE_COWARD"])
    ]


async def test_what_helped_a_member_ranks_its_like_higher(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await exercise(practice, "quiet-hour", "PSI", "WATER")
    await exercise(practice, "wide-view", "PSI", "AIR")
    await scored(practice, member, "0.50", "0.50", "0.50", "0.50")
    before = {each["title"]: each["rankScore"] for each in await drafts(practice, coach, member)}
    liked = next(each for each in await drafts(practice, coach, member) if each["element"] == "WATER")
    await practice.ask(APPROVE, coach, input={"id": liked["id"]})

    await practice.ask(RATE, member, input={"id": liked["id"], "rating": 5})
    await practice.work()

    best, *_ = await drafts(practice, coach, member)
    assert best["element"] == "WATER"
    assert best["rankScore"] > before.get(best["title"], "0")
    assert "exercises for water were rated 5.0 of 5 before (1 rating)" in best["reason"]


async def rated_by(practice: Practice, intervention_code: str, count: int, rating: int) -> None:
    """As many members of another coach, who lack courage too."""
    other = await practice.coach()
    await practice.rows("UPDATE interventions SET is_active = (code = :code) RETURNING 1", code=intervention_code)
    for somebody in await practice.members(count, other):
        await scored(practice, somebody, *LACKS_COURAGE)
        best = await sent(practice, other, somebody)
        await practice.ask(RATE, somebody, input={"id": best["id"], "rating": rating})
    await practice.work()
    await practice.rows("UPDATE interventions SET is_active = true RETURNING 1")


async def test_members_who_are_alike_are_learned_from_but_never_fewer_than_three(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await rated_by(practice, "first-step", 2, 5)
    await scored(practice, member, *LACKS_COURAGE)
    of_two = {each["title"]: each for each in await drafts(practice, coach, member)}

    await rated_by(practice, "first-step", 1, 5)
    await practice.ask(DRAFT, coach, input={"memberId": member.id})
    of_three = {each["title"]: each for each in await drafts(practice, coach, member)}

    assert "rated" not in of_two["First step"]["reason"]
    assert "members of the same pattern rated it 5.0 of 5 (3 members)" in of_three["First step"]["reason"]
    assert of_three["First step"]["rankScore"] > of_two["First step"]["rankScore"]
    async with practice.as_actor(coach.actor) as db:
        for table in ("intervention_experiences", "intervention_ratings_by_group"):
            assert not (await db.execute(text(f"SELECT * FROM {table}"))).all()


async def test_groups_are_by_priority_and_then_by_element(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await scored(practice, member, *LACKS_COURAGE)

    groups = await practice.ask(GROUPS, coach, memberId=member.id, status="DRAFTED")

    assert [(group["priority"], group["element"]) for group in groups] == [
        ("HIGH", "FIRE"),
        ("HIGH", "EARTH"),
        ("MEDIUM", "WATER"),
        ("MEDIUM", "AIR"),
    ]
    assert sorted(title for group in groups for title in titles(group["recommendations"])) == sorted(
        titles(await drafts(practice, coach, member))
    )


async def test_a_coach_sees_those_of_all_of_their_members_page_by_page(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    second = await practice.member(coach)
    for each in (member, second):
        await scored(practice, each, *LACKS_COURAGE)
        practice.clock.move(minutes=1)

    first = await practice.ask(RECOMMENDATIONS, coach, status="DRAFTED", first=6)
    rest = await practice.ask(RECOMMENDATIONS, coach, status="DRAFTED", after=first["pageInfo"]["endCursor"])

    found = [edge["node"]["member"]["id"] for page in (first, rest) for edge in page["edges"]]
    assert found == [second.id] * 5 + [member.id] * 5
    of_courage = await recommended(practice, coach, dimension="Q", element="FIRE", priority="HIGH")
    assert titles(of_courage) == ["Small risk", "Small risk"]


async def test_nobody_else_sees_or_reviews_them_and_nothing_is_written(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await scored(practice, member, *LACKS_COURAGE)
    best = await sent(practice, coach, member)
    draft, *_ = await drafts(practice, coach, member)
    stranger, somebody = await practice.coach(), await practice.member(coach)
    no_such = {"id": draft["id"][:-6] + "AAAAAA"}

    async def refused(query: str, who: Person, **fields: Any) -> dict[str, Any]:
        return await practice.refusal(query, who, input=fields)

    async with nothing_written(practice):
        for who in (stranger, somebody):
            assert await practice.refusal(RECOMMENDATIONS, who, memberId=member.id) == FORBIDDEN
        for query in (APPROVE, REJECT):
            for who in (stranger, somebody, member):
                assert await refused(query, who, id=draft["id"]) == FORBIDDEN
        assert await refused(EDIT, stranger, id=draft["id"], title="Mine") == FORBIDDEN
        assert await refused(DRAFT, stranger, memberId=member.id) == FORBIDDEN
        assert await refused(RATE, somebody, id=best["id"], rating=5) == FORBIDDEN
        assert await refused(RATE, member, id=draft["id"], rating=5) == FORBIDDEN, "it was not sent"
    assert no_such["id"] != draft["id"]


async def test_after_a_transfer_the_new_coach_has_them_and_the_old_one_nothing(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    await exercise(practice, "own-way", "Q", "AETHER", coach_id=coach.actor.coach_id)
    await scored(practice, member, *LACKS_COURAGE)
    assert "Own way" in titles(await drafts(practice, coach, member))
    new, admin = await practice.coach(), await practice.admin()

    await practice.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": new.id})
    await practice.work()

    assert await recommended(practice, coach) == []
    found = titles(await drafts(practice, new, member))
    assert len(found) == 5
    assert "Own way" not in found, "another coach's own is theirs"


async def test_an_admin_drafts_and_reviews_for_anybody_and_nobody_is_drafted_for_without_a_coach(
    practice: Practice,
) -> None:
    await recommendable(practice)
    alone, admin = await practice.member(), await practice.admin()

    await scored(practice, alone, *LACKS_COURAGE)

    assert await recommended(practice, admin, memberId=alone.id) == []
    by_hand = await practice.ask(DRAFT, admin, input={"memberId": alone.id})
    assert len(by_hand["recommendations"]) == 5
    assert (await practice.ask(APPROVE, admin, input={"id": by_hand["recommendations"][0]["id"]}))["status"] == "SENT"


async def test_what_happens_is_told_with_ids_alone(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    assert coach.coach is not None
    assert member.member is not None
    of_member = {"member_id": member.member.id, "coach_id": coach.coach.id}
    await scored(practice, member, *LACKS_COURAGE)
    best = await sent(practice, coach, member)
    key = parse_key(best["id"], "Recommendation", "id")
    await practice.ask(RATE, member, input={"id": best["id"], "rating": 4})
    await practice.ask(RATE, member, input={"id": best["id"], "rating": 4, "comment": "Words"})

    assert await practice.told() == [
        RecommendationSent(**of_member, recommendation_id=key),
        RecommendationRated(**of_member, recommendation_id=key, rating=4),
    ]
    await practice.work()
    assert not any(isinstance(event, RecommendationsDrafted) for event in await practice.told())
