"""Open views over real websockets, whose clients come back as clients do, and how late each was."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from websockets.exceptions import InvalidHandshake

from tests.drills.drilling import Server, Team, now
from tests.live.views import WATCH, View
from tests.operations import AVAILABLE
from tests.practice import Practice
from tests.server.serving import Closed, Socket

NEVER = 3_600.0
DIFFERENT_ROWS_SHOWN = 3


class OpenView:
    """What one viewer is shown; after each break it begins with a new snapshot, at any of the servers."""

    def __init__(self, name: str, team: Team, servers: Sequence[Server], dice: random.Random) -> None:
        self.name, self.team, self._servers, self._dice = name, team, servers, dice
        self.view = View()
        self.newest = -1  # of all its connections
        self.reached: list[tuple[float, int]] = []
        self.breaks: Counter[str] = Counter()
        self.server = dice.choice(servers)

    async def watch(self) -> None:
        """Until it is cancelled. Raises what no fault excuses, such as a version that goes back."""
        while True:
            try:
                await self._watch_once()
            except (Closed, OSError, TimeoutError, InvalidHandshake) as broken:
                if self.newest >= 0:  # a busy machine may need several tries to begin with
                    self.breaks[type(broken).__name__] += 1
            except Exception as wrong:
                raise AssertionError(f"view {self.name} at {self.server.url}: {wrong!r}") from wrong
            await asyncio.sleep(self._dice.uniform(0.05, 0.3))
            self.server = self._dice.choice(self._servers)

    async def _watch_once(self) -> None:
        coach = self.team.coach
        async with Socket.connected(self.server.ws_url, coach.token) as ws:
            watched = await ws.subscribe(WATCH, {"coachId": coach.id, **self.team.range})
            view = View()
            while True:
                message = await watched.next(NEVER)
                if message.get("data") is None:  # the database was away
                    self.breaks[message["errors"][0]["extensions"]["code"]] += 1
                    return
                availability = message["data"]["slotAvailability"]
                assert availability["version"] >= self.newest, (
                    f"version {availability['version']} after version {self.newest}"
                )
                view.apply(availability)
                self.view, self.newest = view, view.version
                self.reached.append((now(), view.version))

    def differs(self, truth: dict[str, Any]) -> str | None:
        """In what it differs, if it does."""
        expected = {slot["id"]: slot for slot in truth["slots"]}
        if (self.view.version, self.view.slots) == (truth["version"], expected):
            return None
        ids = [id for id in expected.keys() | self.view.slots.keys() if expected.get(id) != self.view.slots.get(id)]
        rows = [(self.view.slots.get(id), expected.get(id)) for id in ids[:DIFFERENT_ROWS_SHOWN]]
        return (
            f"view {self.name} at {self.server.url} shows version {self.view.version} instead of {truth['version']},"
            f" and {len(ids)} slots differ: {rows}"
        )


class Audience:
    def __init__(self, practice: Practice, teams: list[Team], servers: Sequence[Server], views: int, seed: int) -> None:
        self.practice, self.teams, self.seed = practice, teams, seed
        self.views = [
            OpenView(str(number), teams[number % len(teams)], servers, random.Random(seed * 1_000 + number))
            for number in range(views)
        ]
        self._committed: dict[str, list[tuple[float, int]]] = {team.coach.id: [] for team in teams}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Audience":
        self._tasks = [asyncio.create_task(view.watch()) for view in self.views]
        self._tasks.append(asyncio.create_task(self._note_versions()))
        async with asyncio.timeout(60):
            while any(view.newest < 0 for view in self.views):
                self.nothing_was_wrong()
                await asyncio.sleep(0.05)
        return self

    async def __aexit__(self, *failure: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def nothing_was_wrong(self) -> None:
        for task in self._tasks:
            if task.done() and not task.cancelled() and (failure := task.exception()) is not None:
                raise AssertionError(f"seed {self.seed}: {failure}") from failure

    async def all_show_the_truth(self, seconds: float, after: str = "all") -> float:
        """Waits until every view shows what the database says; fails, with all that do not, after so many seconds."""
        began = now()
        truths = {team.coach.id: await self._truth(team) for team in self.teams}
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while any(view.differs(truths[view.team.coach.id]) for view in self.views):
                    self.nothing_was_wrong()
                    await asyncio.sleep(0.05)
        wrong = [said for view in self.views if (said := view.differs(truths[view.team.coach.id]))]
        assert not wrong, f"seed {self.seed}: {seconds} s after {after}, {len(wrong)} views are wrong: {wrong[:3]}"
        self.nothing_was_wrong()
        return now() - began

    async def _truth(self, team: Team) -> dict[str, Any]:
        truth: dict[str, Any] = await self.practice.ask(
            AVAILABLE, team.coach, coachId=team.coach.id, **team.range, all=True
        )
        return truth

    async def _note_versions(self) -> None:
        """When which version was committed, from the moment it could be read at."""
        by_id = {team.coach.coach.id: team.coach.id for team in self.teams if team.coach.coach is not None}
        while True:
            for coach_id, version in await self.practice.rows("SELECT coach_id, version FROM coach_calendars"):
                noted = self._committed[by_id[coach_id]]
                if not noted or noted[-1][1] < version:
                    noted.append((now(), version))
            await asyncio.sleep(0.1)

    def lateness(self) -> list[float]:
        """In seconds, of each view for each version that was noted, in order."""
        late = []
        for view in self.views:
            reached = iter([*view.reached, (now(), 1 << 62)])
            at, version = next(reached)
            for committed, wanted in self._committed[view.team.coach.id]:
                while version < wanted:
                    at, version = next(reached)
                late.append(max(0.0, at - committed))
        return sorted(late)

    @property
    def breaks(self) -> Counter[str]:
        return sum((view.breaks for view in self.views), Counter())

    @property
    def messages(self) -> int:
        return sum(len(view.reached) for view in self.views)

    def report(self) -> str:
        late = self.lateness()
        shares = {name: late[min(int(len(late) * share), len(late) - 1)] for name, share in _SHARES.items()}
        told = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in shares.items())
        return f"{len(self.views)} views, {self.messages} messages, breaks {dict(self.breaks)}, lateness {told}"


_SHARES = {"median": 0.5, "p99": 0.99, "worst": 1.0}
