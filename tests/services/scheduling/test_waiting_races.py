"""A line holds when all ask at once, at two servers: those who leave, those who are offered a place, and strangers."""

import asyncio
from collections.abc import Awaitable
from random import Random
from typing import Any

from app.events import PlaceOffered
from app.platform.settings import Settings
from app.wire.relay import global_id
from tests.holding import NINE, entry_of, hold, join, leave, let_holds_expire, open_coach, seats_are_numbered
from tests.operations import book, booked, cancelled
from tests.practice import Person, Practice

HALF_PAST = "2026-03-02T09:30:00Z"
MANY, SEATS = 24, 2


async def test_however_many_ask_at_once_offers_are_made_in_the_order_of_joining(
    practice: Practice, settings: Settings
) -> None:
    """Two servers; in each round all who sit cancel, all who have an offer take, decline or forget it, and strangers
    ask for whatever may be free meanwhile."""
    dice = Random(20_261_121)
    coach = await open_coach(practice, SEATS, slot_interval_minutes=30, max_members=100)
    seated, line = await practice.members(SEATS, coach), await practice.members(MANY, coach)
    strangers = await practice.members(6, coach)
    for member in seated:
        await booked(practice, member, coach, NINE)
    async with Practice.opened(settings, practice.clock, emptied=False) as other:
        servers = [practice, other]
        joins = [join(servers[number % 2], member, coach) for number, member in enumerate(line)]
        assert {answer["status"] for answer in await asyncio.gather(*joins)} == {"WAITING"}

        slipped_in = 0
        while await practice.count("waiting_list_entries", "status IN ('WAITING', 'OFFERED')"):
            still_waiting = await practice.count("waiting_list_entries", "status = 'WAITING'")
            calls = [await act(dice.choice(servers), member, coach, dice) for member in (*seated, *line)]
            if still_waiting > 2 * SEATS:  # more than this round can serve
                calls += [
                    slip(dice.choice(servers), who, coach) for who in strangers for slip in (slip_in, slip_beside)
                ]
            dice.shuffle(calls)
            answers = await asyncio.gather(*(call for call in calls if call is not None))
            slipped_in += sum(answer is True for answer in answers)
            await practice.nobody_is_overbooked()
            free = await practice.rows(
                "SELECT 1 FROM calendar_slots s WHERE waiting > 0 AND capacity > (SELECT count(*) FROM calendar_seats t"
                " WHERE t.coach_id = s.coach_id AND t.starts_at = s.starts_at)"
            )
            assert not free, "somebody is in line while a place is free"
            await practice.application.settling.once()

    assert slipped_in == 0
    await seats_are_numbered(practice)
    offers = [event.entry_id for event in await practice.told() if isinstance(event, PlaceOffered)]
    places = dict(await practice.rows("SELECT id, place FROM waiting_list_entries"))
    assert [places[entry] for entry in offers] == sorted(places.values()), "offered once each, as they joined"


async def act(practice: Practice, who: Person, coach: Person, dice: Random) -> Awaitable[Any] | None:
    """Gives up a session; takes, declines or forgets an offer; else waits."""
    assert who.member is not None
    sessions = await practice.rows(
        "SELECT id FROM sessions WHERE member_id = :id AND status = 'SCHEDULED'", id=who.member.id
    )
    if sessions:
        return cancelled(practice, who, global_id("Session", sessions[0][0]))
    if not await practice.count("slot_holds", "member_id = :id", id=who.member.id):
        return None
    choice = dice.randrange(4)
    if choice == 0:
        return leave(practice, who, (await entry_of(practice, who))["id"])
    return let_holds_expire(practice, who) if choice == 1 else booked(practice, who, coach, NINE)


async def slip_in(practice: Practice, who: Person, coach: Person) -> bool:
    return (await book(practice, who, coach, NINE))["__typename"] == "Booking"


async def slip_beside(practice: Practice, who: Person, coach: Person) -> bool:
    return (await hold(practice, who, coach, HALF_PAST))["__typename"] == "SlotHold"
