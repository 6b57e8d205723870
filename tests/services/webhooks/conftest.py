"""Receivers on the loopback, which the practice may reach although it is private."""

from collections.abc import AsyncIterator

import pytest

from app.platform.outgoing import GuardedClient
from tests.practice import Practice
from tests.receiving import Receiver, receiving


@pytest.fixture
def loopback(practice: Practice) -> None:
    practice.house.outside.outgoing = GuardedClient(allow=["127.0.0.1"])


@pytest.fixture
async def receiver(loopback: None) -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found
