"""Runs one client's script against a server process, and keeps what its steps came to."""

import asyncio
import fcntl
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.platform.clock import system_clock
from app.platform.settings import Settings
from app.services.coherence import load_starters
from tests.interventions import add_library
from tests.operations import EVERY_DAY, add_window
from tests.practice import MovableClock, Practice
from tests.server.serving import ServerProcess, server_processes

HERE = Path(__file__).parent
SECONDS = 60.0

Report = dict[str, Any]


def fulfils(report: Report, step: str) -> None:
    outcome = report["steps"].get(step)
    if outcome is None:
        pytest.fail(f"the script did not come to this step; it ended so: {report['ended']}", pytrace=False)
    if not outcome["ok"]:
        pytest.fail(f"{step}: {outcome['failure']}", pytrace=False)


async def judged(script: str, settings: Settings, folder: Path, **environment: str) -> Report:
    """The report of a script that runs once, whichever worker is the first to ask: `steps` by name, and how it `ended`.

    `folder` is shared by the workers of a run; `environment` adds to the server's.
    """
    kept = folder / f"{script}.json"
    async with _locked(folder / f"{script}.lock"):
        if not kept.exists():
            kept.write_text(json.dumps(await run(script, settings, folder, **environment)), encoding="utf-8")
    report: Report = json.loads(kept.read_text(encoding="utf-8"))
    return report


@asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[None]:
    with path.open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield


async def run(script: str, settings: Settings, folder: Path, **environment: str) -> Report:
    """Runs it now; the script is told of the `folder`."""
    report: Report = {"steps": {}, "ended": ""}
    try:
        async with (
            Practice.opened(settings, MovableClock(system_clock())) as practice,
            server_processes(settings, **environment) as (server,),
            _node(script) as node,
        ):
            world = await _world(practice, server, folder)
            await _follow_to_the_end(node, server, world, report)
            if report["ended"] != "exit code 0":
                report["ended"] += f"\n{await _complaints(node)}\nThe end of the server's log:\n{server.log[-2_000:]}"
    except AssertionError as failure:
        report["ended"] = str(failure)  # the server did not start
    return report


async def _follow_to_the_end(node: Process, server: ServerProcess, world: dict[str, str], report: Report) -> None:
    try:
        async with asyncio.timeout(SECONDS):
            await _follow(node, server, world, report)
            report["ended"] = f"exit code {await node.wait()}"
    except TimeoutError:
        report["ended"] = f"it took more than {SECONDS:.0f} s"


async def _complaints(node: Process) -> str:
    if node.returncode is None:
        node.kill()
    assert node.stderr is not None
    return (await node.stderr.read()).decode(errors="replace")


async def _follow(node: Process, server: ServerProcess, world: dict[str, str], report: Report) -> None:
    """Reads the script's lines to their end, and does what it asks for."""
    assert node.stdin is not None
    assert node.stdout is not None
    node.stdin.write(json.dumps(world).encode() + b"\n")
    async for line in node.stdout:
        said = json.loads(line)
        if said.get("ask") == "restart":
            server.kill()
            await server.start()
            node.stdin.write(b"\n")
        else:
            report["steps"][said.pop("step")] = said


@asynccontextmanager
async def _node(script: str) -> AsyncIterator[Process]:
    """A process of the script, which has not been told anything yet; it is gone afterwards."""
    plain = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    limit = 1_024 * 1_024
    node = await asyncio.create_subprocess_exec(
        "node", f"{script}.mjs", cwd=HERE, env=plain, stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=limit
    )
    try:
        yield node
    finally:
        with suppress(ProcessLookupError):
            node.kill()
        await node.wait()


async def _world(practice: Practice, server: ServerProcess, folder: Path) -> dict[str, str]:
    """A coach with free slots on every day, and a member of theirs; the script speaks for both."""
    coach = await practice.coach(max_members=100, booking_audience="PUBLIC")
    for day in EVERY_DAY:
        await add_window(practice, coach, day, "00:00", "23:00")
    member = await practice.member(coach)
    async with practice.as_system() as db:
        await load_starters(db, now=practice.clock())
    await add_library(practice)
    tomorrow = practice.clock() + timedelta(days=1)
    return {
        "url": f"{server.url}/graphql",
        "wsUrl": server.ws_url,
        "token": member.token,
        "coachToken": coach.token,
        "memberId": member.id,
        "email": member.user.email,
        "coachId": coach.id,
        "from": tomorrow.isoformat(),
        "to": (tomorrow + timedelta(days=2)).isoformat(),
        "folder": str(folder),
    }
