"""A practice whose messages reach receivers on the loopback, and nothing else."""

from collections.abc import AsyncIterator

import pytest

from tests.practice import Practice
from tests.receiving import Loopback, Receiver, receiving


@pytest.fixture(autouse=True)
def loopback(practice: Practice) -> None:
    practice.house.outside.outgoing = Loopback()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found
