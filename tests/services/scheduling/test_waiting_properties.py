"""Whatever members and strangers do, a line is what a plain queue would be."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note
from hypothesis import settings as examples
from hypothesis import strategies as st

from app.platform.settings import Settings
from app.wire.relay import global_id
from tests.holding import (
    NINE,
    entry_of,
    hold,
    holds,
    join,
    leave,
    let_holds_expire,
    open_coach,
    release,
    seats_are_numbered,
    shown,
)
from tests.operations import book, booked, cancelled
from tests.practice import MovableClock, Person, Practice
from tests.services.scheduling.together import key_of

HALF_PAST = "2026-03-02T09:30:00Z"
MEMBERS = 5
# What each may do where they stand; the most telling first, for it is chosen most often.
STEPS = {
    "sitting": ("cancel", "join", "book"),
    "holding": ("expire", "release", "book", "hold", "join"),
    "offered": ("book", "leave", "expire", "release", "join", "hold"),
    "line": ("book", "hold", "leave", "be busy", "join"),
    "nowhere": ("join", "book", "hold", "join", "overlap", "be busy"),
}


@dataclass
class Queue:
    """A slot of so many seats: who sits, who holds, who is offered a place, and the line. Members are numbers."""

    seats: int
    sitting: list[int] = field(default_factory=list)
    holding: list[int] = field(default_factory=list)
    offered: list[int] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    busy: set[int] = field(default_factory=set)

    @property
    def is_free(self) -> bool:
        return not self.line and len(self.sitting) + len(self.holding) + len(self.offered) < self.seats

    def may_come(self, who: int) -> bool:
        return who not in self.sitting and who not in self.busy

    def has_a_place(self, who: int) -> bool:
        return who in self.holding or who in self.offered

    def leaves(self, who: int) -> None:
        """Whatever they have there but a session."""
        for where in (self.holding, self.offered, self.line):
            if who in where:
                where.remove(who)
        self.serve()

    def serve(self) -> None:
        while self.line and len(self.sitting) + len(self.holding) + len(self.offered) < self.seats:
            first = self.line.pop(0)
            if first not in self.busy:
                self.offered.append(first)

    def place_of(self, who: int) -> str:
        return next((name for name in ("sitting", "holding", "offered", "line") if who in vars(self)[name]), "nowhere")

    # Each answers whether the request is to be granted.

    def book(self, who: int) -> bool:
        if not self.may_come(who) or not (self.has_a_place(who) or self.is_free):
            return False
        for where in (self.holding, self.offered):
            if who in where:
                where.remove(who)
        self.sitting.append(who)
        return True

    def hold(self, who: int) -> bool:
        if self.has_a_place(who):
            return True
        if not self.may_come(who) or not self.is_free:
            return False
        self.holding.append(who)
        return True

    def join(self, who: int) -> bool:
        if who in self.line or who in self.offered:
            return True
        if not self.may_come(who) or who in self.holding or self.is_free:
            return False
        self.line.append(who)
        return True


@dataclass
class Slot:
    """The same in the database."""

    practice: Practice
    coach: Person
    another: Person
    people: list[Person]
    stranger: Person
    model: Queue

    async def step(self, name: str, number: int) -> None:
        who, model = self.people[number], self.model
        match name:
            case "book":
                await self.agreed(book(self.practice, who, self.coach, NINE), "Booking", model.book(number))
            case "hold":
                await self.agreed(hold(self.practice, who, self.coach), "SlotHold", model.hold(number))
            case "join":
                await self.agreed(join(self.practice, who, self.coach), "WaitingListEntry", model.join(number))
            case "overlap" if model.sitting or model.holding or model.offered:
                await self.agreed(hold(self.practice, self.stranger, self.coach, HALF_PAST), "SlotHold", False)
            case "leave" if number in model.line or number in model.offered:
                entry = await entry_of(self.practice, who)
                assert (await leave(self.practice, who, entry["id"]))["status"] == "LEFT"
                model.leaves(number)
            case "release" if model.has_a_place(number):
                (held,) = await holds(self.practice, who)
                assert (await release(self.practice, who, held["id"]))["__typename"] == "Removed"
                model.leaves(number)
            case "cancel" if number in model.sitting:
                ((session,),) = await self.practice.rows(
                    "SELECT id FROM sessions WHERE status = 'SCHEDULED' AND coach_id = :coach AND member_id = :member",
                    coach=key_of(self.coach),
                    member=key_of(who),
                )
                await cancelled(self.practice, who, global_id("Session", session))
                model.sitting.remove(number)
                model.serve()
            case "be busy" if model.may_come(number):
                await booked(self.practice, who, self.another, NINE)
                model.busy.add(number)
            case "expire" if model.has_a_place(number):
                await self.expire(number)
        await self.check()

    async def agreed(self, asked: Awaitable[dict[str, Any]], granted: str, is_granted: bool) -> None:
        answer = await asked
        assert (answer["__typename"] == granted) == is_granted, answer

    async def expire(self, number: int) -> None:
        """Before it is settled the place is nobody's if nobody waits, and else not to be had."""
        await let_holds_expire(self.practice, self.people[number])
        _, _, remaining, _ = await shown(self.practice, self.stranger, self.coach)
        assert remaining == 0 or not self.model.line
        if set(self.model.line) - self.model.busy:  # a stranger who asks is who settles it
            assert (await book(self.practice, self.stranger, self.coach, NINE))["code"] == "SLOT_FULL"
            assert not await holds(self.practice, self.people[number])
        else:
            await self.practice.application.settling.once()
        self.model.leaves(number)

    async def check(self) -> None:
        """The rows are as the queue is."""
        numbers = {key_of(person): number for number, person in enumerate(self.people)}
        found = await self.practice.rows(
            "SELECT 'sitting', member_id, created_at, 0 FROM sessions WHERE coach_id = :coach AND status = 'SCHEDULED'"
            " UNION ALL SELECT CASE WHEN entry_id IS NULL THEN 'holding' ELSE 'offered' END, member_id, created_at, 0"
            " FROM slot_holds WHERE coach_id = :coach AND expires_at > now()"
            " UNION ALL SELECT 'line', member_id, created_at, place FROM waiting_list_entries"
            " WHERE coach_id = :coach AND status = 'WAITING' ORDER BY 4, 3",
            coach=key_of(self.coach),
        )
        rows = {name: [numbers[member] for kind, member, *_ in found if kind == name] for name in vars(Queue(1))}
        model = self.model
        assert rows["line"] == model.line
        assert {name: set(rows[name]) for name in ("sitting", "holding", "offered")} == {
            "sitting": set(model.sitting),
            "holding": set(model.holding),
            "offered": set(model.offered),
        }
        taken = len(model.sitting), len(model.holding) + len(model.offered)
        assert (await shown(self.practice, self.stranger, self.coach))[:2] == taken


@pytest.fixture(scope="module")
async def shared(settings: Settings) -> AsyncIterator[Practice]:
    """Emptied once: every example has a coach and members of its own."""
    async with Practice.opened(settings, MovableClock()) as practice:
        yield practice


@examples(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seats=st.integers(1, 2),
    steps=st.lists(st.tuples(st.integers(0, MEMBERS - 1), st.integers(0, 29)), min_size=20, max_size=40),
)
async def test_a_line_is_a_queue(shared: Practice, seats: int, steps: list[tuple[int, int]]) -> None:
    coach = await open_coach(shared, seats, booking_audience="MEMBERS", slot_interval_minutes=30)
    another = await open_coach(shared, MEMBERS, booking_audience="MEMBERS")
    stranger, *people = await shared.members(1 + MEMBERS)
    slot = Slot(shared, coach, another, people, stranger, Queue(seats))
    for number, choice in steps:
        possible = STEPS[slot.model.place_of(number)]
        name = possible[choice % len(possible)]
        note(f"{name} {number}: {slot.model}")
        await slot.step(name, number)
    await seats_are_numbered(shared)
