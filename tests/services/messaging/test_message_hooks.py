"""Message hooks: whose they are, how many, and that a secret is shown once and sealed."""

import asyncio

from tests.messaging import CREATE_HOOK, REMOVE_HOOK, message_hook
from tests.practice import Practice

HOOKS = "query ($coachId: ID) { messageHooks(coachId: $coachId) { id name path createdAt } }"


async def test_a_coach_makes_lists_and_removes_their_own(practice: Practice) -> None:
    coach, other, admin = await practice.coach(), await practice.coach(), await practice.admin()
    made = await message_hook(practice, coach, "n8n")
    given = {"name": "By the office", "coachId": coach.id}
    by_admin = await practice.ask(CREATE_HOOK, admin, input=given)

    listed = await practice.ask(HOOKS, coach)

    assert [each["name"] for each in listed] == ["n8n", "By the office"]
    assert listed == await practice.ask(HOOKS, admin, coachId=coach.id)
    assert await practice.ask(HOOKS, other) == []
    assert (await practice.refusal(HOOKS, other, coachId=coach.id))["code"] == "FORBIDDEN"
    assert (await practice.refusal(REMOVE_HOOK, other, input={"id": made["hook"]["id"]}))["code"] == "FORBIDDEN"
    for who, each in ((coach, made), (admin, by_admin)):
        await practice.ask(REMOVE_HOOK, who, input={"id": each["hook"]["id"]})
    assert await practice.count("message_hooks") == 0


async def test_a_secret_is_shown_once_and_stored_sealed(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await message_hook(practice, coach), await message_hook(practice, coach)

    assert first["secret"] != second["secret"]
    assert first["secret"].startswith("whsec_")
    for made in (first, second):
        plain = made["secret"].encode().hex()
        assert await practice.count("message_hooks", "secret::text LIKE :plain", plain=f"%{plain[20:60]}%") == 0


async def test_a_coach_has_at_most_twenty_even_of_several_at_once(practice: Practice) -> None:
    coach = await practice.coach()
    for _ in range(18):
        await message_hook(practice, coach)

    answers = await asyncio.gather(*(practice.ask(CREATE_HOOK, coach, input={"name": "N"}) for _ in range(4)))

    kinds = sorted(answer["__typename"] for answer in answers)
    assert kinds == ["MadeMessageHook"] * 2 + ["TooManyMessageHooks"] * 2
    assert await practice.count("message_hooks") == 20
