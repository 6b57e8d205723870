"""What is recommended to a member, live: drafts to the coach, what was sent to the member, and nothing to others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from app.api import schema
from app.context import Context
from tests.operations import ASSIGN
from tests.practice import Person, Practice
from tests.recommending import APPROVE, EDIT, RATE, REJECT, drafts, recommendable, recommended, scored

WATCH = (
    "subscription ($memberId: ID!) { recommendationsChanged(memberId: $memberId) { isSnapshot"
    " recommendations { id title status text rating } removedRecommendationIds } }"
)
LACKS_COURAGE = ("0.60", "0.80", "0.30", "0.50")


class Shown:
    """What a client keeps of the messages."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.messages = 0
        self.errors: list[str] = []
        self.changed = asyncio.Condition()

    def apply(self, message: dict[str, Any]) -> None:
        assert message["isSnapshot"] == (self.messages == 0)
        self.messages += 1
        self.rows |= {row["id"]: row for row in message["recommendations"]}
        for key in message["removedRecommendationIds"]:
            del self.rows[key]

    async def comes_to(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: is_so() or self.errors)


@asynccontextmanager
async def watching(practice: Practice, who: Person, member: Person) -> AsyncIterator[Shown]:
    shown = Shown()
    stream = await schema.subscribe(
        WATCH, variable_values={"memberId": member.id}, context_value=Context(practice.house, who.actor)
    )

    async def follow() -> None:
        async for result in stream:  # type: ignore[union-attr]
            async with shown.changed:
                if result.errors:
                    shown.errors += [error.extensions["code"] for error in result.errors]
                else:
                    shown.apply(result.data["recommendationsChanged"])
                shown.changed.notify_all()

    following = asyncio.create_task(follow())
    try:
        await shown.comes_to(lambda: shown.messages or shown.errors)
        yield shown
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def statuses(shown: Shown) -> dict[str, str]:
    return {row["id"]: row["status"] for row in shown.rows.values()}


async def test_drafts_show_to_the_coach_and_what_was_sent_to_the_member_too(practice: Practice) -> None:
    coach, member = await recommendable(practice)
    async with watching(practice, coach, member) as coachs, watching(practice, member, member) as members:
        assert (coachs.rows, members.rows) == ({}, {})

        await scored(practice, member, *LACKS_COURAGE)
        await coachs.comes_to(lambda: len(coachs.rows) == 5)
        best, second, *_ = await drafts(practice, coach, member)
        await practice.ask(EDIT, coach, input={"id": best["id"], "text": "In my words"})
        await coachs.comes_to(lambda: coachs.rows[best["id"]]["text"] == "In my words")
        assert (members.messages, members.rows) == (1, {}), "what is not sent is not told of"

        await practice.ask(APPROVE, coach, input={"id": best["id"]})
        await members.comes_to(lambda: statuses(members) == {best["id"]: "SENT"})
        await practice.ask(RATE, member, input={"id": best["id"], "rating": 4})
        await coachs.comes_to(lambda: coachs.rows[best["id"]]["rating"] == 4)

        await practice.ask(APPROVE, coach, input={"id": second["id"]})
        await members.comes_to(lambda: second["id"] in members.rows)
        await practice.ask(REJECT, coach, input={"id": second["id"]})
        await members.comes_to(lambda: second["id"] not in members.rows)
        assert statuses(members) == {best["id"]: "COMPLETED"}

        shown = {each["id"]: each["status"] for each in await recommended(practice, coach, memberId=member.id)}
        kept = {key: status for key, status in shown.items() if status not in ("REJECTED", "SUPERSEDED")}
        await coachs.comes_to(lambda: statuses(coachs) == kept)


async def test_a_view_ends_for_the_coach_who_has_the_member_no_longer_and_does_not_begin_for_others(
    practice: Practice,
) -> None:
    coach, member = await recommendable(practice)
    stranger, admin = await practice.coach(), await practice.admin()
    async with watching(practice, stranger, member) as strangers, watching(practice, coach, member) as coachs:
        assert strangers.errors == ["FORBIDDEN"]

        await practice.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": stranger.id})
        await coachs.comes_to(lambda: coachs.errors)

        assert coachs.errors == ["FORBIDDEN"]
