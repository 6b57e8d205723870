"""What is held, given back, offered and expired is seen by the open views, and by the answers that are kept."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.api import schema
from app.platform.settings import Settings
from tests.holding import (
    ELEVEN,
    NINE,
    TEN,
    bookable,
    entry_of,
    extend,
    full_slot,
    held,
    holds,
    join,
    leave,
    let_holds_expire,
    open_coach,
    release,
    shown,
)
from tests.live.views import assert_view_follows, version_of, watching
from tests.operations import REMOVE_WINDOW, add_window, booked, cancelled
from tests.practice import Person, Practice

WEEK = ("2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z")


@pytest.mark.parametrize("step", ["hold", "extend", "release", "book", "elsewhere"])
async def test_each_step_of_a_hold_is_one_change_of_the_view(practice: Practice, step: str) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    hold_id = "" if step == "hold" else await held(practice, member, coach)
    act: dict[str, Callable[[], Awaitable[Any]]] = {
        "hold": lambda: held(practice, member, coach),
        "extend": lambda: extend(practice, member, hold_id),
        "release": lambda: release(practice, member, hold_id),
        "book": lambda: booked(practice, member, coach, NINE, holdId=hold_id),
        "elsewhere": lambda: held(practice, member, coach, TEN),
    }

    view = await assert_view_follows(practice, coach, WEEK, act[step])

    assert view.bookable == {"release": [NINE, TEN, ELEVEN], "elsewhere": [NINE, ELEVEN]}.get(step, [TEN, ELEVEN])


async def test_a_view_shows_how_many_places_are_held(practice: Practice) -> None:
    coach = await open_coach(practice, seats=3)
    one, two, three = await practice.members(3, coach)
    await booked(practice, one, coach, NINE)

    async with watching(practice, three, coach, *WEEK) as view:
        for member in (two, three):
            await held(practice, member, coach)
        await view.reaches(await version_of(practice, coach))

        (slot,) = [slot for slot in view.slots.values() if slot["startsAt"] == NINE]
        assert (slot["booked"], slot["remaining"], slot["unavailableReason"]) == (1, 0, "FULL")
        assert await shown(practice, one, coach) == (1, 2, 0, "FULL")
        assert await shown(practice, three, coach) == (1, 1, 1, None), "their own place is free to them"


async def test_a_hold_that_expires_is_seen_once_the_calendar_is_settled(practice: Practice) -> None:
    coach = await open_coach(practice)
    await held(practice, await practice.member(coach), coach)
    await let_holds_expire(practice)

    async with watching(practice, coach, coach, *WEEK) as late:
        assert late.bookable == [NINE, TEN, ELEVEN], "a new view counts by the clock"

    view = await assert_view_follows(practice, coach, WEEK, practice.application.settling.once)
    assert view.bookable == [NINE, TEN, ELEVEN]


async def test_a_view_sees_nothing_free_on_its_way_from_one_to_the_next_in_line(practice: Practice) -> None:
    coach, first, session, (one, two) = await full_slot(practice)
    seen: list[str] = []

    async def act(do: Callable[[], Awaitable[Any]]) -> None:
        await do()
        await view.reaches(await version_of(practice, coach))
        seen.extend(view.bookable)

    async with watching(practice, two, coach, *WEEK) as view:
        await act(lambda: cancelled(practice, first, session))
        entry = await entry_of(practice, one)
        await act(lambda: leave(practice, one, entry["id"]))
        await act(lambda: let_holds_expire(practice, two))
        assert NINE not in seen
        await act(practice.application.settling.once)
        assert view.bookable == [NINE, TEN, ELEVEN]


async def test_joining_and_leaving_a_line_are_changes_of_the_calendar(practice: Practice) -> None:
    coach, _, _, (one,) = await full_slot(practice, waiting=1)
    other = await practice.member(coach)
    entry = (await entry_of(practice, one))["id"]

    await assert_view_follows(practice, coach, WEEK, lambda: join(practice, other, coach))
    await assert_view_follows(practice, coach, WEEK, lambda: leave(practice, one, entry))


async def test_settling_offers_and_tells_in_one_step(practice: Practice) -> None:
    coach = await open_coach(practice)
    first, one = await practice.members(2, coach)
    await held(practice, first, coach)
    await join(practice, one, coach)
    await let_holds_expire(practice)

    await assert_view_follows(practice, coach, WEEK, practice.application.settling.once)

    assert [each["isOffer"] for each in await holds(practice, one)] == [True]
    version = await version_of(practice, coach)
    await practice.application.settling.once()
    assert await version_of(practice, coach) == version, "there was nothing to settle"


async def test_a_window_that_goes_takes_holds_along_in_one_step(practice: Practice) -> None:
    coach = await practice.coach()
    window = await add_window(practice, coach)
    one, two = await practice.members(2, coach)
    await held(practice, one, coach)
    await join(practice, two, coach)

    await assert_view_follows(practice, coach, WEEK, lambda: practice.ask(REMOVE_WINDOW, coach, input={"id": window}))


async def test_a_kept_answer_forgets_a_hold_in_the_moment_in_which_it_expires(
    practice: Practice, settings: Settings
) -> None:
    """The version stays the same: what is kept for it must not be answered again."""
    schema.kept.__init__()  # type: ignore[misc]
    coach = await open_coach(practice)
    one, other = await practice.members(2, coach)

    async def seen() -> list[list[str]]:
        return [await bookable(practice, who, coach) for who in (other, one, coach, other)]

    async with Practice.opened(settings, practice.clock, emptied=False) as elsewhere:
        before, version = await seen(), await version_of(practice, coach)
        assert before == [[NINE, TEN, ELEVEN]] * 4
        hold_id = await held(elsewhere, one, coach)
        assert await seen() == await seen() == [[TEN, ELEVEN], [NINE, TEN, ELEVEN], *[[TEN, ELEVEN]] * 2]
        await let_holds_expire(practice)
        assert await seen() == await seen() == before
        assert await version_of(practice, coach) == version + 1
        again = await held(elsewhere, one, coach, TEN)
        assert await seen() == [[NINE, ELEVEN], [NINE, TEN, ELEVEN], *[[NINE, ELEVEN]] * 2]
        assert hold_id != again
        await release(elsewhere, one, again)
        assert await seen() == before


async def test_holds_of_two_starts_expire_one_after_the_other_in_kept_answers(practice: Practice) -> None:
    schema.kept.__init__()  # type: ignore[misc]
    coach = await open_coach(practice)
    people: list[Person] = await practice.members(2, coach)
    for member, start in zip(people, (NINE, TEN), strict=True):
        await held(practice, member, coach, start)
    answers = []
    for member in people:
        answers.append(await bookable(practice, coach, coach))
        await let_holds_expire(practice, member)
    answers.append(await bookable(practice, coach, coach))

    assert answers == [[ELEVEN], [NINE, ELEVEN], [NINE, TEN, ELEVEN]]
