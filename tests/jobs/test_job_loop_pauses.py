"""The job loop's pauses: longer while nothing gets better, and short again once it has worked for a while."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.platform import job_loop
from app.platform.job_loop import FIRST_PAUSE, LONGEST_PAUSE, JobLoop, SystemConnections


class Interrupted(JobLoop):
    """Is interrupted after so many seconds each time, by a clock of its own."""

    def __init__(self, *lasting: float) -> None:
        super().__init__({}, SystemConnections("", "", {}), at_once=2, heartbeat=timedelta(seconds=10))
        self._lasting = list(lasting)
        self.now = 0.0
        self.pauses: list[float] = []

    async def _run(self) -> None:
        self.now += self._lasting.pop(0)
        if not self._lasting:
            self._stopping.set()
        raise ConnectionError("lost")

    def time(self) -> float:
        return self.now

    def timeout(self, seconds: float) -> asyncio.Timeout:
        self.pauses.append(seconds)
        return asyncio.timeout(0)


async def pauses(monkeypatch: pytest.MonkeyPatch, *lasting: float) -> list[float]:
    loop = Interrupted(*lasting)
    monkeypatch.setattr(
        job_loop, "asyncio", SimpleNamespace(get_running_loop=lambda: loop, timeout=loop.timeout, Event=asyncio.Event)
    )
    monkeypatch.setattr(job_loop, "random", SimpleNamespace(uniform=lambda low, high: high))
    await loop._go_on()
    return loop.pauses


async def test_a_pause_is_twice_the_one_before_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await pauses(monkeypatch, *[0.0] * 12)

    assert found == [min(FIRST_PAUSE * 2**number, LONGEST_PAUSE) for number in range(12)]


async def test_it_is_short_again_after_the_loop_has_worked_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await pauses(monkeypatch, 0, 0, 0, 3_600, 0)

    assert found == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, FIRST_PAUSE, 2 * FIRST_PAUSE]
