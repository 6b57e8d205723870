"""Reads iCalendar files of other people in a process apart, which has little time and memory, and no way of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from app.platform import busy_times

MOST_BYTES: Final = 5_000_000
MOST_BUSY_TIMES: Final = 2_000

_PROGRAM: Final = str(Path(busy_times.__file__))
_SAID_AT_MOST: Final = 1_000_000
# Where shared libraries and time zones are found; nothing else of the environment, which has secrets, is handed on.
_HANDED_ON: Final = ("LD_LIBRARY_PATH", "PYTHONTZPATH")


class UnreadableCalendar(Exception):
    """With a reason for people, which begins with "it". `is_final`: it will not be read until it is another one."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        self.is_final = is_final
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Bounds:
    """`seconds` of a processor, and by the clock twice as many."""

    seconds: int = 20
    memory_bytes: int = 512 * 1024 * 1024


Times = list[tuple[datetime, datetime]]


async def read_busy_times(
    content: bytes,
    *,
    zone: str,
    since: datetime,
    until: datetime,
    own: Collection[str] = (),
    bounds: Bounds = Bounds(),
) -> Times:
    """Apart from each other and in order, at most `MOST_BUSY_TIMES`. Raises `UnreadableCalendar`."""
    asked = {
        "zone": zone,
        "since": int(since.timestamp()),
        "until": int(until.timestamp()),
        "own": sorted(own),
        "most": MOST_BUSY_TIMES,
        "limits": {
            "RLIMIT_CPU": bounds.seconds,
            "RLIMIT_AS": bounds.memory_bytes,
            "RLIMIT_FSIZE": 0,
            "RLIMIT_CORE": 0,
        },
    }
    said = await _told(json.dumps(asked).encode() + b"\n" + content, 2 * bounds.seconds)
    if "refused" in said:
        raise UnreadableCalendar(said["refused"])
    return [(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC)) for begin, end in said["busy"]]


async def _told(question: bytes, seconds: float) -> dict[str, Any]:
    environment = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        _PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        limit=_SAID_AT_MOST,
    )
    try:
        async with asyncio.timeout(seconds):
            answer, _ = await process.communicate(question)
    except TimeoutError:
        answer = b""
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    ready, _, answer = answer.partition(b"\n")
    if ready != b"ready" and process.returncode != -signal.SIGKILL:
        raise RuntimeError(f"the program that reads calendars did not start, and ended with {process.returncode}")
    try:
        said: dict[str, Any] = json.loads(answer)
    except ValueError:
        raise UnreadableCalendar("it takes too long to read it, or too much memory", is_final=True) from None
    return said
