"""`rapport serve --workers 2`: one address, two processes that know of each other's changes, and a crash of one."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from app.platform.clock import system_clock
from app.platform.settings import Settings
from tests.live.views import WATCH
from tests.operations import BOOK, EVERY_DAY, add_window
from tests.practice import MovableClock, Practice
from tests.server.processes import connections_of, workers_of
from tests.server.serving import ROOT, Operation, Socket

PATIENCE_SECONDS = 90.0  # each process takes two seconds of a processor to start, and may have to share it

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at processes by /proc")


@dataclass
class Parent:
    """The process that watches over the workers."""

    process: "subprocess.Popen[str]"
    port: int

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    def workers(self) -> list[int]:
        return workers_of(self.process.pid)

    def is_ready(self) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=PATIENCE_SECONDS) as answer:
            return bool(answer.status == 200)


@contextmanager
def parent_of(workers: int, settings: Settings) -> Iterator[Parent]:
    environment = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}},
        "DATABASE_URL": settings.database_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key,
        "ENCRYPTION_KEYS": settings.encryption_keys,
        "DATA_DIR": str(settings.data_dir),
        "SWEEP_SECONDS": "500",
    }
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--workers", str(workers)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C"):
                break
        found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
        assert found, said
        yield Parent(process, int(found[1]))
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(PATIENCE_SECONDS)
        process.stdout.close()


@asynccontextmanager
async def practice_of_today(settings: Settings) -> AsyncIterator[Practice]:
    async with Practice.opened(settings, MovableClock(system_clock())) as practice:
        yield practice


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it does not come about"
        await asyncio.sleep(0.05)


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


async def test_views_at_both_workers_are_told_of_a_booking_at_one(settings: Settings) -> None:
    async with practice_of_today(settings) as practice, AsyncExitStack() as stack:
        coach = await practice.coach()
        member = await practice.member(coach)
        for day in EVERY_DAY:
            await add_window(practice, coach, day, "08:00", "20:00")
        start = (practice.clock() + timedelta(days=2)).replace(hour=10, minute=0, second=0, microsecond=0)
        variables = {"coachId": coach.id, "from": start.isoformat(), "to": (start + timedelta(hours=4)).isoformat()}
        parent = stack.enter_context(parent_of(2, settings))
        await asyncio.to_thread(parent.is_ready)
        views: list[Operation] = []

        def each_has_one() -> bool:
            return all(connections_of(pid, parent.port) > 0 for pid in parent.workers())

        for _ in range(200):
            if len(views) >= 6 and each_has_one():
                break
            socket = await stack.enter_async_context(Socket.connected(parent.ws_url, coach.token))
            views.append(await socket.subscribe(WATCH, variables))
            await views[-1].next()
            await asyncio.sleep(0.1)  # the second worker may be starting still
        assert each_has_one(), "one worker took all connections"

        booker = await stack.enter_async_context(Socket.connected(parent.ws_url, member.token))
        booked = await booker.execute(BOOK, {"input": {"coachId": coach.id, "startsAt": start.isoformat()}})
        changes = [(await view.next())["data"]["slotAvailability"] for view in views]

        assert booked["data"]["bookSession"]["__typename"] == "Booking"
        assert [[slot["remaining"] for slot in change["slots"]] for change in changes] == [[0]] * len(views)


async def test_a_worker_that_crashes_is_replaced_and_all_of_them_stop_with_their_parent(settings: Settings) -> None:
    with parent_of(2, settings) as parent:
        await asyncio.to_thread(parent.is_ready)
        one, other = parent.workers()

        os.kill(one, signal.SIGKILL)
        await until(lambda: len(parent.workers()) == 2 and one not in parent.workers())

        assert other in parent.workers()
        assert all([await asyncio.to_thread(parent.is_ready) for _ in range(10)])
        workers = parent.workers()
        parent.process.terminate()
        assert await asyncio.to_thread(parent.process.wait, PATIENCE_SECONDS) in (0, 143)
        assert all(is_gone(pid) for pid in workers)
