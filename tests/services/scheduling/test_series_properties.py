"""After any series of operations on series: nobody is overbooked, and seats are numbered without gaps."""

import random
from typing import Any

import pytest

from app.wire.relay import global_id
from tests.operations import CANCEL, EVERY_DAY, PROBLEM, RESCHEDULE, add_window, book
from tests.practice import Person, Practice
from tests.services.scheduling.repeating import book_series, cancel_series, move_series
from tests.services.scheduling.together import at_once

HOLD = f"mutation ($input: HoldSlotInput!) {{ holdSlot(input: $input) {{ __typename {PROBLEM} }} }}"
JOIN = f"mutation ($input: JoinWaitingListInput!) {{ joinWaitingList(input: $input) {{ __typename {PROBLEM} }} }}"
ALL_OR_NONE = (
    "SELECT s.id FROM session_series s WHERE s.occurrences <>"
    " (SELECT count(*) FROM sessions c WHERE c.series_id = s.id)"
)
MOST_ANSWERS = {
    *("SessionSeries", "SeriesNotBookable", "SeriesChange", "SessionNotScheduled", "SessionHasBegun", "InvalidInput"),
    *("Booking", "Session", "SlotFull", "SlotUnavailable", "SlotHold", "WaitingListEntry", "SlotNotFull"),
}


class Operations:
    """Each is a wish that somebody may have, and that may be refused."""

    def __init__(self, practice: Practice, dice: random.Random, coach: Person, members: list[Person]) -> None:
        self.practice, self.dice, self.coach, self.members = practice, dice, coach, members

    def start(self) -> str:
        day, minute = self.dice.randrange(2, 16), self.dice.choice(("00", "30"))
        return f"2026-03-{day:02}T{self.dice.choice((9, 10, 11)):02}:{minute}:00Z"

    async def one(self, sessions: list[tuple[str, Person]]) -> Any:
        practice, dice, coach, who = self.practice, self.dice, self.coach, self.dice.choice(self.members)
        scope = dice.choice(("THIS", "THIS_AND_FOLLOWING", "ALL"))
        session, owner = dice.choice(sessions) if sessions else ("", who)
        asker = dice.choice((owner, coach))
        to = {"coachId": coach.id, "startsAt": self.start()}
        match dice.choice(("series", "series", "move", "move", "move", "cancel", "book", "one", "hold", "wait")):
            case "series":
                return await book_series(practice, who, coach, self.start(), dice.randint(2, 4), dice.choice((1, 2)))
            case "move" if session:
                return await move_series(practice, asker, session, scope, self.start())
            case "cancel" if session:
                return await cancel_series(practice, asker, session, scope)
            case "one" if session:
                given = {"sessionId": session}
                if dice.random() < 0.3:
                    return await practice.ask(CANCEL, asker, input=given)
                return await practice.ask(RESCHEDULE, asker, input={**given, "startsAt": self.start()})
            case "hold":
                return await practice.ask(HOLD, who, input=to)
            case "wait":
                return await practice.ask(JOIN, who, input=to)
            case _:
                return await book(practice, who, coach, self.start())


@pytest.mark.parametrize("seats", [1, 2, 3])
async def test_after_any_operations_nobody_is_overbooked(practice: Practice, seats: int) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    dice = random.Random(seed)
    coach = await practice.coach(slot_interval_minutes=30, buffer_minutes=dice.choice((0, 15)))
    for day in EVERY_DAY:
        await add_window(practice, coach, day, seats=seats)
    members = await practice.members(5, coach)
    operations = Operations(practice, dice, coach, members)
    seen: set[str] = set()

    for _ in range(25):
        sessions = await _sessions(practice, members)
        answers = await at_once(*(operations.one(sessions) for _ in range(dice.randint(1, 4))))
        seen |= {each["__typename"] for each in answers}
        await practice.nobody_is_overbooked()

    assert {"SessionSeries", "SeriesNotBookable", "SeriesChange"} <= seen <= MOST_ANSWERS
    assert await practice.rows(ALL_OR_NONE) == []
    unversioned = (
        "SELECT id FROM sessions s WHERE version <> (SELECT count(*) FROM session_changes c WHERE c.session_id = s.id)"
    )
    assert await practice.rows(unversioned) == []


async def _sessions(practice: Practice, members: list[Person]) -> list[tuple[str, Person]]:
    """Of series, with whose they are; cancelled ones too."""
    rows = await practice.rows("SELECT id, member_id FROM sessions WHERE series_id IS NOT NULL ORDER BY id LIMIT 60")
    owners = {member.member.id: member for member in members if member.member is not None}
    return [(global_id("Session", row[0]), owners[row[1]]) for row in rows]
