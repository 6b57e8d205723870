"""Real races: through HTTP, at two server processes, on one database."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx2

from app.platform.clock import system_clock
from app.platform.settings import Settings
from tests.live.views import WATCH, View, watching
from tests.operations import BOOK, CANCEL, EVERY_DAY, RESCHEDULE, UPDATE_WINDOW, add_window
from tests.practice import MovableClock, Person, Practice
from tests.server.serving import ServerProcess, Socket, server_processes

PATIENCE_SECONDS = 60.0


@asynccontextmanager
async def practice_of_today(settings: Settings) -> AsyncIterator[Practice]:
    """The servers' clocks cannot be moved, so the practice lives now."""
    async with Practice.opened(settings, MovableClock(system_clock())) as practice:
        yield practice


class Caller:
    """One person who talks to one of the servers."""

    def __init__(self, client: httpx2.AsyncClient, who: Person) -> None:
        self.client, self.who = client, who

    async def ask(self, query: str, given: dict[str, Any]) -> dict[str, Any]:
        body = {"query": query, "variables": {"input": given}}
        headers = {"authorization": f"Bearer {self.who.token}"}
        answer = await self.client.post("/graphql", json=body, headers=headers, timeout=PATIENCE_SECONDS)
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text
        (value,) = answer.json()["data"].values()
        result: dict[str, Any] = value
        return result


@asynccontextmanager
async def callers(servers: list[ServerProcess], people: list[Person]) -> AsyncIterator[list[Caller]]:
    """The people, spread over the servers."""
    clients = [server.client() for server in servers]
    yield [Caller(clients[number % len(clients)], who) for number, who in enumerate(people)]
    for client in clients:
        await client.aclose()


def tomorrow_at(practice: Practice, hour: int, minute: int = 0) -> str:
    day = practice.clock.now.replace(hour=hour, minute=minute, second=0, microsecond=0) + timedelta(days=2)
    return day.isoformat()


async def open_all_week(practice: Practice, coach: Person, seats: int) -> list[str]:
    return [await add_window(practice, coach, day, "08:00", "20:00", seats) for day in EVERY_DAY]


async def test_5_7_simultaneous_bookings_never_exceed_capacity(settings: Settings) -> None:
    async with practice_of_today(settings) as practice, server_processes(settings, 2) as servers:
        coach = await practice.coach(max_members=200)
        await open_all_week(practice, coach, seats=7)
        members = await practice.members(200, coach)
        wanted = {"coachId": coach.id, "startsAt": tomorrow_at(practice, 10)}

        async with callers(servers, members) as people:
            answers = await asyncio.gather(*(person.ask(BOOK, wanted) for person in people))

        told = Counter((answer["__typename"], answer.get("message")) for answer in answers)
        assert told == {("Booking", None): 7, ("SlotFull", "This slot is now full, please choose another"): 193}
        assert await practice.count("sessions") == 7
        assert await practice.count("bookings", "status = 'REJECTED' AND reason = 'FULL'") == 193
        await practice.nobody_is_overbooked()


async def test_bookings_cancellations_and_moves_at_once_never_overbook(settings: Settings) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    dice = random.Random(seed)
    async with practice_of_today(settings) as practice, server_processes(settings, 2) as servers:
        coach = await practice.coach(max_members=60, slot_interval_minutes=30, buffer_minutes=15)
        windows = await open_all_week(practice, coach, seats=3)
        members = await practice.members(60, coach)
        starts = [tomorrow_at(practice, hour, minute) for hour in (9, 10, 11) for minute in (0, 30)]
        seen: Counter[str] = Counter()

        async def live_a_little(person: Caller, choices: list[tuple[str, str]]) -> None:
            held: list[str] = []
            for deed, start in choices:
                if deed == "cancel" and held:
                    answer = await person.ask(CANCEL, {"sessionId": held.pop()})
                elif deed == "move" and held:
                    answer = await person.ask(RESCHEDULE, {"sessionId": held[-1], "startsAt": start})
                else:
                    answer = await person.ask(BOOK, {"coachId": coach.id, "startsAt": start})
                    if answer["__typename"] == "Booking":
                        held.append(answer["session"]["id"])
                seen[answer["__typename"]] += 1

        async def narrow_and_widen() -> None:
            for seats in (2, 4, 1, 3, 2, 3):
                for window in windows:
                    changed = {"id": window, "maxSessionsPerSlot": seats}
                    answer = await practice.ask(UPDATE_WINDOW, coach, input=changed)
                    assert answer["__typename"] in ("AvailabilityWindow", "BookingsInTheWay")

        deeds = [[(dice.choice(["book", "cancel", "move"]), dice.choice(starts)) for _ in range(8)] for _ in members]
        async with callers(servers, members) as people:
            lives = (live_a_little(person, choices) for person, choices in zip(people, deeds, strict=True))
            await asyncio.gather(narrow_and_widen(), *lives)

        assert seen["Booking"] > 0
        assert seen["Session"] > 0
        await practice.nobody_is_overbooked()
        ((confirmed, made),) = await practice.rows(
            "SELECT (SELECT count(*) FROM bookings WHERE status = 'CONFIRMED'), (SELECT count(*) FROM sessions)"
        )
        assert confirmed == made == seen["Booking"]


async def test_groups_of_two_servers_over_the_same_calendars_fill_each_start_and_no_more(settings: Settings) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    dice = random.Random(seed)
    async with practice_of_today(settings) as practice, server_processes(settings, 2) as servers:
        coaches = [await practice.coach(booking_audience="MEMBERS") for _ in range(5)]
        for coach in coaches:
            await open_all_week(practice, coach, seats=4)
        members = await practice.members(60)
        wanted = {coach.id: {"coachId": coach.id, "startsAt": tomorrow_at(practice, 10)} for coach in coaches}

        async def ask_for_all(person: Caller, choices: list[str]) -> list[str]:
            """At the same hour, so that one of them may be had."""
            answers = await asyncio.gather(*(person.ask(BOOK, wanted[coach_id]) for coach_id in choices))
            return [answer["__typename"] for answer in answers]

        async with callers(servers, [*members, *reversed(members)]) as people:
            ahead = [await people[0].ask(BOOK, wanted[coach_id]) for coach_id in sorted(wanted)[:2]]
            told = await asyncio.gather(*(ask_for_all(person, dice.sample(sorted(wanted), 3)) for person in people))

        assert [answer["__typename"] for answer in ahead] == ["Booking", "SlotUnavailable"], "one place at a time"
        seen = Counter(kind for answers in (*told, ("Booking", "SlotUnavailable")) for kind in answers)
        assert seen.keys() == {"Booking", "SlotFull", "SlotUnavailable"}
        assert seen["Booking"] == 5 * 4 == await practice.count("sessions")
        assert seen.total() == await practice.count("bookings") == await practice.count("outbox")
        assert await practice.rows("SELECT sum(version) FROM coach_calendars") == [(5 * 7 + 20,)]
        await practice.nobody_is_overbooked()


async def test_6_fifty_retries_at_once_have_one_effect_and_one_answer(settings: Settings) -> None:
    async with practice_of_today(settings) as practice, server_processes(settings, 2) as servers:
        coach = await practice.coach()
        await open_all_week(practice, coach, seats=5)
        member = await practice.member(coach)
        wanted = {"coachId": coach.id, "startsAt": tomorrow_at(practice, 10), "idempotencyKey": "once"}

        async with callers(servers, [member] * 50) as people:
            answers = await asyncio.gather(*(person.ask(BOOK, wanted) for person in people))

        assert {answer["__typename"] for answer in answers} == {"Booking"}
        assert len({answer["id"] for answer in answers}) == 1
        assert await practice.count("sessions") == 1


async def test_15_2_a_view_at_one_process_sees_a_booking_made_at_another(settings: Settings) -> None:
    async with practice_of_today(settings) as practice, server_processes(settings, 2, SWEEP_SECONDS="500") as servers:
        here, there = servers
        coach = await practice.coach()
        member = await practice.member(coach)
        await open_all_week(practice, coach, seats=1)
        start = tomorrow_at(practice, 10)
        end = (datetime.fromisoformat(start) + timedelta(hours=2)).isoformat()
        variables = {"coachId": coach.id, "from": start, "to": end}

        async with Socket.connected(here.ws_url, coach.token) as ws, callers([there], [member]) as (person,):
            view = View()
            watched = await ws.subscribe(WATCH, variables)
            view.apply((await watched.next())["data"]["slotAvailability"])
            assert len(view.bookable) == 2

            answer = await person.ask(BOOK, {"coachId": coach.id, "startsAt": start})
            view.apply((await watched.next())["data"]["slotAvailability"])

            assert answer["__typename"] == "Booking"
            assert len(view.bookable) == 1
            async with watching(practice, coach, coach, start, end) as fresh:
                assert view.slots == fresh.slots
