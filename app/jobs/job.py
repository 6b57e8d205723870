"""What a job is, and what a scan: done in the background, with everything that an operation has, for the system."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Context
from app.events import Event, Happened

SOON = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600))
"""Pauses between tries of what depends on nothing but our own database."""


@dataclass(frozen=True, slots=True)
class Job:
    """`work` gets the payload that the job was queued with; of one that `hears` of events, that of a `Happened`.

    `wanted` says which of several events the job would have anything to do with, by their ids: for the others it is not
    queued. It is asked after the events were read, so that it sees whatever was committed before one of them.
    """

    name: str
    work: Callable[[Context, Mapping[str, Any]], Awaitable[None]]
    pauses: Sequence[timedelta] = SOON
    at_once: int = 0
    hears: Collection[type[Event]] = ()
    wanted: Callable[[AsyncSession, Sequence[Happened]], Awaitable[Collection[int]]] | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """Looks every so often for what has become due. Every worker does it, so that two do no harm to each other."""

    name: str
    work: Callable[[Context], Awaitable[None]]
    every_seconds: float
