"""A member's coherence, live: how it stands, each new score, and each breakthrough that is found or decided."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from app.api import schema
from app.context import Context
from app.platform.settings import Settings
from tests.live.test_across_processes import NEVER, redis, two_servers
from tests.operations import transferred
from tests.platform.redis_server import RedisServer
from tests.practice import MONDAY, Person, Practice
from tests.scoring import CONFIRM, DISMISS, measured, risen, scored

__all__ = ["redis"]  # a fixture

WATCH = (
    "subscription ($memberId: ID) { coherenceUpdated(memberId: $memberId) { isSnapshot"
    " summary { latest { psi total } change { psi } member { id } } breakthroughs { id status } } }"
)


class Screen:
    """What a client keeps of the messages."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.changed = asyncio.Condition()

    @property
    def psi(self) -> str | None:
        latest = self.messages[-1]["summary"]["latest"]
        return latest["psi"] if latest else None

    async def comes_to(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: is_so() or self.errors)

    async def shows(self, psi: str, messages: int) -> None:
        await self.comes_to(lambda: len(self.messages) >= messages)
        assert (self.psi, len(self.messages), self.errors) == (psi, messages, [])


@asynccontextmanager
async def watching(
    practice: Practice, who: Person, member: Person | None = None, *, minutes: int | None = None
) -> AsyncIterator[Screen]:
    """A view that has its snapshot; with `minutes`, under a token that is good for as many."""
    screen = Screen()
    until = None if minutes is None else practice.clock() + timedelta(minutes=minutes)
    asked = {"memberId": member.id} if member is not None else {}
    stream = await schema.subscribe(
        WATCH, variable_values=asked, context_value=Context(practice.house, who.actor, until)
    )

    async def follow() -> None:
        async for result in stream:  # type: ignore[union-attr]
            async with screen.changed:
                if result.errors:
                    screen.errors += [error.extensions["code"] for error in result.errors]
                else:
                    screen.messages.append(result.data["coherenceUpdated"])
                screen.changed.notify_all()

    following = asyncio.create_task(follow())
    try:
        await screen.comes_to(lambda: screen.messages)
        yield screen
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_the_coach_and_the_member_see_a_new_score_and_what_changed(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await scored(practice, member, measured("0.50"), at=MONDAY - timedelta(days=1))
    async with watching(practice, coach, member) as coaches, watching(practice, member) as members:
        for screen in (coaches, members):
            assert [message["isSnapshot"] for message in screen.messages] == [True]
            assert screen.messages[0]["summary"] == {
                "latest": {"psi": "0.50", "total": "1.44"},
                "change": None,
                "member": {"id": member.id},
            }

        await scored(practice, member, measured("0.70"))

        for screen in (coaches, members):
            await screen.shows("0.70", 2)
            assert screen.messages[1]["isSnapshot"] is False
            assert screen.messages[1]["summary"]["change"] == {"psi": "0.20"}


async def test_breakthroughs_are_told_of_once_found_and_once_decided(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    async with watching(practice, coach, member) as screen:
        found = await risen(practice, member)
        await screen.comes_to(lambda: screen.messages[-1]["breakthroughs"])
        assert screen.messages[-1]["breakthroughs"] == [{"id": found, "status": "DETECTED"}]
        so_far = len(screen.messages)

        await practice.ask(DISMISS, coach, input={"id": found})
        await screen.comes_to(lambda: len(screen.messages) > so_far)

        assert screen.messages[-1]["breakthroughs"] == [{"id": found, "status": "DISMISSED"}]
        assert screen.errors == []


async def test_what_was_there_before_is_in_no_message(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    found = await risen(practice, member)
    async with watching(practice, coach, member) as screen:
        assert screen.messages[0]["breakthroughs"] == []
        await practice.ask(CONFIRM, coach, input={"id": found})
        await screen.comes_to(lambda: len(screen.messages) == 2)
        assert screen.messages[1]["breakthroughs"] == [{"id": found, "status": "CONFIRMED"}]


async def test_nobody_hears_of_other_members(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member, beside = await practice.members(2, coach)
    async with watching(practice, coach, member) as screen, watching(practice, beside) as besides:
        await scored(practice, beside, measured("0.30"))
        await besides.shows("0.30", 2)
        await scored(practice, member, measured("0.60"))
        await screen.shows("0.60", 2)
        assert len(besides.messages) == 2

    for who in (other, beside):
        (refused,) = await practice.subscribe(WATCH, who, memberId=member.id)
        assert refused["extensions"]["code"] == "FORBIDDEN"
    (refused,) = await practice.subscribe(WATCH, coach)
    assert refused["extensions"]["field"] == "memberId"
    (refused,) = await practice.subscribe(WATCH, memberId=member.id)
    assert refused["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_transfer_ends_the_view_of_the_coach_before(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member = await practice.member(coach)
    async with watching(practice, coach, member) as screen:
        await transferred(practice, member, other)
        await screen.comes_to(lambda: screen.errors)
        assert screen.errors == ["FORBIDDEN"]
        assert len(screen.messages) == 1


async def test_a_view_whose_token_has_expired_ends(practice: Practice) -> None:
    member = await practice.member(await practice.coach())
    async with watching(practice, member, minutes=15) as screen:
        practice.clock.move(minutes=16)
        await scored(practice, member, measured("0.30"))
        await screen.comes_to(lambda: screen.errors)
        assert screen.errors == ["UNAUTHENTICATED"]


async def test_what_is_scored_at_one_server_reaches_a_view_at_another(settings: Settings, redis: RedisServer) -> None:
    redis.start()
    async with two_servers(settings, redis, NEVER) as (here, there):
        coach = await here.coach()
        member = await here.member(coach)
        async with watching(here, coach, member) as screen:
            await scored(there, member, measured("0.30"))
            await screen.shows("0.30", 2)


async def test_with_redis_gone_the_sweep_finds_it(settings: Settings, redis: RedisServer) -> None:
    redis.start()
    async with two_servers(settings, redis, 0.2) as (here, there):
        coach = await here.coach()
        member = await here.member(coach)
        async with watching(here, coach, member) as screen:
            redis.kill()
            await scored(there, member, measured("0.30"))
            await screen.shows("0.30", 2)
