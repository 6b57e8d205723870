"""Requests to addresses that people have given: guarded in the connection, bounded in time and size."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class OutgoingRefused(Exception):
    """The address leads where nothing of ours may be asked for, or the answer is not one that is taken: final."""


class OutgoingFailed(Exception):
    """No answer was to be had; another try may succeed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` has at most as many bytes as were asked for, and `is_cut` says that there were more."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool


class Outgoing(Protocol):
    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        seconds: float = 10.0,
        most_bytes: int = 65_536,
    ) -> Answer:
        """Follows no redirect. Raises `OutgoingRefused` or `OutgoingFailed`."""

    async def close(self) -> None: ...


class GuardedClient:
    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        seconds: float = 10.0,
        most_bytes: int = 65_536,
    ) -> Answer:
        raise OutgoingRefused("nothing outside is asked yet")

    async def close(self) -> None:
        """Nothing is open."""
