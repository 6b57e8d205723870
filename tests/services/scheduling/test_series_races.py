"""Series against series and against single bookings, at two server processes at once."""

import asyncio
import random
from typing import Any

import pytest

from app.models.scheduling import SessionSeries
from app.platform.settings import Settings
from app.problems import SeriesNotBookable, SlotFull
from app.services.scheduling import Booked, SeriesChanged, series_form
from app.services.scheduling.series_changes import CancelSeries, RescheduleSeries, SeriesScope
from app.wire.relay import parse_key
from tests.operations import add_window
from tests.practice import Person, Practice
from tests.services.scheduling import together
from tests.services.scheduling.repeating import booked_series
from tests.services.scheduling.together import (
    at_once,
    at_the_first_try,
    calendar_held,
    key_of,
    kinds,
)

FIRST, SECOND, THIRD = (f"2026-03-{day}T09:00:00Z" for day in ("02", "09", "16"))


async def open_coach(practice: Practice, seats: int = 1, **changes: Any) -> Person:
    coach = await practice.coach(**{"booking_window_days": 730, "booking_audience": "MEMBERS", **changes})
    await add_window(practice, coach, seats=seats)
    return coach


async def series(practice: Practice, who: Person, coach: Person, occurrences: int = 6, **more: Any) -> SessionSeries:
    given = {"starts_at": FIRST, "every_weeks": 1, **more}
    form = series_form(coach_id=key_of(coach), occurrences=occurrences, **given)
    return await practice.context(who).book_series(form)


@pytest.mark.parametrize("seats", [1, 3])
async def test_of_many_series_at_two_processes_as_many_win_as_there_are_seats(
    practice: Practice, settings: Settings, seats: int
) -> None:
    coach = await open_coach(practice, seats)
    members = await practice.members(8)

    async with Practice.opened(settings, practice.clock, emptied=False) as elsewhere:
        with at_the_first_try():
            answers = await at_once(
                *(series([practice, elsewhere][number % 2], who, coach) for number, who in enumerate(members))
            )

    assert kinds(answers).count(SessionSeries) == seats
    assert kinds(answers).count(SeriesNotBookable) == 8 - seats
    assert await practice.count("sessions") == 6 * seats
    assert await practice.count("bookings") == 6 * seats
    await practice.nobody_is_overbooked()


async def test_series_and_single_bookings_at_two_processes(practice: Practice, settings: Settings) -> None:
    """Who books one date alone stands in the way of every series; else one series has them all."""
    coach = await open_coach(practice)
    members = await practice.members(12)

    async with Practice.opened(settings, practice.clock, emptied=False) as elsewhere:
        asked: list[Any] = []
        for number, who in enumerate(members):
            at = random.choice((practice, elsewhere))
            start = (FIRST, SECOND, THIRD)[number % 3]
            asked.append(series(at, who, coach, 3) if number % 2 else together.book(at, who, coach, start))
        with at_the_first_try():
            answers = await at_once(*asked)

    assert set(kinds(answers)) <= {SessionSeries, SeriesNotBookable, Booked, SlotFull}
    won = kinds(answers).count(SessionSeries)
    assert (won, kinds(answers).count(Booked)) in {(1, 0), (0, 1), (0, 2), (0, 3)}
    assert await practice.count("sessions") == 3 * won + kinds(answers).count(Booked)
    await practice.nobody_is_overbooked()


async def test_one_member_at_two_processes_has_one_of_two_series(practice: Practice, settings: Settings) -> None:
    """With different coaches there is no common lock; the member is in one place all the same."""
    one, two = await open_coach(practice, seats=9), await open_coach(practice, seats=9)
    members = await practice.members(4)

    async with Practice.opened(settings, practice.clock, emptied=False) as elsewhere:
        here = [series(practice, who, one) for who in members]
        there = [series(elsewhere, who, two) for who in members]
        answers = await at_once(*here, *there)

    assert set(kinds(answers)) == {SessionSeries, SeriesNotBookable}
    for first, second in zip(answers[:4], answers[4:], strict=True):
        assert sorted(map(str, kinds([first, second]))) == sorted(map(str, [SessionSeries, SeriesNotBookable]))
    assert await practice.count("sessions") == 24
    await practice.nobody_is_overbooked()


async def test_more_dates_than_go_into_one_group_are_all_booked(practice: Practice) -> None:
    coach = await open_coach(practice, seats=4)
    members = await practice.members(4)

    answers = await at_once(*(series(practice, who, coach, 52) for who in members))

    assert kinds(answers) == [SessionSeries] * 4
    assert await practice.count("sessions") == 208
    await practice.nobody_is_overbooked()


async def test_a_series_waits_for_a_turn_that_another_process_has(practice: Practice) -> None:
    coach, free = await open_coach(practice), await open_coach(practice)
    member, other = await practice.members(2)

    async with calendar_held(practice, coach):
        patient = asyncio.ensure_future(series(practice, member, coach))
        assert kinds(await at_once(series(practice, other, free))) == [SessionSeries]
        assert not patient.done()

    assert kinds(await at_once(patient)) == [SessionSeries]


async def test_one_series_is_changed_by_two_at_once(practice: Practice, settings: Settings) -> None:
    """Whatever comes first, nothing is lost, nobody is in two places and every version is counted."""
    coach = await open_coach(practice, slot_interval_minutes=30)
    member = (await practice.members(1))[0]
    ids = [parse_key(each, "Session", "id") for each in await booked_series(practice, member, coach, FIRST, 6)]

    async with Practice.opened(settings, practice.clock, emptied=False) as elsewhere:
        for hour in (10, 11, 9, 10):
            there = RescheduleSeries.read(
                session_id=ids[0], scope=SeriesScope.ALL, starts_at=f"2026-03-02T{hour:02}:00:00Z"
            )
            answers = await at_once(
                practice.context(member).change_series(there), elsewhere.context(coach).change_series(there)
            )
            assert kinds(answers) == [SeriesChanged] * 2
            await practice.nobody_is_overbooked()
        gone = CancelSeries.read(session_id=ids[3], scope=SeriesScope.THIS_AND_FOLLOWING)
        back = RescheduleSeries.read(session_id=ids[0], scope=SeriesScope.ALL, starts_at=FIRST)
        answers = await at_once(
            practice.context(member).change_series(gone), elsewhere.context(coach).change_series(back)
        )

    assert kinds(answers) == [SeriesChanged] * 2
    rows = await practice.rows("SELECT status, count(*) FROM sessions GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in rows] == [("CANCELLED", 3), ("SCHEDULED", 3)]
    at_nine = "status = 'SCHEDULED' AND extract(hour FROM starts_at AT TIME ZONE 'UTC') = 9"
    assert await practice.count("sessions", at_nine) == 3
    changes = "(SELECT count(*) FROM session_changes c WHERE c.session_id = sessions.id)"
    assert await practice.count("sessions", f"version <> {changes}") == 0
    await practice.nobody_is_overbooked()


async def test_two_series_change_places_only_if_there_is_room(practice: Practice, settings: Settings) -> None:
    """Each wants where the other is: with one seat none moves, and whoever waits is not overtaken."""
    coach = await open_coach(practice)
    one, two = await practice.members(2)
    mine = parse_key((await booked_series(practice, one, coach, FIRST, 4))[0], "Session", "id")
    theirs = parse_key((await booked_series(practice, two, coach, "2026-03-02T10:00:00Z", 4))[0], "Session", "id")
    to_ten = RescheduleSeries.read(session_id=mine, scope=SeriesScope.ALL, starts_at="2026-03-02T10:00:00Z")
    to_nine = RescheduleSeries.read(session_id=theirs, scope=SeriesScope.ALL, starts_at=FIRST)

    async with Practice.opened(settings, practice.clock, emptied=False) as elsewhere:
        answers = await at_once(
            practice.context(one).change_series(to_ten), elsewhere.context(two).change_series(to_nine)
        )

    assert kinds(answers) == [SeriesNotBookable] * 2
    await practice.nobody_is_overbooked()


async def test_a_series_that_is_refused_keeps_no_place_from_those_who_ask_with_it(practice: Practice) -> None:
    coach = await open_coach(practice)
    one, two, three = await practice.members(3)
    await together.book(practice, three, coach, THIRD)

    with at_the_first_try():
        answers = await at_once(series(practice, one, coach, 3), together.book(practice, two, coach, FIRST))

    assert kinds(answers) == [SeriesNotBookable, Booked]
    assert len(await practice.rows(together.TRANSACTIONS)) == 2, "the two of them were one group"


async def test_a_move_that_is_refused_gives_no_place_to_those_who_ask_with_it(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await open_coach(practice)
    one, two, three = await practice.members(3)
    mine = parse_key((await booked_series(practice, one, coach, FIRST, 3))[0], "Session", "id")
    gate = together.Gate(monkeypatch)

    ahead = asyncio.ensure_future(together.book(practice, three, coach, "2026-03-16T10:00:00Z"))
    await gate.has_come.wait()
    to_ten = RescheduleSeries.read(session_id=mine, scope=SeriesScope.ALL, starts_at="2026-03-02T10:00:00Z")
    moving = asyncio.ensure_future(practice.context(one).change_series(to_ten))
    await together.joined(practice, 1)
    behind = asyncio.ensure_future(together.book(practice, two, coach, FIRST))
    await together.joined(practice, 2)
    gate.is_open.set()
    with at_the_first_try():
        answers = await at_once(ahead, moving, behind)

    assert kinds(answers) == [Booked, SeriesNotBookable, SlotFull]
    await practice.nobody_is_overbooked()


async def test_what_a_group_leaves_is_booked_in_it(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A series moves away, one comes to where it was, and a third finds neither place free."""
    coach = await open_coach(practice)
    one, two, three, four = await practice.members(4)
    mine = parse_key((await booked_series(practice, one, coach, FIRST, 3))[0], "Session", "id")
    gate = together.Gate(monkeypatch)

    ahead = asyncio.ensure_future(together.book(practice, four, coach, "2026-03-02T11:00:00Z"))
    await gate.has_come.wait()
    to_ten = RescheduleSeries.read(session_id=mine, scope=SeriesScope.ALL, starts_at="2026-03-02T10:00:00Z")
    moving = asyncio.ensure_future(practice.context(one).change_series(to_ten))
    await together.joined(practice, 1)
    coming = asyncio.ensure_future(series(practice, two, coach, 3))
    late = asyncio.ensure_future(series(practice, three, coach, 2, starts_at="2026-03-09T10:00:00Z"))
    await together.joined(practice, 3)
    gate.is_open.set()
    with at_the_first_try():
        answers = await at_once(ahead, moving, coming, late)

    assert kinds(answers) == [Booked, SeriesChanged, SessionSeries, SeriesNotBookable]
    assert gate.groups == [1, 5, 8], "a group, which is read again once it is known what it is about"
    await practice.nobody_is_overbooked()
