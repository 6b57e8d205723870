"""`POST /webhooks/coach-message/<hook>`: as many messages as a coach may send, and none by a hook that is gone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx2 import AsyncClient

from app.platform.settings import Settings
from app.services import messaging
from tests.messaging import REMOVE_HOOK, message_hook, sent
from tests.practice import MovableClock, Practice
from tests.server.serving import Served
from tests.server.test_coach_message import post, refused


@pytest.fixture(scope="module")
async def practice(settings: Settings) -> AsyncIterator[Practice]:
    few = settings.model_copy(update={"messages_per_hour": 2})
    async with Practice.opened(few, MovableClock()) as practice:
        yield practice


@pytest.fixture
async def client(served: Served) -> AsyncIterator[AsyncClient]:
    async with served.client() as client:
        yield client


async def test_what_comes_by_hooks_counts_with_what_the_coach_sends(practice: Practice, client: AsyncClient) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    hooks = [await message_hook(practice, coach, name) for name in ("One", "Two")]
    body = {"memberId": member.id, "body": "Words", "channel": "EMAIL"}

    await sent(practice, coach, member, channel="EMAIL")
    assert (await post(client, hooks[0], body, id_="msg_1")).status_code == 202
    refused(await post(client, hooks[1], body), 429, "RATE_LIMITED")
    assert (await post(client, hooks[0], body, id_="msg_1")).status_code == 202, "it was accepted before"


async def test_a_hook_that_is_removed_meanwhile_accepts_nothing_and_says_so(
    practice: Practice, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    hook = await message_hook(practice, coach)
    find_accepted = messaging.find_accepted

    async def and_removed(*args: Any, **kwargs: Any) -> Any:
        found = await find_accepted(*args, **kwargs)
        await practice.ask(REMOVE_HOOK, coach, input={"id": hook["hook"]["id"]})
        return found

    monkeypatch.setattr(messaging, "find_accepted", and_removed)
    answer = await post(client, hook, {"memberId": member.id, "body": "Words", "channel": "EMAIL"})

    refused(answer, 410, "HOOK_IS_GONE")
    assert await practice.count("communications", "member_id = :id", id=member.member and member.member.id) == 0
