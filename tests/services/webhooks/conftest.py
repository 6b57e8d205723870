"""A practice whose messages reach receivers on the loopback, and nothing else."""

from collections.abc import AsyncIterator

import pytest

from app.platform.outgoing import GuardedClient
from tests.practice import Practice
from tests.receiving import Receiver, receiving


@pytest.fixture(autouse=True)
def loopback(practice: Practice) -> None:
    practice.house.outside.outgoing = GuardedClient(allow=["127.0.0.1"])


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found
