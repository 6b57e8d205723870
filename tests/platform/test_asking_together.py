"""What several ask at one moment is asked once for all of them, and one that fails takes nothing from the others."""

import asyncio
from collections.abc import Sequence

import pytest

from app.platform.together import MOST_IN_ONE, Together


class Partner:
    """Doubles each number, when it is let; and cannot abide 13."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.is_asked, self.may_answer = asyncio.Event(), asyncio.Event()
        self.may_answer.set()

    async def work(self, numbers: Sequence[int]) -> list[int]:
        self.asked.append(list(numbers))
        self.is_asked.set()
        await self.may_answer.wait()
        if 13 in numbers:
            raise ValueError("13")
        return [2 * number for number in numbers]


async def test_those_who_come_while_one_is_asked_are_asked_together_next() -> None:
    partner = Partner()
    together = Together(partner.work)
    partner.may_answer.clear()
    asking = [asyncio.create_task(together.ask(1))]
    await partner.is_asked.wait()
    asking += [asyncio.create_task(together.ask(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    partner.may_answer.set()

    assert await asyncio.gather(*asking) == [2, 4, 6, 8]
    assert partner.asked == [[1], [2, 3, 4]]
    assert await together.ask(5) == 10


async def test_one_that_fails_fails_alone() -> None:
    partner = Partner()
    together = Together(partner.work)

    answers = await asyncio.gather(*(together.ask(number) for number in (12, 13, 14)), return_exceptions=True)

    assert [str(answer) for answer in answers] == ["24", "13", "28"]
    assert partner.asked == [[12, 13, 14], [12], [13], [14]]
    with pytest.raises(ValueError, match="13"):
        await together.ask(13)


async def test_who_does_not_wait_any_more_takes_nothing_from_the_others() -> None:
    partner = Partner()
    together = Together(partner.work)
    partner.may_answer.clear()
    gone, stays = (asyncio.create_task(together.ask(number)) for number in (1, 2))
    await partner.is_asked.wait()
    gone.cancel()
    partner.may_answer.set()

    assert await stays == 4
    assert gone.cancelled()


async def test_a_crowd_is_asked_in_groups() -> None:
    partner = Partner()
    together = Together(partner.work)

    await asyncio.gather(*(together.ask(number) for number in range(100, 102 + MOST_IN_ONE)))

    assert [len(group) for group in partner.asked] == [MOST_IN_ONE, 2]
