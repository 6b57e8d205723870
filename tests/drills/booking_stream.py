"""People who book and cancel over HTTP, and ask again under the same key until they are answered."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from app.wire.relay import global_id
from tests.drills.drilling import Server, Team
from tests.operations import BOOK, CANCEL
from tests.practice import Person, Practice

MOST_TRIES = 200
PATIENCE_SECONDS = 30.0
TRY_AGAIN_CODES = {"UNAVAILABLE"}


@dataclass
class Asked:
    """One booking that was asked for, and its first answer."""

    who: Person
    given: dict[str, Any]
    answer: dict[str, Any]
    is_cancelled: bool = False

    @property
    def is_booked(self) -> bool:
        return bool(self.answer["__typename"] == "Booking")


@dataclass
class BookingStream:
    teams: list[Team]
    servers: Sequence[Server]
    seed: int
    breath: float = 0.15  # seconds, between two requests of one booker
    asked: list[Asked] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    repeats: Counter[str] = field(default_factory=Counter)
    _is_over: bool = False
    _may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    _busy: int = 0

    @asynccontextmanager
    async def flowing(self, bookers: int) -> AsyncIterator[None]:
        """All that was begun in the block is answered after it."""
        self._is_over = False
        self._may_go_on.set()
        async with asyncio.TaskGroup() as tasks:
            for number in range(bookers):
                tasks.create_task(self._book_on(number))
            yield
            self._is_over = True

    async def pause(self) -> None:
        """Returns when what was begun is answered."""
        self._may_go_on.clear()
        while self._busy:  # noqa: ASYNC110 - a drill has time
            await asyncio.sleep(0.01)

    def go_on(self) -> None:
        self._may_go_on.set()

    async def _book_on(self, number: int) -> None:
        dice = random.Random(self.seed * 1_000 + 500 + number)
        held: list[Asked] = []
        async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client:
            while not self._is_over:
                await self._may_go_on.wait()
                self._busy += 1
                if held and dice.random() < 0.4:
                    await self._cancel(client, held.pop(dice.randrange(len(held))), dice)
                else:
                    asked = await self._book(client, f"{number}-{len(self.asked)}-{dice.random()}", dice)
                    if asked.is_booked:
                        held.append(asked)
                self._busy -= 1
                await asyncio.sleep(dice.uniform(0, 2 * self.breath))

    async def _book(self, client: httpx2.AsyncClient, key: str, dice: random.Random) -> Asked:
        team = dice.choice(self.teams)
        who = dice.choice(team.members)
        given = {"coachId": team.coach.id, "startsAt": dice.choice(team.starts), "idempotencyKey": key}
        answer, _ = await self._answered(client, who, BOOK, given, dice)
        asked = Asked(who, given, answer)
        self.asked.append(asked)
        return asked

    async def _cancel(self, client: httpx2.AsyncClient, booked: Asked, dice: random.Random) -> None:
        given = {"sessionId": booked.answer["session"]["id"]}
        answer, tries = await self._answered(client, booked.who, CANCEL, given, dice)
        # Of a try whose answer was lost, the next one finds the work done.
        expected = {"Session"} if tries == 1 else {"Session", "SessionNotScheduled"}
        assert answer["__typename"] in expected, f"seed {self.seed}: cancelling {given}: {answer}"
        booked.is_cancelled = True

    async def _answered(
        self, client: httpx2.AsyncClient, who: Person, query: str, given: dict[str, Any], dice: random.Random
    ) -> tuple[dict[str, Any], int]:
        """Any server's answer, and how often it had to be asked for."""
        for number in range(1, MOST_TRIES + 1):
            try:
                answer = await ask(client, dice.choice(self.servers), who, query, given)
            except (httpx2.HTTPError, _NotDone) as failure:
                self.repeats[str(failure) if isinstance(failure, _NotDone) else type(failure).__name__] += 1
                await asyncio.sleep(dice.uniform(0.05, 0.2))
                continue
            self.answers[answer["__typename"]] += 1
            return answer, number
        raise AssertionError(f"seed {self.seed}: never answered: {given}; {self.repeats}")

    async def a_retry_gets_the_first_answer(self) -> None:
        """Each booking is asked for once more, under its key; of refusals, only this one is remembered."""
        async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client:
            for asked in self.asked:
                if not asked.is_booked and asked.answer["__typename"] != "SlotFull":
                    continue
                again = await ask(client, random.choice(self.servers), asked.who, BOOK, asked.given)
                told = (again["__typename"], again.get("id"), again.get("message"))
                first = (asked.answer["__typename"], asked.answer.get("id"), asked.answer.get("message"))
                assert told == first, f"seed {self.seed}: {asked.given} was answered {first}, and then {told}"

    async def every_booking_exists_once(self, practice: Practice) -> None:
        """With these coaches, what was acknowledged is there and nothing else is; each is what its member was told."""
        sessions = await practice.rows(
            "SELECT s.id, s.status, count(b.id) FROM sessions s LEFT JOIN bookings b"
            " ON b.session_id = s.id AND b.status = 'CONFIRMED' WHERE s.coach_id = ANY(:coaches) GROUP BY 1, 2",
            coaches=[team.coach.actor.coach_id for team in self.teams],
        )
        stored = {(global_id("Session", id), status == "CANCELLED", count) for id, status, count in sessions}
        told = {(asked.answer["session"]["id"], asked.is_cancelled, 1) for asked in self.asked if asked.is_booked}
        assert stored == told, f"seed {self.seed}: stored, not told: {stored - told}; told, not stored: {told - stored}"
        assert len(told) == sum(asked.is_booked for asked in self.asked)
        await practice.nobody_is_overbooked()

    def report(self) -> str:
        return f"{len(self.asked)} bookings asked for, answers {dict(self.answers)}, asked again {dict(self.repeats)}"


class _NotDone(Exception):
    """The server says that it could not."""


async def ask(
    client: httpx2.AsyncClient, server: Server, who: Person, query: str, given: dict[str, Any]
) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {who.token}"}
    body = {"query": query, "variables": {"input": given}}
    answer = (await client.post(f"{server.url}/graphql", json=body, headers=headers)).json()
    if "errors" in answer:
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        assert codes <= TRY_AGAIN_CODES, answer
        raise _NotDone(", ".join(sorted(codes)))
    (value,) = answer["data"].values()
    if value["__typename"] == "TryAgain":
        raise _NotDone("TryAgain")
    result: dict[str, Any] = value
    return result
