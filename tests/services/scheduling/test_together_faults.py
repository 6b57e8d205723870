"""What goes wrong around a group: between its halves, with a row that somebody holds, and after the commit."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.problems import TryAgain
from app.services.scheduling import Booked
from tests.practice import Practice
from tests.services.scheduling.together import (
    TEN,
    at_once,
    book,
    calendar_held,
    events_of,
    key_of,
    kinds,
    open_coach,
)


async def test_a_member_answered_in_one_half_books_again_though_the_other_half_was_left_out(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await open_coach(practice, seats=5)
    one, other = await practice.members(2, coach)
    writer = practice.house.calendars
    really, groups = writer._transaction, list[int]()

    async def transaction(group: Any, *, waiting: bool) -> Any:
        groups.append(len(group))
        if len(groups) == 1:
            raise ValueError("so that the group is halved")
        if len(groups) == 3:
            async with calendar_held(practice, coach):
                return await really(group, waiting=waiting)
        return await really(group, waiting=waiting)

    monkeypatch.setattr(writer, "_transaction", transaction)
    answers = await at_once(book(practice, one, coach), book(practice, other, coach))

    assert (kinds(answers), groups) == ([Booked, Booked], [2, 1, 1, 1])
    async with asyncio.timeout(20):
        again = await at_once(book(practice, one, coach, TEN), book(practice, other, coach, TEN))
    assert kinds(again) == [Booked, Booked]


async def test_a_member_whose_row_is_held_has_to_try_again_and_nobody_else(practice: Practice) -> None:
    coach = await open_coach(practice, seats=20)
    members = await practice.members(4, coach)

    async with practice.as_system() as db:
        await db.execute(text("SELECT FROM members WHERE id = :id FOR UPDATE"), {"id": key_of(members[0])})
        answers = await at_once(*(book(practice, member, coach) for member in members))

    assert kinds(answers) == [TryAgain, Booked, Booked, Booked]
    assert await practice.count("sessions") == 3


async def test_what_fails_after_the_commit_is_not_done_again(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await open_coach(practice, seats=5)
    members = await practice.members(3, coach)

    def tell(*told: object) -> None:
        raise RuntimeError("the views were not told")

    monkeypatch.setattr(practice.house.calendars, "_tell", tell)
    answers = await at_once(*(book(practice, member, coach) for member in members))

    assert kinds(answers) == [Booked, Booked, Booked]
    assert [await events_of(practice, member) for member in members] == [["SessionBooked"]] * 3
