"""Files that were written to harm whoever reads them cost a process apart, and are refused with a reason."""

import asyncio
from datetime import UTC, datetime

import pytest

from app.platform import calendar_files
from app.platform.calendar_files import Bounds, UnreadableCalendar, read_busy_times
from tests.ics import busy, ics
from tests.web import until

SINCE, UNTIL = datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2028, 3, 2, tzinfo=UTC)
LITTLE = Bounds(seconds=1)
NUMBERS = ",".join(map(str, range(60)))


async def read(content: bytes, bounds: Bounds = LITTLE) -> list[tuple[datetime, datetime]]:
    return await read_busy_times(content, zone="Europe/Berlin", since=SINCE, until=UNTIL, own=["ours"], bounds=bounds)


async def test_busy_times_come_back_from_the_process() -> None:
    both = ics(
        busy("20260303T090000Z", "20260303T100000Z"), "UID:ours\n" + busy("20260304T090000Z", "20260304T100000Z")
    )

    assert await read(both, Bounds()) == [(datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 3, 10, tzinfo=UTC))]


async def test_a_reason_comes_back_from_the_process() -> None:
    with pytest.raises(UnreadableCalendar, match="it is not a calendar") as refused:
        await read(b"no calendar", Bounds())

    assert not refused.value.is_final


@pytest.mark.parametrize(
    "content",
    [
        ics(f"DTSTART:20260303T090000Z\nDURATION:PT1S\nRRULE:FREQ=DAILY;BYMINUTE={NUMBERS};BYSECOND={NUMBERS}"),
        ics("DTSTART:00010101T090000Z\nDURATION:PT1S\nRRULE:FREQ=HOURLY"),
    ],
)
async def test_what_takes_too_long_is_ended_and_nobody_waits_for_it(content: bytes) -> None:
    longest = turns = 0.0
    reading = asyncio.create_task(read(content))
    loop = asyncio.get_running_loop()
    while not reading.done():
        before = loop.time()
        await asyncio.sleep(0.001)
        longest, turns = max(longest, loop.time() - before), turns + 1

    with pytest.raises(UnreadableCalendar, match="too long to read") as refused:
        await reading
    assert refused.value.is_final
    assert turns > 100, f"others had a turn {turns} times, and waited {longest} s for it"


async def test_what_takes_too_much_memory_is_ended() -> None:
    events = [busy("20260303T090000Z", "20260303T100000Z", f"DESCRIPTION:{number}") for number in range(2_000)]

    with pytest.raises(UnreadableCalendar, match="too much memory"):
        await read(ics(*events), Bounds(memory_bytes=32 * 1024 * 1024))


async def test_more_busy_times_than_a_calendar_has_place_for_are_refused() -> None:
    often = "DTSTART:20260303T000000Z\nDURATION:PT1M\nRRULE:FREQ=HOURLY;COUNT=2001"

    with pytest.raises(UnreadableCalendar, match="2,000 busy times"):
        await read(ics(often), Bounds())


async def test_a_program_that_does_not_start_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_files, "_PROGRAM", "/nowhere/busy_times.py")

    with pytest.raises(RuntimeError, match="did not start"):
        await read(ics(), Bounds())


async def test_the_process_gets_no_secret_and_ends_with_who_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, str]] = []
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def noted(*arguments: str, **options: object) -> asyncio.subprocess.Process:
        given.append(options["env"])  # type: ignore[arg-type]
        started.append(await start(*arguments, **options))  # type: ignore[arg-type]
        return started[0]

    monkeypatch.setenv("SECRET_KEY", "not for the process")
    monkeypatch.setattr(calendar_files.asyncio, "create_subprocess_exec", noted)
    reading = asyncio.create_task(read(ics("DTSTART:00010101T090000Z\nDURATION:PT1S\nRRULE:FREQ=HOURLY"), Bounds()))
    await until(lambda: bool(started))

    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert "SECRET_KEY" not in given[0]
    assert started[0].returncode is not None
