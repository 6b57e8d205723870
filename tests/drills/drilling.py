"""How long a drill is, its seed, and the practice it is held in."""

import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import make_url

from app.platform.clock import system_clock
from app.platform.settings import Settings
from tests.operations import EVERY_DAY, add_window
from tests.platform.fault_proxy import Address
from tests.practice import MovableClock, Person, Practice
from tests.server.serving import Served, ServerProcess

Server = Served | ServerProcess

IS_LONG = os.environ.get("DRILL") == "long"
LONGEST_SECONDS = 300.0
BOOKABLE_DAYS = (2, 3, 4)  # from today: no slot's notice passes while we look
HOURS = range(8, 20)
SEATS = 3


@dataclass(frozen=True)
class Size:
    servers: int
    coaches: int
    members: int  # of each coach
    views: int
    bookers: int  # requests under way at once


SIZE = Size(servers=3, coaches=6, members=25, views=300, bookers=12) if IS_LONG else Size(2, 3, 12, 30, 4)


class Dice(random.Random):
    """Every choice of a drill; DRILL_SEED repeats them, though not the moments at which they fall."""

    def __init__(self) -> None:
        self.seed_used = int(os.environ.get("DRILL_SEED") or random.SystemRandom().randrange(1_000_000))
        super().__init__(self.seed_used)
        print(f"seed {self.seed_used}, {'long' if IS_LONG else 'short'} form")

    def beside(self, number: int) -> random.Random:
        """For a task of its own, so that its choices do not depend on when it runs."""
        return random.Random(self.seed_used * 1_000 + number)


class Team:
    """A coach and the members who may book."""

    def __init__(self, coach: Person, members: list[Person], practice: Practice) -> None:
        self.coach, self.members = coach, members
        midnight = practice.clock.now.replace(hour=0, minute=0, second=0, microsecond=0)
        days = [midnight + timedelta(days=day) for day in BOOKABLE_DAYS]
        self.starts = [(day + timedelta(hours=hour)).isoformat() for day in days for hour in HOURS]
        self.range = {"from": days[0].isoformat(), "to": (days[-1] + timedelta(days=1)).isoformat()}


@asynccontextmanager
async def practice_with_teams(settings: Settings, size: Size = SIZE) -> AsyncIterator[tuple[Practice, list[Team]]]:
    """Its own application meets no fault: what it reads is the truth."""
    async with Practice.opened(settings, MovableClock(system_clock())) as practice:
        yield practice, await teams_of(practice, size)


async def teams_of(practice: Practice, size: Size) -> list[Team]:
    return [await _team(practice, size.members) for _ in range(size.coaches)]


async def _team(practice: Practice, members: int) -> Team:
    coach = await practice.coach(max_members=members)
    for day in EVERY_DAY:
        await add_window(practice, coach, day, f"{HOURS[0]:02}:00", f"{HOURS[-1] + 1:02}:00", SEATS)
    return Team(coach, await practice.members(members, coach), practice)


def database_address(settings: Settings) -> Address:
    url = make_url(settings.database_url)
    host = url.query.get("host", url.host or "127.0.0.1")
    port = int(str(url.query.get("port", url.port or 5432)))
    assert isinstance(host, str)
    return Path(host, f".s.PGSQL.{port}") if host.startswith("/") else (host, port)


def by_way_of(settings: Settings, proxy: Address) -> str:
    """`DATABASE_URL` with the proxy's address in place of the server's."""
    assert isinstance(proxy, tuple)
    url = make_url(settings.database_url).set(host=proxy[0], port=proxy[1], query={})
    return url.render_as_string(hide_password=False)


def now() -> float:
    return time.monotonic()
