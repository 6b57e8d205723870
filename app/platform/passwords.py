"""Argon2 in a small pool of threads of its own: forty at once take 2 GB and finish no sooner than four."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import ClassVar, TypeVar

from pwdlib import PasswordHash

Result = TypeVar("Result")

_THREADS = min(4, os.cpu_count() or 1)
_WAITING = 64


class TooBusy(RuntimeError):
    """More log-ins wait than can be served in reasonable time."""

    extensions: ClassVar = {"code": "RATE_LIMITED", "status": 429}

    def __init__(self) -> None:
        super().__init__("Too many people log in at this moment; try again in a few seconds")


@cache
def _decoy() -> str:
    return PasswordHash.recommended().hash("a password that nobody has")


class Passwords:
    def __init__(self) -> None:
        self._argon2 = PasswordHash.recommended()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="argon2")
        self._under_way = 0

    async def hash(self, password: str) -> str:
        return await self._run(partial(self._argon2.hash, password))

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Takes the same time for an account that does not exist (`None`)."""
        matches = await self._run(partial(self._argon2.verify, password, password_hash or _decoy()))
        return matches and password_hash is not None

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._under_way >= _THREADS + _WAITING:
            raise TooBusy
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
