"""Many ranges at once: they are bounded, read by a few connections, moved one after the other, and told in turns."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from app.api import schema
from app.live import calendars
from app.live.ranges import Range
from app.platform.direct import DirectDatabase
from tests.live.views import WATCH, View, watching
from tests.operations import add_window
from tests.practice import Person, Practice

NINE, TEN, ELEVEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"
NEXT_WEEK, END = "2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"


def span(number: int) -> tuple[str, str]:
    """A range of its own, with the three slots of Monday."""
    return f"2026-03-02T00:00:{number:02}Z", "2026-03-09T00:00:00Z"


def asked(coach: Person, since: str, until: str) -> dict[str, Any]:
    return {"coachId": coach.id, "from": since, "to": until}


async def is_told(view: View, messages: int = 2) -> None:
    async with asyncio.timeout(5), view.changed:
        await view.changed.wait_for(lambda: view.messages == messages or view.errors)


async def changed(practice: Practice, coach: Person) -> int:
    """A version more, by another process, which hints at it."""
    assert coach.coach is not None
    raised = "UPDATE coach_calendars SET version = version + 1 WHERE coach_id = :c RETURNING version"
    ((version,),) = await practice.rows(raised, c=coach.coach.id)
    practice.house.live.tell(coach.coach.id, version)
    return int(version)


@asynccontextmanager
async def turns_noted(noted: list[str]) -> AsyncIterator[None]:
    async def beat() -> None:
        while True:
            noted.append("turn")
            await asyncio.sleep(0)

    beating = asyncio.create_task(beat())
    try:
        await asyncio.sleep(0)
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


def came_in_turns(noted: list[str], count: int) -> bool:
    """Whether the loop had a turn between any two."""
    places = [place for place, what in enumerate(noted) if what != "turn"]
    return len(places) == count and all(after - before > 1 for before, after in pairwise(places))


# How many there may be


async def test_one_range_too_many_is_refused_before_anything_is_read(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendars, "MOST_RANGES", 2)
    coach = await practice.coach()
    await add_window(practice, coach)
    async with watching(practice, coach, coach, *span(0)), AsyncExitStack() as second:
        await second.enter_async_context(watching(practice, coach, coach, *span(1)))
        before = practice.house.readings.statements
        (error,) = await practice.subscribe(WATCH, coach, **asked(coach, *span(2)))

        assert (error["extensions"]["code"], error["extensions"]["status"]) == ("RATE_LIMITED", 429)
        assert practice.house.readings.statements == before

        async with watching(practice, coach, coach, *span(0)) as joining:
            assert joining.bookable == [NINE, TEN, ELEVEN]
        await second.aclose()
        async with watching(practice, coach, coach, *span(2)) as later:
            assert later.bookable == [NINE, TEN, ELEVEN]


async def test_no_range_is_opened_while_the_others_hold_too_many_slots(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendars, "MOST_SLOTS", 6)
    coach = await practice.coach()
    await add_window(practice, coach)
    async with watching(practice, coach, coach, *span(0)), watching(practice, coach, coach, *span(1)):
        (error,) = await practice.subscribe(WATCH, coach, **asked(coach, *span(2)))

        assert error["extensions"]["code"] == "RATE_LIMITED"


async def test_ranges_that_are_opened_at_the_same_moment_are_counted_too(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendars, "MOST_RANGES", 2)
    coach = await practice.coach()
    await add_window(practice, coach)
    streams = [
        await schema.stream(WATCH, variable_values=asked(coach, *span(n)), context_value=practice.context(coach))
        for n in range(5)
    ]
    firsts = await asyncio.gather(*(anext(stream) for stream in streams))

    assert sorted(len(first.errors or []) for first in firsts) == [0, 0, 1, 1, 1]
    for stream in streams:
        await stream.aclose()
    assert practice.house.live.open_views == 0


# Reading


class Counting:
    """Connections that are asked for at once."""

    def __init__(self, direct: DirectDatabase) -> None:
        self._direct = direct
        self.now = self.most = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            async with self._direct.connection() as db:
                yield db
        finally:
            self.now -= 1


async def test_however_many_are_read_again_most_connections_are_left_to_bookings(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    async with AsyncExitStack() as stack:
        views = [await stack.enter_async_context(watching(practice, coach, coach, *span(n))) for n in range(12)]
        counting = Counting(practice.house.live._direct)
        monkeypatch.setattr(practice.house.live, "_direct", counting)
        version = await changed(practice, coach)
        await asyncio.gather(*(view.reaches(version) for view in views))

        assert counting.most == 2


# Time


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The beginnings of the ranges that are computed for another time."""
    noted: list[str] = []
    move_time = Range.move_time

    def note(shown: Range, now: datetime) -> None:
        noted.append(shown.since.isoformat())
        move_time(shown, now)

    monkeypatch.setattr(Range, "move_time", note)
    return noted


async def test_only_what_is_due_is_moved(practice: Practice, moved: list[str]) -> None:
    coach = await practice.coach(min_notice_minutes=30, booking_audience="PUBLIC")
    await add_window(practice, coach)
    async with watching(practice, coach, coach, *span(0)) as due, watching(practice, coach, coach, NEXT_WEEK, END):
        practice.clock.move(minutes=45)
        await practice.house.live.move_time()
        await is_told(due)

        assert due.bookable == [TEN, ELEVEN]
        assert moved == ["2026-03-02T00:00:00+00:00"]


async def test_after_a_clock_was_set_back_the_sweep_moves_what_is_not_due(practice: Practice) -> None:
    coach = await practice.coach(min_notice_minutes=30, booking_audience="PUBLIC")
    await add_window(practice, coach)
    practice.clock.move(minutes=45)
    async with watching(practice, coach, coach, *span(0)) as view:
        assert view.bookable == [TEN, ELEVEN]
        practice.house.live._sweep_seconds = 0.05
        sweeping = asyncio.create_task(practice.house.live._sweep_for_ever())
        await asyncio.sleep(0.01)
        practice.clock.move(minutes=-45)
        try:
            await is_told(view)
        finally:
            sweeping.cancel()

        assert view.bookable == [NINE, TEN, ELEVEN]


async def test_as_long_as_no_clock_is_set_the_sweep_leaves_alone_what_is_not_due(
    practice: Practice, moved: list[str]
) -> None:
    coach = await practice.coach(booking_audience="PUBLIC")
    await add_window(practice, coach)
    async with watching(practice, coach, coach, *span(0)):
        swept = asyncio.Event()
        compare = practice.house.live._compare

        async def note(coaches: list[Any]) -> None:
            await compare(coaches)
            swept.set()

        practice.house.live._sweep_seconds, practice.house.live._compare = 0.02, note  # type: ignore[method-assign]
        sweeping = asyncio.create_task(practice.house.live._sweep_for_ever())
        for _ in range(2):
            await asyncio.wait_for(swept.wait(), 5)
            swept.clear()
        sweeping.cancel()

        assert moved == []


@pytest.mark.parametrize("by", ["sweep", "timers"])
async def test_the_loop_has_a_turn_between_two_ranges_that_move(practice: Practice, moved: list[str], by: str) -> None:
    coach = await practice.coach(booking_audience="PUBLIC")
    await add_window(practice, coach)
    live = practice.house.live
    async with AsyncExitStack() as stack:
        for number in range(4):
            await stack.enter_async_context(watching(practice, coach, coach, *span(number)))
        async with turns_noted(moved):
            if by == "sweep":
                await live.move_time(everywhere=True)
            else:
                for each in live._ranges():
                    live._move_soon(each)
                for _ in range(20):
                    await asyncio.sleep(0)

    assert came_in_turns(moved, 4)


async def test_a_range_that_cannot_be_moved_holds_up_no_other(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await practice.coach(min_notice_minutes=30, booking_audience="PUBLIC")
    await add_window(practice, coach)
    async with watching(practice, coach, coach, *span(0)), watching(practice, coach, coach, *span(1)) as other:
        broken, move_time = practice.house.live._ranges()[0], Range.move_time

        def fail(shown: Range, now: datetime) -> None:
            if shown is broken:
                raise ValueError("broken")
            move_time(shown, now)

        monkeypatch.setattr(Range, "move_time", fail)
        practice.clock.move(minutes=45)
        await practice.house.live.move_time()
        await is_told(other)

        assert other.bookable == [TEN, ELEVEN]


async def test_a_moment_that_passes_while_slots_are_computed_is_not_missed(practice: Practice) -> None:
    coach = await practice.coach(min_notice_minutes=30, booking_audience="PUBLIC")
    await add_window(practice, coach)
    now = datetime(2026, 3, 2, 8, 29, 59, 975_000, UTC)

    def clock() -> datetime:
        nonlocal now
        now += timedelta(milliseconds=20)
        return now

    practice.house.live._clock = clock
    async with watching(practice, None, coach, *span(0)) as view:
        await is_told(view)

        assert view.bookable == [TEN, ELEVEN]


async def test_who_looks_at_the_very_moment_is_told_what_is_different_after_it(practice: Practice) -> None:
    coach = await practice.coach(min_notice_minutes=30, booking_audience="PUBLIC")
    await add_window(practice, coach)
    practice.clock.move(minutes=30)
    async with watching(practice, None, coach, *span(0)) as view:
        assert view.bookable == [NINE, TEN, ELEVEN]
        practice.clock.move(seconds=1)
        await is_told(view)

        assert view.bookable == [TEN, ELEVEN]


# Telling


class Place:
    """Where a joined view is shown results."""

    def __init__(self, noted: list[str]) -> None:
        self._noted = noted

    def take(self, payload: bytes) -> bool:
        self._noted.append("told")
        return True

    def end(self, payload: bytes) -> None:
        raise AssertionError(payload)


async def test_the_loop_has_a_turn_between_two_documents_that_are_executed(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    noted: list[str] = []
    async with AsyncExitStack() as stack:
        for number in range(4):
            text = WATCH.replace("version", f"version number{number}: version")
            stream = await schema.stream(
                text, variable_values=asked(coach, *span(0)), context_value=practice.context(coach)
            )
            stack.push_async_callback(stream.aclose)
            stack.callback((await anext(stream)).join(Place(noted)).leave)
        async with turns_noted(noted):
            await changed(practice, coach)
            async with asyncio.timeout(5):
                while noted.count("told") < 4:  # noqa: ASYNC110 - there is no event to wait for
                    await asyncio.sleep(0)

    assert came_in_turns(noted, 4)
