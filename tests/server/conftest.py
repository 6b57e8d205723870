"""One practice behind a real socket for each module: its tests make people of their own, and none empties it."""

from collections.abc import AsyncIterator

import pytest

from app.platform.settings import Settings
from tests.practice import MovableClock, Practice
from tests.server.serving import Served, start_serving


@pytest.fixture(scope="module")
async def practice(settings: Settings) -> AsyncIterator[Practice]:
    async with Practice.opened(settings, MovableClock()) as practice:
        yield practice


@pytest.fixture(scope="module")
async def served(practice: Practice) -> AsyncIterator[Served]:
    async with start_serving(practice.application) as served:
        yield served
