"""Alerts, live: those that are not resolved first, then each that is raised, escalates, is seen to or gone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from app.api import schema
from app.context import Context
from app.platform.settings import Settings
from tests.live.test_across_processes import NEVER, redis, two_servers
from tests.operations import transferred
from tests.platform.redis_server import RedisServer
from tests.practice import Person, Practice
from tests.risks import RESOLVE, WATCH, acknowledged, alarmed

__all__ = ["redis"]  # a fixture


class Board:
    """What a client shows: each alert with where it stands."""

    def __init__(self) -> None:
        self.shown: dict[str, tuple[str, int]] = {}
        self.told: dict[str, dict[str, Any]] = {}
        self.messages = 0
        self.errors: list[str] = []
        self.changed = asyncio.Condition()

    def apply(self, message: dict[str, Any]) -> None:
        assert message["isSnapshot"] == (self.messages == 0)
        self.messages += 1
        for alert in message["alerts"]:
            assert self.told.get(alert["id"]) != alert, "told twice"
            self.told[alert["id"]] = alert
            self.shown[alert["id"]] = (alert["status"], alert["step"])
        for gone in message["removed"]:
            del self.shown[gone]

    async def comes_to(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: is_so() or self.errors)

    async def shows(self, **shown: tuple[str, int]) -> None:
        await self.comes_to(lambda: self.shown == shown)
        assert (self.shown, self.errors) == (shown, [])


@asynccontextmanager
async def watching(practice: Practice, who: Person, coach: Person | None = None) -> AsyncIterator[Board]:
    """A view that has its snapshot."""
    board = Board()
    wanted = {"coachId": coach.id} if coach is not None else {}
    context = Context(practice.house, who.actor)
    stream = await schema.subscribe(WATCH, variable_values=wanted, context_value=context)

    async def follow() -> None:
        async for result in stream:  # type: ignore[union-attr]
            async with board.changed:
                if result.errors:
                    board.errors += [str(error.extensions["code"]) for error in result.errors]
                else:
                    board.apply(result.data["riskAlertRaised"])
                board.changed.notify_all()

    following = asyncio.create_task(follow())
    try:
        await board.comes_to(lambda: board.messages)
        yield board
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_a_view_follows_an_alert_from_its_beginning_to_its_end(practice: Practice) -> None:
    coach, other, admin = await practice.coach(), await practice.coach(), await practice.admin()
    member = await practice.member(coach)
    before = await alarmed(practice, coach, member, "HIGH")
    async with AsyncExitStack() as views:
        own = await views.enter_async_context(watching(practice, coach))
        named = await views.enter_async_context(watching(practice, admin, coach))
        everybodys = await views.enter_async_context(watching(practice, admin))
        others = await views.enter_async_context(watching(practice, other, other))
        seeing = (own, named, everybodys)
        for board in seeing:
            await board.shows(**{before: ("OPEN", 0)})

        new = await alarmed(practice, coach, member)
        for board in seeing:
            await board.shows(**{before: ("OPEN", 0), new: ("OPEN", 0)})
        practice.clock.move(minutes=10)
        await practice.work()
        for board in seeing:
            await board.shows(**{before: ("OPEN", 0), new: ("OPEN", 1)})
        await acknowledged(practice, admin, new)
        for board in seeing:
            await board.shows(**{before: ("OPEN", 0), new: ("ACKNOWLEDGED", 1)})
        await practice.ask(RESOLVE, coach, input={"id": before})
        for board in seeing:
            await board.shows(**{new: ("ACKNOWLEDGED", 1)})
        assert (others.messages, others.shown) == (1, {})

        await transferred(practice, member, other)
        await own.shows()
        await named.shows()
        await others.shows(**{new: ("ACKNOWLEDGED", 1)})
        await everybodys.comes_to(lambda: everybodys.told[new]["member"]["coach"]["id"] == other.id)

        nobodys = await alarmed(practice, admin, await practice.member(), "HIGH")
        await everybodys.shows(**{new: ("ACKNOWLEDGED", 1), nobodys: ("OPEN", 0)})
        assert not own.shown


async def test_who_may_not_see_risks_or_names_another_coach_is_refused(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member = await practice.member(coach)
    for who, wanted, code in (
        (None, {}, "UNAUTHENTICATED"),
        (member, {}, "FORBIDDEN"),
        (other, {"coachId": coach.id}, "FORBIDDEN"),
    ):
        (error,) = await practice.subscribe(WATCH, who, **wanted)
        assert error["extensions"]["code"] == code


async def test_an_alert_that_is_raised_at_one_server_reaches_a_view_at_another(
    settings: Settings, redis: RedisServer
) -> None:
    redis.start()
    async with two_servers(settings, redis, NEVER) as (here, there):
        coach = await here.coach()
        member = await here.member(coach)
        async with watching(here, coach) as board:
            id = await alarmed(there, coach, member)
            await board.shows(**{id: ("OPEN", 0)})
            await acknowledged(there, coach, id)
            await board.shows(**{id: ("ACKNOWLEDGED", 0)})
