"""The programs in Node that ours is measured beside, and which versions stood there."""

import asyncio
import importlib.metadata
import os
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import orjson

from benchmarks.common import NoFigure

FOLDER = Path(__file__).parent / "peers"
SECONDS_TO_LEAVE = 5.0


async def versions_of(python_packages: Sequence[str], node_packages: Sequence[str]) -> str:
    """As they are installed, not as they were asked for. Raises `NoFigure` where Node or its packages are missing."""
    node = shutil.which("node")
    if node is None:
        raise NoFigure("Node 20 or newer is missing. On Debian: apt-get install nodejs npm")
    if not (FOLDER / "node_modules").is_dir():
        raise NoFigure("the packages of Node are missing; `scripts/bench` installs them")
    process = await asyncio.create_subprocess_exec(node, "--version", stdout=PIPE)
    said = (await process.communicate())[0].decode()
    of_python = [f"{name} {importlib.metadata.version(name)}" for name in python_packages]
    of_node = [f"{name} {_installed(name)}" for name in node_packages]
    return ", ".join([*of_python, f"Node {said.strip().removeprefix('v')}", *of_node])


def _installed(package: str) -> str:
    return str(orjson.loads((FOLDER / "node_modules" / package / "package.json").read_bytes())["version"])


@asynccontextmanager
async def child(*command: str | Path, **more: str) -> AsyncIterator[Process]:
    """A process that is asked and answers by lines, and leaves when this one does; `more` adds to its environment."""
    environment = {**os.environ, "NODE_ENV": "production", **more}
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=environment, limit=2**24)
    try:
        yield process
    finally:
        await _leave(process)


async def _leave(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), SECONDS_TO_LEAVE)
        except TimeoutError:
            process.kill()
            await process.wait()


async def line_of(process: Process) -> bytes:
    """Its next line; raises `NoFigure` if it has ended instead."""
    if process.stdout is None or not (line := await process.stdout.readline()):
        raise NoFigure("its process ended")
    return line
