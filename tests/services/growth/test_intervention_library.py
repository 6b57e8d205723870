"""The library of interventions, which admins keep, and what coaches add of their own."""

import asyncio
from collections import Counter

from sqlalchemy import text

from tests.interventions import (
    ADD_INTERVENTION,
    ASSIGN,
    INTERVENTIONS,
    UPDATE_INTERVENTION,
    add_library,
    an_intervention,
    library,
    made,
    nodes,
)
from tests.operations import nothing_written
from tests.practice import Person, Practice


async def names(practice: Practice, who: Person, **wanted: object) -> list[str]:
    return [each["name"] for each in nodes(await practice.ask(INTERVENTIONS, who, filter=wanted, first=100))]


def test_the_library_has_six_of_each_dimension_and_all_elements_and_levels() -> None:
    found = library()

    assert min(Counter(each["dimension"] for each in found).values()) >= 6
    assert len({each["dimension"] for each in found}) == 4
    assert {each["element"] for each in found} == {"FIRE", "WATER", "EARTH", "AIR", "AETHER"}
    assert {each["difficulty"] for each in found} == {"EASY", "MEDIUM", "ADVANCED"}
    assert all(each["steps"] and each["success_measures"] for each in found)


async def test_the_library_is_searched_by_words_in_any_form_and_filtered(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_library(practice)

    assert await names(practice, member, search="ladders") == ["A ladder of courage"]
    assert await names(practice, coach, search="walked question") == ["A walk with one question"]
    assert await names(practice, coach, search="nothing like that") == []
    assert await names(practice, coach, search="the") == [], "a word that is in every text"
    quick = await practice.ask(
        INTERVENTIONS, coach, filter={"dimension": "Q", "maxMinutes": 5, "difficulty": "EASY"}, first=10
    )
    assert [(each["slug"], each["element"]) for each in nodes(quick)] == [
        ("stand-then-speak", "EARTH"),
        ("two-minute-door", "FIRE"),
    ]
    assert {each["isOfLibrary"] for each in nodes(quick)} == {True}
    of_aether = await names(practice, coach, element="AETHER")
    assert len(of_aether) == sum(each["element"] == "AETHER" for each in library())


async def test_the_pages_go_by_name_and_leave_nothing_out(practice: Practice) -> None:
    coach = await practice.coach()
    await add_library(practice)
    seen: list[str] = []
    after, more = None, True
    while more:
        page = await practice.ask(INTERVENTIONS, coach, first=7, after=after)
        seen += [each["slug"] for each in nodes(page)]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert sorted(seen) == sorted(each["code"] for each in library())


async def test_a_coachs_own_is_seen_and_changed_by_them_and_admins_alone(practice: Practice) -> None:
    one, other, admin = await practice.coach(), await practice.coach(), await practice.admin()
    member = await practice.member(one)
    own = await made(practice, one, name="Own", element="AIR")
    shared = await made(practice, admin, name="Shared")

    assert await names(practice, one) == ["Own", "Shared"]
    assert await names(practice, one, coachId=one.id) == ["Own"]
    assert await names(practice, member) == await names(practice, other) == ["Shared"]
    assert await names(practice, admin) == ["Own", "Shared"]
    assert (await practice.refusal(INTERVENTIONS, other, filter={"coachId": one.id}))["code"] == "FORBIDDEN"
    async with nothing_written(practice):
        for who, which in ((other, own), (one, shared), (other, shared)):
            asked = {"id": which, "name": "Mine now"}
            assert (await practice.refusal(UPDATE_INTERVENTION, who, input=asked))["code"] == "FORBIDDEN"
    changed = await practice.ask(UPDATE_INTERVENTION, one, input={"id": own, "name": "Better", "element": None})
    assert (changed["name"], changed["element"], changed["slug"]) == ("Better", None, "own")
    await practice.ask(UPDATE_INTERVENTION, admin, input={"id": shared, "description": "About lanterns."})
    assert await names(practice, other, search="lantern") == ["Shared"], "what was changed is found by its new words"


async def test_what_is_out_of_use_is_not_listed_and_given_to_nobody(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    own = await made(practice, coach, name="Own")
    await practice.ask(UPDATE_INTERVENTION, coach, input={"id": own, "isActive": False})

    assert await names(practice, coach) == []
    assert await names(practice, coach, isActive=False) == ["Own"]
    async with nothing_written(practice):
        refused = await practice.ask(ASSIGN, coach, input={"memberId": member.id, "interventionId": own})
    assert (refused["__typename"], refused["field"]) == ("InvalidInput", "interventionId")


async def test_a_code_is_used_once_in_the_library_and_once_by_each_coach(practice: Practice) -> None:
    one, other, admin = await practice.coach(), await practice.coach(), await practice.admin()
    asked = an_intervention(name="Der Weg: übers Land!")

    made_by = [await practice.ask(ADD_INTERVENTION, who, input=asked) for who in (one, other, admin)]
    assert [each["slug"] for each in made_by] == ["der-weg-ubers-land"] * 3
    async with nothing_written(practice):
        again = await practice.ask(ADD_INTERVENTION, one, input=asked)
        named = await practice.ask(ADD_INTERVENTION, one, input=an_intervention(code="der-weg-ubers-land"))
        wrong = await practice.ask(ADD_INTERVENTION, one, input=an_intervention(code="No Code"))
    assert [each.get("field") for each in (again, named, wrong)] == ["name", "code", "code"]
    without_letters = await practice.ask(ADD_INTERVENTION, one, input=an_intervention(name="呼吸"))
    assert without_letters["__typename"] == "Intervention"

    at_once = [practice.ask(ADD_INTERVENTION, one, input=an_intervention(name="At once")) for _ in range(5)]
    assert Counter(each["__typename"] for each in await asyncio.gather(*at_once)) == {
        "Intervention": 1,
        "InvalidInput": 4,
    }


async def test_a_coach_has_two_hundred_of_their_own_and_no_more(practice: Practice) -> None:
    coach = await practice.coach()
    assert coach.coach is not None
    async with practice.as_system() as db:
        await db.execute(
            text(
                "INSERT INTO interventions (id, code, coach_id, name, dimension, difficulty, time_minutes, description,"
                " steps, success_measures, resources, is_active, created_at, updated_at)"
                " SELECT gen_random_uuid(), 'own-' || n, :coach, 'Own', 'Q', 'EASY', 5, 'Words', '[]', '[]', '[]',"
                " true, now(), now() FROM generate_series(1, 199) AS n"
            ),
            {"coach": coach.coach.id},
        )
    at_once = [practice.ask(ADD_INTERVENTION, coach, input=an_intervention()) for _ in range(3)]

    assert Counter(each["__typename"] for each in await asyncio.gather(*at_once)) == {
        "Intervention": 1,
        "TooManyInterventions": 2,
    }
    assert await practice.count("interventions") == 200
