"""Hints go out one after the other, of each coach the newest; nobody who gives one waits or fails."""

import asyncio
from uuid import UUID, uuid4

import pytest

from app.live.hints import Hints, channel_of, version_in


class Line:
    """A bus that publishes as long as `is_free`."""

    def __init__(self) -> None:
        self.is_free = asyncio.Event()
        self.published: list[tuple[str, str]] = []
        self.under_way = self.most_under_way = 0

    async def publish(self, channel: str, message: str) -> None:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await self.is_free.wait()
        self.under_way -= 1
        if message == "666":
            raise ValueError("broken")
        self.published.append((channel, message))

    async def has_published(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.published) < count:  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0)
        await asyncio.sleep(0.01)


async def test_of_a_burst_each_coachs_newest_goes_out_and_one_at_a_time() -> None:
    line, ada, bo = Line(), uuid4(), uuid4()
    hints = Hints(line)  # type: ignore[arg-type]
    hints.tell(ada, 1)
    await asyncio.sleep(0)  # which is under way
    for version in [*range(2, 200), 150]:
        hints.tell(ada, version)
        hints.tell(bo, version)
    await asyncio.sleep(0.01)
    line.is_free.set()
    await line.has_published(3)

    assert line.published == [(channel_of(ada), "1"), (channel_of(ada), "199"), (channel_of(bo), "199")]
    assert line.most_under_way == 1


async def test_what_comes_after_a_burst_goes_out_too() -> None:
    line, ada = Line(), uuid4()
    line.is_free.set()
    hints = Hints(line)  # type: ignore[arg-type]
    for version in (1, 2):
        hints.tell(ada, version)
        await line.has_published(version)

    assert [message for _, message in line.published] == ["1", "2"]


async def test_a_hint_that_cannot_go_out_holds_up_no_other() -> None:
    line, coaches = Line(), [uuid4(), uuid4()]
    line.is_free.set()
    hints = Hints(line)  # type: ignore[arg-type]
    hints.tell(coaches[0], 666)
    hints.tell(coaches[1], 2)
    await line.has_published(1)

    assert line.published == [(channel_of(coaches[1]), "2")]


async def test_who_stops_waits_for_no_hint() -> None:
    hints = Hints(Line())  # type: ignore[arg-type]
    hints.tell(UUID(int=1), 1)
    await asyncio.sleep(0)

    async with asyncio.timeout(1):
        await hints.stop()


@pytest.mark.parametrize(
    ("hint", "version"),
    [("7", 7), ("9999999999", 9_999_999_999), ("10000000000", None), ("9" * 5_000, None), ("-1", None), (None, None)],
    ids=["one digit", "ten digits", "eleven digits", "five thousand digits", "negative", "lost"],
)
def test_a_hint_is_a_version_or_nothing(hint: str | None, version: int | None) -> None:
    assert version_in(hint) == version
